namespace PmemStream.Benchmarks.Tests;

public sealed class PlanTests
{
    [Fact]
    public void Groups_FullRun_MeasuresEachCaseOnce()
    {
        BenchmarkCase[] cases = [.. PlanOfBenchmarks.Groups(isTrial: false).SelectMany(group => group.Cases)];
        Assert.Equal(cases.Length, cases.Distinct().Count());
        Assert.Equal([8, 64, 256, 1024, 4096, 16384, 65536], Values(cases, ScenarioNames.Append, one => one.PayloadBytes));
        Assert.Equal([1, 8, 64], Values(cases, ScenarioNames.Batch, one => one.Batch));
        Assert.Equal([1, 2, 4, 8], Values(cases, ScenarioNames.ThreadsOne, one => one.Threads));
        Assert.Equal([1, 16, 256], Values(cases, ScenarioNames.Callers, one => one.Threads));
        Assert.Equal([1, 2, 5], Values(cases, ScenarioNames.Followers, one => one.Threads));
        Assert.Equal([2, 5], Values(cases, ScenarioNames.WakeP99, one => one.Threads));
        Assert.Equal([1, 64, 512], Values(cases, ScenarioNames.OpenKilled, one => (int)(one.LogBytes >> 20)));
    }

    // So that the trial shows of every program and scenario that it works.
    [Fact]
    public void Groups_Trial_HasEverySystemAndScenario()
    {
        var all = Kinds(isTrial: false);
        Assert.Equal(all, Kinds(isTrial: true));
        Assert.Contains((SystemNames.Faster, ScenarioNames.Append, MediumNames.Disk), all);
        Assert.Contains((SystemNames.Mutex, ScenarioNames.ThreadsOne, MediumNames.Memory), all);
    }

    [Theory]
    [InlineData(8, 1, 1024)]
    [InlineData(64, 64, 1024)]
    [InlineData(65536, 1, 16)]
    [InlineData(65536, 64, 64)]
    public void Piece_InMemory_IsWholeBatches(int payloadBytes, int batch, int expected)
    {
        BenchmarkCase measured = TestResults.Core with { PayloadBytes = payloadBytes, Batch = batch };
        Assert.Equal(expected, Workplace.Piece(measured));
        Assert.Equal(batch, Workplace.Piece(measured with { Medium = MediumNames.Disk }));
    }

    [Theory]
    [InlineData("full", nameof(RunKind.Full))]
    [InlineData("quick", nameof(RunKind.Quick))]
    [InlineData("trial", nameof(RunKind.Trial))]
    public void Parse_Kind_IsTaken(string argument, string expected)
    {
        var options = BenchmarkOptions.Parse([argument, "m", "d", "p", "r"]);
        Assert.Equal(expected, options.Kind.ToString());
        Assert.Equal(("m", "d", "p", "r"), (options.Workplace.MemoryFolder, options.Workplace.DiskFolder, options.Programs, options.Results));
    }

    [Theory]
    [InlineData]
    [InlineData("full", "m", "d", "p")]
    [InlineData("fast", "m", "d", "p", "r")]
    public void Parse_OtherArguments_SaysWhatWasExpected(params string[] arguments)
    {
        var failure = Assert.Throws<BenchmarkException>(() => BenchmarkOptions.Parse(arguments));
        Assert.Contains("full|quick|trial", failure.Message, StringComparison.Ordinal);
    }

    private static int[] Values(BenchmarkCase[] cases, string scenario, Func<BenchmarkCase, int> value) =>
        [.. cases.Where(one => one.Scenario == scenario).Select(value).Distinct().Order()];

    private static HashSet<(string, string, string)> Kinds(bool isTrial) =>
    [
        .. PlanOfBenchmarks.Groups(isTrial)
            .SelectMany(group => group.Cases)
            .Select(one => (one.System, one.Scenario, one.Medium)),
    ];
}
