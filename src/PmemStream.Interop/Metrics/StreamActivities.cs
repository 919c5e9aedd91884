using System.Diagnostics;

namespace PmemStream.Interop;

/// <summary>The activity source: opening, recovering and persisting, for whoever traces. Nothing while nobody does.</summary>
internal static class StreamActivities
{
    private const string PathTag = "pmemstream.path";

    private static readonly ActivitySource Source = new(PersistentStream.DiagnosticName);

    /// <summary>A stream is opened or created.</summary>
    public static Activity? Open(string path, bool readOnly)
    {
        Activity? activity = Source.StartActivity("pmemstream.open");
        activity?.SetTag(PathTag, path).SetTag("pmemstream.read_only", readOnly);
        return activity;
    }

    /// <summary>
    /// What recovery did, inside the opening that is ending. The core does both in one call, so it begins when that began.
    /// </summary>
    public static void Recovered(Activity? opening, RecoveryInfo recovery)
    {
        if (opening is null)
        {
            return;
        }

        using Activity? activity = Source.StartActivity(
            "pmemstream.recover", ActivityKind.Internal, opening.Context, startTime: new DateTimeOffset(opening.StartTimeUtc));
        activity?.SetTag("pmemstream.recovered_entries", recovery.RecoveredEntries)
            .SetTag("pmemstream.walked_bytes", recovery.WalkedBytes)
            .SetTag("pmemstream.cuts_sealed", recovery.CutsSealed)
            .SetTag("pmemstream.damaged_regions", recovery.DamagedRegions);
    }

    /// <summary>A region is persisted; a null name: the whole stream.</summary>
    public static Activity? Persist(string path, string? region)
    {
        Activity? activity = Source.StartActivity("pmemstream.persist");
        activity?.SetTag(PathTag, path).SetTag("pmemstream.region", region);
        return activity;
    }

    /// <summary>It has failed.</summary>
    public static void Fail(Activity? activity, Exception failure) =>
        activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
}
