using System.Text.Json.Serialization;

namespace PmemStream.Benchmarks.Results;

/// <summary>One line of the results file. Times are in nanoseconds per entry (of opening: per open).</summary>
internal sealed record BenchmarkResult
{
    public required string System { get; init; }

    public required string Scenario { get; init; }

    public required string Medium { get; init; }

    public required string Policy { get; init; }

    public required int PayloadBytes { get; init; }

    public required int Threads { get; init; }

    public required int Batch { get; init; }

    /// <summary>What is in the log that is opened; 0 where that does not matter.</summary>
    public required long LogBytes { get; init; }

    public required int Rounds { get; init; }

    /// <summary>Null where no time was measured.</summary>
    public double? NsPerOpMedian { get; init; }

    public double? NsPerOpMin { get; init; }

    /// <summary>A quarter of the rounds took less.</summary>
    public double? NsPerOpQ1 { get; init; }

    /// <summary>A quarter of the rounds took more.</summary>
    public double? NsPerOpQ3 { get; init; }

    /// <summary>On .NET's heap, by all threads; null where there is none.</summary>
    public double? BytesAllocatedPerOp { get; init; }

    /// <summary>Of the process, without memory that a file is behind; null where it was not measured.</summary>
    public long? ResidentBytes { get; init; }

    /// <summary>Nanoseconds per operation, round by round.</summary>
    [JsonIgnore]
    public IReadOnlyList<double> Samples { get; init; } = [];

    public static BenchmarkResult Of(BenchmarkCase measured, IReadOnlyList<Measurement> rounds)
    {
        double[] samples = [.. rounds.Select(round => round.NanosecondsPerOperation)];
        double[] allocated =
        [
            .. rounds.Where(round => round.AllocatedBytes is not null)
                .Select(round => (double)round.AllocatedBytes!.Value / round.Operations),
        ];
        return Of(measured) with
        {
            Rounds = rounds.Count,
            Samples = samples,
            NsPerOpMedian = Rounded(Statistics.Median(samples)),
            NsPerOpMin = Rounded(samples.Min()),
            NsPerOpQ1 = Rounded(Statistics.Quantile(samples, 0.25)),
            NsPerOpQ3 = Rounded(Statistics.Quantile(samples, 0.75)),
            BytesAllocatedPerOp = allocated.Length == 0 ? null : Rounded(Statistics.Median(allocated)),
        };
    }

    public static BenchmarkResult OfResident(BenchmarkCase measured, long bytes) =>
        Of(measured) with { Rounds = 1, ResidentBytes = bytes };

    public bool Is(BenchmarkCase measured) =>
        System == measured.System && Scenario == measured.Scenario && Medium == measured.Medium &&
        Policy == measured.Policy && PayloadBytes == measured.PayloadBytes && Threads == measured.Threads &&
        Batch == measured.Batch && LogBytes == measured.LogBytes;

    private static BenchmarkResult Of(BenchmarkCase measured) => new()
    {
        System = measured.System,
        Scenario = measured.Scenario,
        Medium = measured.Medium,
        Policy = measured.Policy,
        PayloadBytes = measured.PayloadBytes,
        Threads = measured.Threads,
        Batch = measured.Batch,
        LogBytes = measured.LogBytes,
        Rounds = 0,
    };

    private static double Rounded(double value) => Math.Round(value, 2);
}
