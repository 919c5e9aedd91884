namespace PmemStream.Benchmarks.Systems;

/// <summary>Something that appends durably, or reads, and can be measured.</summary>
internal interface IMeasuredSystem : IDisposable
{
    /// <summary>Does the work for at least <paramref name="minimum"/>. What it needs is made at the first call and kept.</summary>
    Measurement Measure(BenchmarkCase measured, TimeSpan minimum);

    /// <summary>Gives up all files and mappings.</summary>
    void Reset();
}
