using PmemStream.Benchmarks.Results;

namespace PmemStream.Benchmarks.Tests;

/// <summary>Results that were not measured, but chosen.</summary>
internal static class TestResults
{
    public static readonly BenchmarkCase Core = Append(SystemNames.Core);
    public static readonly BenchmarkCase Floor = Append(SystemNames.Floor);

    public static BenchmarkCase Append(string system, int payloadBytes = 64) =>
        new(system, ScenarioNames.Append, MediumNames.Memory, PolicyNames.CacheLines, payloadBytes);

    /// <summary>A round of 1000 operations for each time per operation.</summary>
    public static BenchmarkResult Of(BenchmarkCase measured, params double[] times) => OfAllocating(measured, null, times);

    /// <summary>The same, of something that allocates so many bytes per operation.</summary>
    public static BenchmarkResult OfAllocating(BenchmarkCase measured, long? allocated, params double[] times) => BenchmarkResult.Of(
        measured, [.. times.Select(time => new Measurement(1000, time * 1000, allocated * 1000))]);

    /// <summary>One for each case of the plan; all took the same.</summary>
    public static ResultSet OfWholePlan(double time, long allocated) => new(
        PlanOfBenchmarks.Groups(isTrial: false)
            .SelectMany(group => group.Cases)
            .Select(measured => OfAllocating(measured, allocated, time, time, time)));
}
