using System.Globalization;
using PmemStream.Benchmarks.Results;

namespace PmemStream.Benchmarks.Report;

/// <summary>
/// Who is where: four charts in one SVG, logarithmic on both axes, the same colour for the same system in each, medians with
/// their quartiles.
/// </summary>
internal static class Plot
{
    private const int Width = 1240;
    private const int Height = 1060;
    private const int ChartsTop = 168;
    private const int ChartWidth = Width / 2;
    private const int ChartHeight = (Height - ChartsTop) / 2;
    private const int LegendColumns = 4;

    /// <summary>The whole picture; <paramref name="subtitle"/> says on which machine.</summary>
    public static string Write(ResultSet results, string subtitle)
    {
        PlotChart[] charts =
        [
            new("Durable append, in memory (tmpfs)", "payload, bytes",
                ScenarioNames.Append, MediumNames.Memory, result => result.PayloadBytes),
            new("Durable append, on a disk", "payload, bytes",
                ScenarioNames.Append, MediumNames.Disk, result => result.PayloadBytes),
            new("64-byte entries made durable together, in memory", "entries in a batch",
                ScenarioNames.Batch, MediumNames.Memory, result => result.Batch),
            new("64-byte entries by threads on one region, in memory", "threads",
                ScenarioNames.ThreadsOne, MediumNames.Memory, result => result.Threads),
        ];
        var canvas = new SvgCanvas(Width, Height);
        canvas.Text(16, 30, "PmemStream.Interop beside the floor and its peers", 21, bold: true);
        canvas.Text(
            16, 52, $"Nanoseconds per entry, medians and quartiles: lower is better. Dashed: non-temporal stores. {subtitle}", 13);
        BenchmarkResult[] shown = [.. results.All.Where(result => charts.Any(chart => chart.Shows(result)))];
        WriteLegend(canvas, [.. shown.Select(PlotStyle.Of).Distinct().OrderBy(style => style.Rank)]);
        for (int index = 0; index < charts.Length; index++)
        {
            charts[index].Draw(
                canvas, results, index % 2 * ChartWidth, ChartsTop + (index / 2 * ChartHeight), ChartWidth, ChartHeight);
        }

        return canvas.Finish();
    }

    private static void WriteLegend(SvgCanvas canvas, PlotStyle[] styles)
    {
        for (int index = 0; index < styles.Length; index++)
        {
            double x = 16 + (index % LegendColumns * ((Width - 32) / LegendColumns));
            double y = 82 + (index / LegendColumns * 24);
            PlotStyle style = styles[index];
            canvas.Line(x, y - 4, x + 38, y - 4, style.Color, style.Thickness, style.IsDashed);
            canvas.Dot(x + 19, y - 4, PlotChart.DotRadius, style.Color);
            canvas.Text(x + 46, y, style.Title, 13);
        }
    }
}

/// <summary>One chart: a line for each system and policy.</summary>
internal sealed record PlotChart(
    string Title, string XTitle, string Scenario, string Medium, Func<BenchmarkResult, int> X)
{
    public const double DotRadius = 3.5;

    private const string GridColor = "#dddddd";
    private const string FrameColor = "#888888";

    public bool Shows(BenchmarkResult result) =>
        result.Scenario == Scenario && result.Medium == Medium && result.NsPerOpMedian is not null;

    public void Draw(SvgCanvas canvas, ResultSet results, double left, double top, double width, double height)
    {
        BenchmarkResult[] shown = [.. results.All.Where(Shows)];
        canvas.Text(left + (width / 2), top + 20, Title, 15, SvgAnchor.Middle, bold: true);
        if (shown.Length == 0)
        {
            canvas.Text(left + (width / 2), top + (height / 2), "not measured", 13, SvgAnchor.Middle);
            return;
        }

        double right = left + width - 22;
        double bottom = top + height - 56;
        double begin = left + 76;
        double highest = top + 34;
        int[] steps = [.. shown.Select(X).Distinct().Order()];
        var across = new LogAxis(steps[0], steps[^1], begin + 20, right - 20);
        double[] times = [.. shown.SelectMany(result => new[] { result.NsPerOpQ1!.Value, result.NsPerOpQ3!.Value })];
        LogAxis up = LogAxis.Around(times, bottom, highest, out double[] ticks);
        foreach (double tick in ticks)
        {
            canvas.Line(begin, up.Place(tick), right, up.Place(tick), GridColor, 1);
            canvas.Text(begin - 7, up.Place(tick) + 4, Duration(tick), 12, SvgAnchor.End);
        }

        foreach (int step in steps)
        {
            canvas.Line(across.Place(step), bottom, across.Place(step), bottom + 5, FrameColor, 1);
            canvas.Text(
                across.Place(step), bottom + 19, step.ToString("#,0", CultureInfo.InvariantCulture), 12, SvgAnchor.Middle);
        }

        canvas.Frame(begin, highest, right - begin, bottom - highest, FrameColor);
        canvas.Text((begin + right) / 2, bottom + 39, XTitle, 13, SvgAnchor.Middle);
        foreach (IGrouping<PlotStyle, BenchmarkResult> line in shown
            .GroupBy(PlotStyle.Of)
            .OrderByDescending(line => line.Key.Rank))
        {
            DrawLine(canvas, line.Key, [.. line.OrderBy(X)], across, up);
        }
    }

    /// <summary>Nanoseconds in the unit that a person would use.</summary>
    public static string Duration(double nanoseconds) => nanoseconds switch
    {
        >= 1e6 => (nanoseconds / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + " ms",
        >= 1e3 => (nanoseconds / 1e3).ToString("0.##", CultureInfo.InvariantCulture) + " µs",
        _ => nanoseconds.ToString("0.##", CultureInfo.InvariantCulture) + " ns",
    };

    private void DrawLine(SvgCanvas canvas, PlotStyle style, BenchmarkResult[] results, LogAxis across, LogAxis up)
    {
        canvas.Polyline(
            results.Select(result => (across.Place(X(result)), up.Place(result.NsPerOpMedian!.Value))),
            style.Color,
            style.Thickness,
            style.IsDashed);
        foreach (BenchmarkResult result in results)
        {
            double x = across.Place(X(result));
            canvas.Line(x, up.Place(result.NsPerOpQ1!.Value), x, up.Place(result.NsPerOpQ3!.Value), style.Color, 1);
            canvas.Dot(x, up.Place(result.NsPerOpMedian!.Value), DotRadius, style.Color);
        }
    }
}

/// <summary>How a system is drawn, the same in each chart.</summary>
/// <param name="Title">In the legend.</param>
/// <param name="Color">Of its line and dots.</param>
/// <param name="Thickness">Of its line.</param>
/// <param name="IsDashed">Non-temporal stores are; cache lines and all else are not.</param>
/// <param name="Rank">Its place in the legend; the first is drawn last, over the others.</param>
internal sealed record PlotStyle(string Title, string Color, double Thickness, bool IsDashed, int Rank)
{
    private static readonly (string System, string Color)[] Colors =
    [
        (SystemNames.Core, "#0055aa"),
        (SystemNames.CSharp, "#22a39f"),
        (SystemNames.Floor, "#000000"),
        (SystemNames.Mutex, "#e7298a"),
        (SystemNames.PmemLog, "#d95f02"),
        (SystemNames.PmemMemcpy, "#999999"),
        (SystemNames.FileStream, "#b8860b"),
        (SystemNames.Sqlite, "#8e44ad"),
        (SystemNames.Faster, "#c0392b"),
    ];

    public static PlotStyle Of(BenchmarkResult result)
    {
        int place = Array.FindIndex(Colors, pair => pair.System == result.System);
        bool isDashed = result.Policy == PolicyNames.NonTemporal;
        return new PlotStyle(
            Titles.OfSystem(result.System) + (isDashed ? ", non-temporal" : ""),
            place < 0 ? "#555555" : Colors[place].Color,
            result.System is SystemNames.Core or SystemNames.CSharp ? 2.5 : 1.5,
            isDashed,
            (2 * (place < 0 ? Colors.Length : place)) + (isDashed ? 1 : 0));
    }
}
