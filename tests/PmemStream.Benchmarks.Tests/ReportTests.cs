using System.Xml.Linq;
using PmemStream.Benchmarks.Report;
using PmemStream.Benchmarks.Results;

namespace PmemStream.Benchmarks.Tests;

public sealed class ReportTests : IDisposable
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly Machine SomeMachine = new()
    {
        Time = new DateTime(2031, 2, 3, 4, 5, 6, DateTimeKind.Utc),
        Processor = "Some (R) Processor <7>",
        ProcessorCount = 2,
        Kernel = "6.1",
        MemoryBytes = 8_000_000_000,
        Virtualization = "a virtual machine",
        MemoryFileSystem = "tmpfs (rw)",
        DiskFileSystem = "ext4 (rw)",
        DotNet = ".NET 10",
        Compiler = "cc 12",
        Policies = [KeyValuePair.Create("memory, cache-lines", "clwb and sfence")],
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("benchmarks").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_Results_LeavesNumbersTableAndPlot()
    {
        ResultSet results = TestResults.OfWholePlan(time: 250, allocated: 0);
        Publication.Write(_folder, results, [.. Targets.All.Select(target => TargetOutcome.Of(target, results))], SomeMachine);
        Assert.Equal(
            ["2031-02-03-some-processor-7-2-cpu.json", "latest.md", "latest.svg"],
            Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        string table = File.ReadAllText(Path.Combine(_folder, "latest.md"));
        Assert.Contains("](2031-02-03-some-processor-7-2-cpu.json)", table, StringComparison.Ordinal);
        Assert.Contains("| Iteration of packed 64-byte entries, verified, C, ns | <= 6 ns | 250.00 ns (by batches, log of 1 MiB) | 250.00 ns | **missed** |", table, StringComparison.Ordinal);
        Assert.Contains("| memory, cache-lines | clwb and sfence |", table, StringComparison.Ordinal);
        Assert.Contains("| 2031-02-03 04:05 UTC |", table.Replace("time | ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        // A row for each result that has a time.
        Assert.Equal(
            results.All.Count, table.Split('\n').Count(line => line.Contains(" | 250 | 250 | 250 to 250 | ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Plot_Results_HasALineForEachSystemInEachChart()
    {
        ResultSet results = TestResults.OfWholePlan(time: 250, allocated: 0);
        var picture = XDocument.Parse(Plot.Write(results, "a machine <of> some kind"));
        string[] texts = [.. picture.Descendants(Svg + "text").Select(text => text.Value)];
        Assert.Contains(texts, text => text.EndsWith("a machine <of> some kind", StringComparison.Ordinal));
        Assert.Contains("PmemStream, C core", texts);
        Assert.Contains("SQLite, WAL, FULL", texts);
        Assert.Contains("65,536", texts);
        Assert.Contains("payload, bytes", texts);
        // Memory: 3 of ours by 2 policies, 5 peers; disk: 3 and 3; batches as memory; threads: 3 by 2 policies.
        Assert.Equal(11 + 6 + 11 + 6, picture.Descendants(Svg + "polyline").Count());
    }

    [Fact]
    public void Plot_TwiceTheTime_StandsHigher()
    {
        var results = new ResultSet([TestResults.Of(TestResults.Core, 200), TestResults.Of(TestResults.Floor, 100)]);
        var picture = XDocument.Parse(Plot.Write(results, ""));
        double[] heights =
        [
            .. new[] { "#0055aa", "#000000" }.Select(color => double.Parse(
                picture.Descendants(Svg + "polyline").Single(line => line.Attribute("stroke")!.Value == color)
                    .Attribute("points")!.Value.Split(',')[1],
                System.Globalization.CultureInfo.InvariantCulture)),
        ];
        // The origin is the upper left corner.
        Assert.True(heights[0] < heights[1], $"{heights[0]} is not above {heights[1]}");
    }

    [Fact]
    public void Plot_NothingMeasured_SaysSo()
    {
        var picture = XDocument.Parse(Plot.Write(new ResultSet([]), ""));
        Assert.Equal(4, picture.Descendants(Svg + "text").Count(text => text.Value == "not measured"));
    }

    [Fact]
    public void Place_OnALogarithmicAxis_IsProportionalToTheLogarithm()
    {
        var axis = new LogAxis(1, 1000, 100, 400);
        Assert.Equal([100, 200, 300, 400], new double[] { 1, 10, 100, 1000 }.Select(value => Math.Round(axis.Place(value), 6)));
    }

    [Theory]
    [InlineData(new double[] { 130, 470 }, new double[] { 100, 200, 500 })]
    [InlineData(new double[] { 100, 500 }, new double[] { 100, 200, 500 })]
    [InlineData(new double[] { 3, 70_000 }, new double[] { 10, 100, 1000, 10_000, 100_000 })]
    [InlineData(new double[] { 200 }, new double[] { 200, 500 })]
    public void Around_Values_HasTicksAroundThem(double[] values, double[] expected)
    {
        LogAxis axis = LogAxis.Around(values, 0, 100, out double[] ticks);
        Assert.Equal(expected, ticks.Select(tick => Math.Round(tick, 6)));
        Assert.All(values, value => Assert.InRange(axis.Place(value), 0, 100));
    }

    [Theory]
    [InlineData(0.5, "0.5 ns")]
    [InlineData(250, "250 ns")]
    [InlineData(2500, "2.5 µs")]
    [InlineData(50_000_000, "50 ms")]
    public void Duration_Nanoseconds_HasTheUnitOfItsSize(double nanoseconds, string expected) =>
        Assert.Equal(expected, PlotChart.Duration(nanoseconds));

    [Theory]
    [InlineData("Intel(R) Xeon(R) @ 2.10GHz", "intel-xeon-2-10ghz")]
    [InlineData("AMD EPYC 9575F 64-Core", "amd-epyc-9575f-64-core")]
    public void Slug_Name_IsFitForAFileName(string name, string expected) => Assert.Equal(expected, Machine.Slug(name));
}
