namespace PmemStream.Benchmarks.Results;

internal enum TargetKind
{
    /// <summary>The time of the case over that of the reference, at most the limit.</summary>
    RatioAtMost,

    /// <summary>How many times faster than the reference, at least the limit.</summary>
    FasterAtLeast,

    /// <summary>Nanoseconds more than the reference, at most the limit.</summary>
    DifferenceAtMost,

    /// <summary>Nanoseconds, at most the limit. There is no reference.</summary>
    TimeAtMost,

    /// <summary>Bytes allocated per operation, at most the limit. There is no reference.</summary>
    AllocatedAtMost,
}

/// <summary>Two cases whose comparison is one measurement of a target.</summary>
/// <param name="Label">What sets it apart from the other pairs of the target, such as "64 B".</param>
/// <param name="Measured">What has to reach the target.</param>
/// <param name="Reference">What it is compared with; null where nothing is.</param>
/// <param name="Scale">Operations of the case that count as one of the reference.</param>
internal sealed record TargetPair(string Label, BenchmarkCase Measured, BenchmarkCase? Reference, int Scale = 1);

/// <summary>What is to be reached. Every pair of it has to.</summary>
internal sealed record Target(string What, TargetKind Kind, double Limit, IReadOnlyList<TargetPair> Pairs)
{
    public bool IsReached(double value) => Kind == TargetKind.FasterAtLeast ? value >= Limit : value <= Limit;

    /// <summary>The one that is farthest from being reached.</summary>
    public double Worst(IEnumerable<double> values) => Kind == TargetKind.FasterAtLeast ? values.Min() : values.Max();
}
