using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace PmemStream.Interop;

/// <summary>What the library tells while somebody listens.</summary>
internal static class StreamMetrics
{
    public const string Name = "PmemStream";

    private static readonly Meter Meter = new(Name, "1.0.0");

    private static readonly Histogram<long> Groups = Meter.CreateHistogram<long>(
        "pmemstream.commit.callers", "{caller}", "Callers of AppendAsync and PersistAsync that shared one flush.");

    private static readonly Histogram<double> Waits = Meter.CreateHistogram<double>(
        "pmemstream.append.wait", "s", "From a call of AppendAsync on the page cache until its entry was durable.");

    /// <summary>Whether anybody wants to know how long appends wait.</summary>
    public static bool TimesWaits => Waits.Enabled;

    /// <summary>So many callers shared a flush.</summary>
    public static void Group(int callers) => Groups.Record(callers);

    /// <summary>An append waited since then; 0: nobody wanted to know.</summary>
    public static void Waited(long since)
    {
        if (since != 0)
        {
            Waits.Record(Stopwatch.GetElapsedTime(since).TotalSeconds);
        }
    }
}
