using System.Globalization;
using PmemStream.Cli.Input;
using PmemStream.Interop;
using Spectre.Console;
using Spectre.Console.Rendering;
using RegionInfo = PmemStream.Interop.RegionInfo;

namespace PmemStream.Cli.Output;

/// <summary>A look at a stream: a picture for people, rows for programs.</summary>
internal static class WatchView
{
    /// <summary>For a terminal.</summary>
    public static IRenderable Picture(string path, StreamLook look)
    {
        var facts = new Grid().AddColumn().AddColumn();
        facts.AddRow("[grey]stream[/]", Markup.Escape(OneLine.Of(path)));
        facts.AddRow("[grey]medium[/]", Markup.Escape(Words.Of(look.Info.Medium.ToString())));
        facts.AddRow("[grey]free[/]", ByteSize.Format(look.Info.FreeBytes));
        facts.AddRow("[grey]appended[/]", $"{Rate(look.BytesPerSecond.Sum())}, {Number(look.TimestampsPerSecond)} entries/s");
        facts.AddRow("[grey]stable[/]", $"up to timestamp {look.Stable.ToString(CultureInfo.InvariantCulture)}");
        var regions = new Table().Border(TableBorder.Rounded)
            .AddColumns("region", "rate", "visible to", "durable to", "timestamp", "open");
        for (int i = 0; i < look.Regions.Count; i++)
        {
            RegionInfo region = look.Regions[i];
            regions.AddRow(
                Markup.Escape(EscapedText.Of(RegionNames.Of(region))),
                Rate(look.BytesPerSecond[i]),
                Number(region.CommittedOffset),
                Number(region.PersistedOffset),
                region.LastTimestamp?.ToString(CultureInfo.InvariantCulture) ?? "-",
                Number(region.OpenReservations));
        }

        facts.AddRow("[grey]readers[/]", look.Readers is { } known ? Number(known.Count) : "not known");
        IRenderable drawing = RegionDrawing.Of(look.Regions, look.Info.Size);
        return look.Readers is { Count: > 0 } readers
            ? new Rows(facts, regions, Readers(readers, look.Regions), drawing)
            : new Rows(facts, regions, drawing);
    }

    /// <summary>For programs: a row for each region. Scripts rely on the columns: new ones come last.</summary>
    public static TableReport Report(StreamLook look)
    {
        var report = new TableReport(
            new ReportColumn("name"),
            new ReportColumn("used"),
            new ReportColumn("usable"),
            new ReportColumn("bytes-per-second"),
            new ReportColumn("committed"),
            new ReportColumn("persisted"),
            new ReportColumn("last-timestamp"),
            new ReportColumn("stable-timestamp"),
            new ReportColumn("readers"),
            new ReportColumn("pins"));
        for (int i = 0; i < look.Regions.Count; i++)
        {
            RegionInfo region = look.Regions[i];
            report.Add(
                ReportValue.Name(RegionNames.Of(region)),
                ReportValue.Of(region.UsedBytes),
                ReportValue.Of(region.UsableBytes),
                ReportValue.Of(look.BytesPerSecond[i]),
                ReportValue.Of(region.CommittedOffset),
                ReportValue.Of(region.PersistedOffset),
                region.LastTimestamp is { } last ? ReportValue.Of(last) : ReportValue.Of("-"),
                ReportValue.Of(look.Stable),
                look.Readers is { } readers ? ReportValue.Of(readers.Count) : ReportValue.Of("-"),
                look.Readers is { } all ? ReportValue.Of(all.Count(reader => Pins(reader, region))) : ReportValue.Of("-"));
        }

        return report;
    }

    private static Table Readers(IReadOnlyList<ReaderInfo> readers, IReadOnlyList<RegionInfo> regions)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("reader: process", "since", "pins");
        foreach (ReaderInfo reader in readers)
        {
            string[] pinned = [.. regions.Where(region => Pins(reader, region)).Select(RegionNames.Of)];
            table.AddRow(
                Number(reader.ProcessId),
                reader.Since?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "-",
                pinned.Length == 0 ? "-" : Markup.Escape(EscapedText.Of(string.Join(", ", pinned))));
        }

        return table;
    }

    private static bool Pins(ReaderInfo reader, RegionInfo region) => reader.PinnedRegions.Contains(region.Identity);

    private static string Rate(long bytesPerSecond) => $"{ByteSize.Format(bytesPerSecond)}/s";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
