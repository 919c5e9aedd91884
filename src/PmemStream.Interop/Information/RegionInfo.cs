using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>Facts about a region, as they were when it was asked. Sizes and offsets are in bytes.</summary>
public sealed record RegionInfo
{
    /// <summary>Its name; empty when it has none.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where it begins in the stream.</summary>
    public long Offset { get; init; }

    /// <summary>Size with its header.</summary>
    public long TotalBytes { get; init; }

    /// <summary>Room for entries; each takes 24 bytes besides its data, rounded up to the entry alignment.</summary>
    public long UsableBytes { get; init; }

    /// <summary>What entries and reservations take of <see cref="UsableBytes"/>.</summary>
    public long UsedBytes { get; init; }

    /// <summary>Entries begin at multiples of it, in bytes, counted from the start of the region's data.</summary>
    public int EntryAlignment { get; init; }

    /// <summary>Timestamp of its creation: no other region of the stream ever has the same.</summary>
    public ulong Identity { get; init; }

    /// <summary>All entries have later timestamps. Changes with every clear.</summary>
    public ulong BaseTimestamp { get; init; }

    /// <summary>Where the visible entries end in the stream.</summary>
    public long CommittedOffset { get; init; }

    /// <summary>Where the durable entries end in the stream.</summary>
    public long PersistedOffset { get; init; }

    /// <summary>Timestamp (of the logical clock) of the first visible entry; null when there is none.</summary>
    public ulong? FirstTimestamp { get; init; }

    /// <summary>Timestamp (of the logical clock) of the last visible entry; null when there is none.</summary>
    public ulong? LastTimestamp { get; init; }

    /// <summary>Number of open reservations.</summary>
    public long OpenReservations { get; init; }

    /// <summary>
    /// Position of the first open reservation, which delays what is visible; null when none is open. One that leaked is
    /// ended with <see cref="StreamRegion.AbandonReservation"/>.
    /// </summary>
    public EntryPosition? OldestReservation { get; init; }

    /// <summary>What is wrong with it.</summary>
    public StreamConditions Conditions { get; init; }

    internal static RegionInfo From(in pms_region_info info) => new()
    {
        Name = NativeText.Decode(info.name),
        Offset = (long)info.offset,
        TotalBytes = (long)info.total_bytes,
        UsableBytes = (long)info.usable_bytes,
        UsedBytes = (long)info.used_bytes,
        EntryAlignment = (int)info.entry_alignment,
        Identity = info.identity,
        BaseTimestamp = info.base_timestamp,
        CommittedOffset = (long)info.committed_offset,
        PersistedOffset = (long)info.persisted_offset,
        FirstTimestamp = info.first_timestamp == 0 ? null : info.first_timestamp,
        LastTimestamp = info.last_timestamp == 0 ? null : info.last_timestamp,
        OpenReservations = (long)info.open_reservations,
        OldestReservation = info.oldest_reservation.offset == 0
            ? null
            : new EntryPosition((long)info.oldest_reservation.offset, info.oldest_reservation.timestamp),
        Conditions = (StreamConditions)info.state,
    };
}
