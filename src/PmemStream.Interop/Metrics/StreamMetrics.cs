using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>The meter: what a listener sees of the streams that this process has open.</summary>
/// <remarks>
/// What appends and persists have done is counted by the core and read when a listener asks, so that nobody pays for it
/// before. Only what the core does not know is recorded as it happens, and only while somebody listens.
/// </remarks>
internal static class StreamMetrics
{
    private const string PathTag = "pmemstream.path";

    private static readonly Meter Meter = new(PersistentStream.DiagnosticName);

    // Weak: a stream that is forgotten is finalized all the same.
    private static readonly ConditionalWeakTable<PersistentStream, object> Open = [];

    private static readonly Histogram<long> Groups = Meter.CreateHistogram<long>(
        "pmemstream.commit.callers", "{caller}", "Callers of AppendAsync and PersistAsync that shared one flush.");

    private static readonly Histogram<double> Waits = Meter.CreateHistogram<double>(
        "pmemstream.append.wait", "s", "From a call of AppendAsync on the page cache until its entry was durable.");

    private static readonly Counter<long> Recoveries = Meter.CreateCounter<long>(
        "pmemstream.recoveries", "{stream}", "Openings for writing that found a stream not closed by its last writer.");

    private static readonly Instrument[] Observed = [
        Meter.CreateObservableCounter(
            "pmemstream.appends", () => Count(counters => counters.entries), "{entry}", "Entries and reservations."),
        Meter.CreateObservableCounter(
            "pmemstream.appended", () => Count(counters => counters.appended_bytes), "By", "Bytes of them, as stored."),
        Meter.CreateObservableCounter(
            "pmemstream.persists", () => Count(counters => counters.persists), "{persist}", "Persists of what was deferred."),
        Meter.CreateObservableCounter(
            "pmemstream.syncs", () => Count(counters => counters.syncs), "{sync}", "Syncs of the page cache."),
        Meter.CreateObservableUpDownCounter(
            "pmemstream.free", () => Measure(stream => stream.TryGetFreeBytes()), "By", "Space that no region has."),
    ];

    /// <summary>Whether anybody wants to know how long appends wait.</summary>
    public static bool TimesWaits => Waits.Enabled;

    /// <summary>A stream was opened or created.</summary>
    public static void Add(PersistentStream stream) => Open.Add(stream, Observed);

    /// <summary>It was closed.</summary>
    public static void Remove(PersistentStream stream) => Open.Remove(stream);

    /// <summary>A stream was opened that had to be recovered.</summary>
    public static void Recovered(string path)
    {
        if (Recoveries.Enabled)
        {
            Recoveries.Add(1, new KeyValuePair<string, object?>(PathTag, path));
        }
    }

    /// <summary>So many callers shared a flush.</summary>
    public static void Group(int callers)
    {
        if (Groups.Enabled)
        {
            Groups.Record(callers);
        }
    }

    /// <summary>An append waited since then; 0: nobody wanted to know.</summary>
    public static void Waited(long since)
    {
        if (since != 0)
        {
            Waits.Record(Stopwatch.GetElapsedTime(since).TotalSeconds);
        }
    }

    private static List<Measurement<long>> Count(Func<pms_counters, ulong> value) => Measure(
        stream => stream.IsWriter && stream.TryCount(out pms_counters counters) ? (long)value(counters) : null);

    // What was closed meanwhile is left out.
    private static List<Measurement<long>> Measure(Func<PersistentStream, long?> value)
    {
        var measured = new List<Measurement<long>>();
        foreach ((PersistentStream stream, _) in Open)
        {
            if (value(stream) is { } found)
            {
                measured.Add(new Measurement<long>(found, new KeyValuePair<string, object?>(PathTag, stream.Path)));
            }
        }

        return measured;
    }
}
