using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>
/// What opening a stream found and did. After a clean close everything but the numbers of what was examined is zero.
/// </summary>
public sealed record RecoveryInfo
{
    /// <summary>What was wrong, and what was repaired.</summary>
    public StreamConditions Conditions { get; init; }

    /// <summary>Regions examined.</summary>
    public long RegionCount { get; init; }

    /// <summary>Bytes of entries that were walked behind the checkpoints.</summary>
    public long WalkedBytes { get; init; }

    /// <summary>Entries that were walked, the one at each checkpoint not counted.</summary>
    public long WalkedEntries { get; init; }

    /// <summary>Of these, entries that are part of the log.</summary>
    public long RecoveredEntries { get; init; }

    /// <summary>Reservations of dead sessions that were passed over.</summary>
    public long PendingSkipped { get; init; }

    /// <summary>Incomplete groups that were dropped whole.</summary>
    public long GroupsDropped { get; init; }

    /// <summary>Torn ends that were sealed off.</summary>
    public long CutsSealed { get; init; }

    /// <summary>Regions with damage to acknowledged entries or to their header.</summary>
    public long DamagedRegions { get; init; }

    /// <summary>Valid entries that salvaging lost behind a damaged one, as far as they were found.</summary>
    public long SalvagedEntries { get; init; }

    /// <summary>Where in the stream, in bytes, the first damage lies; null when there is none.</summary>
    public long? FirstDamage { get; init; }

    /// <summary>Whether the last writer had closed the stream, so that there was nothing to do.</summary>
    internal bool IsClean => Conditions == StreamConditions.None && FirstDamage is null
        && (WalkedEntries | PendingSkipped | GroupsDropped | CutsSealed | DamagedRegions) == 0;

    internal static RecoveryInfo From(in pms_recovery_info info) => new()
    {
        Conditions = (StreamConditions)info.flags,
        RegionCount = (long)info.region_count,
        WalkedBytes = (long)info.walked_bytes,
        WalkedEntries = (long)info.walked_entries,
        RecoveredEntries = (long)info.recovered_entries,
        PendingSkipped = (long)info.pending_skipped,
        GroupsDropped = (long)info.groups_dropped,
        CutsSealed = (long)info.cuts_sealed,
        DamagedRegions = (long)info.damaged_regions,
        SalvagedEntries = (long)info.salvaged_entries,
        FirstDamage = info.first_damage == 0 ? null : (long)info.first_damage,
    };
}
