using PmemStream.Benchmarks.Report;
using PmemStream.Benchmarks.Results;

namespace PmemStream.Benchmarks.Tests;

public sealed class TargetTests
{
    private static readonly ResultSet Results = new(
    [
        TestResults.OfAllocating(TestResults.Core, 0, 110, 130, 120),
        TestResults.Of(TestResults.Floor, 100, 100, 100),
        TestResults.Of(TestResults.Append(SystemNames.Core, 8), 160, 160, 160),
        TestResults.Of(TestResults.Append(SystemNames.Floor, 8), 80, 80, 80),
    ]);

    [Theory]
    [InlineData("RatioAtMost", 1.3, 1.2, true)]
    [InlineData("RatioAtMost", 1.1, 1.2, false)]
    [InlineData("FasterAtLeast", 0.8, 1 / 1.2, true)]
    [InlineData("FasterAtLeast", 0.9, 1 / 1.2, false)]
    [InlineData("DifferenceAtMost", 20, 20, true)]
    [InlineData("DifferenceAtMost", 19.9, 20, false)]
    [InlineData("TimeAtMost", 120, 120, true)]
    [InlineData("TimeAtMost", 119, 120, false)]
    [InlineData("AllocatedAtMost", 0, 0, true)]
    public void Of_Kind_ComparesAsItSays(string kind, double limit, double expected, bool isReached)
    {
        TargetOutcome outcome = Outcome(Enum.Parse<TargetKind>(kind), limit, Pair(64));
        Assert.Equal(expected, outcome.Worst!.Median, 9);
        Assert.Equal(isReached, outcome.IsReached);
    }

    [Fact]
    public void Of_SeveralPairs_CountsTheOneFarthestFromTheTarget()
    {
        TargetOutcome ratio = Outcome(TargetKind.RatioAtMost, 1.5, Pair(64), Pair(8));
        Assert.Equal((2.0, "8 B", false), (ratio.Worst!.Median, ratio.Worst.Pair.Label, ratio.IsReached!.Value));
        TargetOutcome faster = Outcome(TargetKind.FasterAtLeast, 0.4, Pair(64), Pair(8));
        Assert.Equal((0.5, "8 B", true), (faster.Worst!.Median, faster.Worst.Pair.Label, faster.IsReached!.Value));
    }

    [Fact]
    public void Of_Scale_CountsSoManyOperationsAsOne()
    {
        TargetOutcome outcome = Outcome(TargetKind.RatioAtMost, 1, Pair(64) with { Scale = 64 });
        Assert.Equal(64 * 1.2, outcome.Worst!.Median, 9);
    }

    [Fact]
    public void Of_NotMeasured_IsNeitherReachedNorMissed()
    {
        TargetOutcome outcome = Outcome(TargetKind.RatioAtMost, 1, Pair(4096));
        Assert.Null(outcome.IsReached);
        Assert.Contains("| not measured |", TargetTable.Write([outcome]), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Outcomes_SaysTargetMeasuredAndVerdict()
    {
        string table = TargetTable.Write(
        [
            Outcome(TargetKind.RatioAtMost, 1.3, Pair(64)),
            Outcome(TargetKind.FasterAtLeast, 2, Pair(64), Pair(8)),
            Outcome(TargetKind.DifferenceAtMost, 3, Pair(64)),
            Outcome(TargetKind.AllocatedAtMost, 0, Pair(64)),
        ]);
        Assert.Equal(
            """
            | what | target | measured | by the least times | |
            |---|---:|---:|---:|---|
            | this | <= 1.30 | 1.20 | 1.10 | reached |
            | this | >= 2.0x | 0.50x (8 B) | 0.50x | **missed** |
            | this | <= 3 ns | 20.00 ns | 10.00 ns | **missed** |
            | this | 0 B | 0.00 B | 0.00 B | reached |

            """,
            table);
    }

    // Each target compares cases that a run measures, in one group, so that they have the same rounds.
    [Fact]
    public void All_Pairs_AreMeasuredInTheSameRounds()
    {
        IReadOnlyList<CaseGroup> groups = PlanOfBenchmarks.Groups(isTrial: false);
        Assert.Equal(23, Targets.All.Count);
        foreach (TargetPair pair in Targets.All.SelectMany(target => target.Pairs))
        {
            CaseGroup group = Assert.Single(groups, group => group.Cases.Contains(pair.Measured));
            Assert.True(pair.Reference is null || group.Cases.Contains(pair.Reference), $"{pair.Measured}: {pair.Reference}");
        }
    }

    [Fact]
    public void All_OnResultsOfAWholePlan_AreMeasured()
    {
        ResultSet results = TestResults.OfWholePlan(time: 5, allocated: 0);
        TargetOutcome[] outcomes = [.. Targets.All.Select(target => TargetOutcome.Of(target, results))];
        Assert.All(outcomes, outcome => Assert.Equal(outcome.Target.Pairs.Count, outcome.Pairs.Count));
        // Everything takes the same: what has to be faster than something else is not.
        Assert.False(outcomes.Single(outcome => outcome.Target.What.Contains("256 B, against libpmemlog", StringComparison.Ordinal)).IsReached);
        Assert.True(outcomes.Single(outcome => outcome.Target.Kind == TargetKind.AllocatedAtMost).IsReached);
    }

    private static TargetOutcome Outcome(TargetKind kind, double limit, params TargetPair[] pairs) =>
        TargetOutcome.Of(new Target("this", kind, limit, pairs), Results);

    private static TargetPair Pair(int size) => new(
        $"{size} B", TestResults.Append(SystemNames.Core, size), TestResults.Append(SystemNames.Floor, size));
}
