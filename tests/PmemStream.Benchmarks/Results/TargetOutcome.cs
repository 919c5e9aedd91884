namespace PmemStream.Benchmarks.Results;

/// <summary>What a pair of cases came to, over the rounds.</summary>
/// <param name="Pair">The cases.</param>
/// <param name="Median">Of the rounds: this is what counts.</param>
/// <param name="LowerQuartile">A quarter of the rounds had less.</param>
/// <param name="UpperQuartile">A quarter of the rounds had more.</param>
/// <param name="OfLeast">
/// The same of the least times of both. On a machine that does other things as well, these say more about the code.
/// </param>
internal sealed record PairOutcome(
    TargetPair Pair, double Median, double LowerQuartile, double UpperQuartile, double OfLeast);

/// <summary>A target beside what was measured.</summary>
internal sealed record TargetOutcome(Target Target, IReadOnlyList<PairOutcome> Pairs)
{
    /// <summary>The pair that is farthest from the target; null when none was measured.</summary>
    public PairOutcome? Worst =>
        Pairs.Count == 0 ? null : Pairs.First(pair => pair.Median == Target.Worst(Pairs.Select(other => other.Median)));

    /// <summary>Null: not measured in this run.</summary>
    public bool? IsReached => Worst is null ? null : Target.IsReached(Worst.Median);

    public static TargetOutcome Of(Target target, ResultSet results)
    {
        var outcomes = new List<PairOutcome>();
        foreach (TargetPair pair in target.Pairs)
        {
            BenchmarkResult? measured = results.Find(pair.Measured);
            BenchmarkResult? reference = pair.Reference is null ? null : results.Find(pair.Reference);
            if (measured is null || (pair.Reference is not null && reference is null))
            {
                continue;
            }

            double[] values = Values(target.Kind, pair, measured, measured.Samples, reference?.Samples);
            double[] least = Values(target.Kind, pair, measured, Least(measured), Least(reference));
            outcomes.Add(new PairOutcome(
                pair,
                Statistics.Median(values),
                Statistics.Quantile(values, 0.25),
                Statistics.Quantile(values, 0.75),
                least[0]));
        }

        return new TargetOutcome(target, outcomes);
    }

    private static double[] Least(BenchmarkResult? result) => result is null ? [] : [result.Samples.Min()];

    private static double[] Values(
        TargetKind kind,
        TargetPair pair,
        BenchmarkResult measured,
        IReadOnlyList<double> times,
        IReadOnlyList<double>? references) => kind switch
        {
            TargetKind.TimeAtMost => [.. times],
            TargetKind.AllocatedAtMost => [measured.BytesAllocatedPerOp ?? double.NaN],
            TargetKind.RatioAtMost => Statistics.Paired(times, references!, (ours, other) => ours * pair.Scale / other),
            TargetKind.FasterAtLeast => Statistics.Paired(times, references!, (ours, other) => other / (ours * pair.Scale)),
            TargetKind.DifferenceAtMost => Statistics.Paired(times, references!, (ours, other) => (ours * pair.Scale) - other),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
}
