using System.Diagnostics;

namespace PmemStream.Benchmarks;

/// <summary>What one system did in one round.</summary>
/// <param name="Operations">Entries appended, read or recovered; logs opened.</param>
/// <param name="Nanoseconds">What they took together.</param>
/// <param name="AllocatedBytes">Allocated on .NET's heap meanwhile, by all threads; null outside .NET.</param>
internal readonly record struct Measurement(long Operations, double Nanoseconds, long? AllocatedBytes)
{
    public double NanosecondsPerOperation => Nanoseconds / Operations;

    /// <summary>
    /// Repeats <paramref name="work"/> in pieces of <paramref name="piece"/> operations until the pieces take
    /// <paramref name="minimum"/>. What <paramref name="prepare"/> does before a piece is not counted.
    /// </summary>
    public static Measurement Of(TimeSpan minimum, int piece, Action<int>? prepare, Action<int> work)
    {
        long target = (long)(minimum.TotalSeconds * Stopwatch.Frequency);
        long ticks = 0;
        long operations = 0;
        long before = GC.GetTotalAllocatedBytes(precise: true);
        do
        {
            prepare?.Invoke(piece);
            long begin = Stopwatch.GetTimestamp();
            work(piece);
            ticks += Stopwatch.GetTimestamp() - begin;
            operations += piece;
        }
        while (ticks < target);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        return new Measurement(operations, ticks * 1e9 / Stopwatch.Frequency, allocated);
    }
}
