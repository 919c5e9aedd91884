using System.Globalization;
using System.Text;
using PmemStream.Cli.Input;
using Spectre.Console;
using Spectre.Console.Rendering;
using RegionInfo = PmemStream.Interop.RegionInfo;

namespace PmemStream.Cli.Output;

/// <summary>Regions as pictures, for a terminal: a bar each, and a map of the stream in address order.</summary>
internal static class RegionDrawing
{
    private const int BarCells = 20;
    private const int MapCells = 56;

    private static readonly string[] Colors = ["green", "blue", "yellow", "magenta", "aqua", "red"];

    /// <summary>Draws the regions of a stream of <paramref name="streamBytes"/> bytes.</summary>
    public static void Write(IReadOnlyList<RegionInfo> regions, long streamBytes, ToolIo io) =>
        Terminal.On(io.Text).Write(Of(regions, streamBytes));

    /// <summary>The picture of the regions of a stream of <paramref name="streamBytes"/> bytes.</summary>
    public static IRenderable Of(IReadOnlyList<RegionInfo> regions, long streamBytes)
    {
        var bars = new Grid().AddColumn().AddColumn().AddColumn().AddColumn();
        for (int i = 0; i < regions.Count; i++)
        {
            RegionInfo region = regions[i];
            string amount = $"{ByteSize.Format(region.UsedBytes)} of {ByteSize.Format(region.UsableBytes)}";
            bars.AddRow(
                $"[{Color(i)}]■[/] {Markup.Escape(EscapedText.Of(RegionNames.Of(region)))}",
                $"[{Color(i)}]{Bar(Share(region))}[/]",
                string.Create(CultureInfo.InvariantCulture, $"{100 * Share(region):0.#} %"),
                Markup.Escape(amount));
        }

        var map = new Markup($"0 [grey]▕[/]{Map(regions, streamBytes)}[grey]▏[/] {ByteSize.Format(streamBytes)}");
        var legend = new Markup("  [grey]█ entries  ▒ room in a region  · free[/]");
        return regions.Count == 0 ? new Rows(map, legend) : new Rows(bars, map, legend);
    }

    private static string Color(int index) => Colors[index % Colors.Length];

    private static double Share(RegionInfo region) =>
        region.UsableBytes == 0 ? 0 : Math.Clamp((double)region.UsedBytes / region.UsableBytes, 0, 1);

    // Empty and full only when the region is.
    private static string Bar(double share)
    {
        int cells = share is 0 or 1
            ? (int)share * BarCells
            : Math.Clamp((int)Math.Round(share * BarCells), 1, BarCells - 1);
        return new string('█', cells) + new string('░', BarCells - cells);
    }

    // A cell shows what lies at its middle, or the region that begins in it: none is too small to be seen.
    private static string Map(IReadOnlyList<RegionInfo> regions, long streamBytes)
    {
        double cellBytes = Math.Max(1, (double)streamBytes / MapCells);
        var map = new StringBuilder();
        for (int cell = 0, first = 0; cell < MapCells; cell++)
        {
            double begin = cell * cellBytes;
            double middle = begin + (cellBytes / 2);
            while (first < regions.Count && regions[first].Offset + regions[first].TotalBytes <= begin)
            {
                first++;
            }

            int found = first < regions.Count && regions[first].Offset < begin + cellBytes ? first : -1;
            if (found >= 0 && found + 1 < regions.Count && regions[found + 1].Offset <= middle)
            {
                found++;
            }

            map.Append(found < 0 ? "[grey]·[/]" : $"[{Color(found)}]{Cell(regions[found], middle)}[/]");
        }

        return map.ToString();
    }

    private static char Cell(RegionInfo region, double at)
    {
        long firstEntry = region.Offset + region.TotalBytes - region.UsableBytes;
        bool isUsed = region.UsedBytes > 0 && Math.Max(at, firstEntry) < firstEntry + region.UsedBytes;
        return isUsed ? '█' : '▒';
    }
}
