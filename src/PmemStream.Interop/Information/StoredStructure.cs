using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>
/// One structure as it is stored, or a stretch of space: see <see cref="PersistentStream.EnumerateStored"/>. Sizes and
/// offsets are in bytes. For diagnosis: what is listed follows the format, and grows with it.
/// </summary>
public sealed record StoredStructure
{
    /// <summary>What it is.</summary>
    public StoredKind Kind { get; init; }

    /// <summary>Where it begins in the stream.</summary>
    public long Offset { get; init; }

    /// <summary>What it takes; of an entry its whole extent.</summary>
    public long Bytes { get; init; }

    /// <summary>Where the piece (a region, or free space) begins that it lies in; null when it lies in none.</summary>
    public long? PieceOffset { get; init; }

    /// <summary>True when its checksum or seal holds, and its fields are in their ranges.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Value of a sealed word when it is whole, else all of its 64 bits; null for everything else.</summary>
    public ulong? Value { get; init; }

    /// <summary>Size of the data of an entry; null for everything else.</summary>
    public long? PayloadBytes { get; init; }

    /// <summary>Timestamp (of the logical clock) of an entry; null for everything else.</summary>
    public ulong? Timestamp { get; init; }

    /// <summary>
    /// How far before the entry the region was known to be durable when the entry took its space; null when the entry does
    /// not say, and for everything else.
    /// </summary>
    public long? LagBytes { get; init; }

    /// <summary>True when the next entry belongs to the same group.</summary>
    public bool GroupContinues { get; init; }

    /// <summary>One line for people: its fields, and what is wrong with it. Its wording may change.</summary>
    public string Text { get; init; } = "";

    internal static StoredStructure From(in pms_stored stored)
    {
        var kind = (StoredKind)stored.kind;
        bool isEntry = kind is StoredKind.Data or StoredKind.Pending or StoredKind.Skip;
        return new StoredStructure
        {
            Kind = kind,
            Offset = (long)stored.offset,
            Bytes = (long)stored.bytes,
            PieceOffset = stored.region_offset == 0 ? null : (long)stored.region_offset,
            IsWhole = stored.whole != 0,
            Value = IsWord(kind) ? stored.value : null,
            PayloadBytes = isEntry ? (long)stored.payload_bytes : null,
            Timestamp = isEntry ? stored.timestamp : null,
            LagBytes = isEntry && stored.lag_bytes <= long.MaxValue ? (long)stored.lag_bytes : null,
            GroupContinues = (stored.flags & (uint)pms_entry_flags.PMS_ENTRY_GROUP_CONTINUES) != 0,
            Text = NativeText.Decode(stored.text),
        };
    }

    private static bool IsWord(StoredKind kind) => kind is StoredKind.TimestampCeiling or StoredKind.PersistedTimestamp
        or StoredKind.LayoutEpoch or StoredKind.StreamSize or StoredKind.StreamSpare or StoredKind.Extent
        or StoredKind.BaseTimestamp or StoredKind.Checkpoint or StoredKind.RegionSpare;
}

/// <summary>What a <see cref="StoredStructure"/> is. Later versions of the format add kinds.</summary>
public enum StoredKind
{
    /// <summary>Not known: a newer core than this assembly.</summary>
    Unknown = 0,

    /// <summary>A copy of the header of the stream.</summary>
    StreamHeader = (int)pms_stored_kind.PMS_STORED_STREAM_HEADER,

    /// <summary>A copy of the word that all timestamps are below.</summary>
    TimestampCeiling = (int)pms_stored_kind.PMS_STORED_CEILING,

    /// <summary>The word that says up to which timestamp everything is durable.</summary>
    PersistedTimestamp = (int)pms_stored_kind.PMS_STORED_PERSISTED_TIMESTAMP,

    /// <summary>The word that changes with the layout.</summary>
    LayoutEpoch = (int)pms_stored_kind.PMS_STORED_LAYOUT_EPOCH,

    /// <summary>The word that says how large the stream is.</summary>
    StreamSize = (int)pms_stored_kind.PMS_STORED_STREAM_SIZE,

    /// <summary>A word of the stream that is not used yet.</summary>
    StreamSpare = (int)pms_stored_kind.PMS_STORED_STREAM_SPARE,

    /// <summary>Free space.</summary>
    FreePiece = (int)pms_stored_kind.PMS_STORED_FREE_PIECE,

    /// <summary>A region as a whole; its parts follow.</summary>
    RegionPiece = (int)pms_stored_kind.PMS_STORED_REGION_PIECE,

    /// <summary>Space whose extent word is damaged; what can be read of it follows.</summary>
    DamagedPiece = (int)pms_stored_kind.PMS_STORED_DAMAGED_PIECE,

    /// <summary>The part of a region's header that is written once.</summary>
    RegionHeader = (int)pms_stored_kind.PMS_STORED_REGION_HEADER,

    /// <summary>The word that says what a piece is, and how large.</summary>
    Extent = (int)pms_stored_kind.PMS_STORED_EXTENT,

    /// <summary>The word that all entries of the region's life are later than.</summary>
    BaseTimestamp = (int)pms_stored_kind.PMS_STORED_BASE,

    /// <summary>The word that names an entry from which recovery may start.</summary>
    Checkpoint = (int)pms_stored_kind.PMS_STORED_CHECKPOINT,

    /// <summary>A word of a region that is not used yet.</summary>
    RegionSpare = (int)pms_stored_kind.PMS_STORED_REGION_SPARE,

    /// <summary>An entry of the log.</summary>
    Data = (int)pms_stored_kind.PMS_STORED_DATA,

    /// <summary>An open reservation, or one that a dead process left.</summary>
    Pending = (int)pms_stored_kind.PMS_STORED_PENDING,

    /// <summary>An abandoned reservation, or the seal of a cut.</summary>
    Skip = (int)pms_stored_kind.PMS_STORED_SKIP,

    /// <summary>A stretch of a region where a valid entry should begin, and none does.</summary>
    Damaged = (int)pms_stored_kind.PMS_STORED_DAMAGED,

    /// <summary>The rest of a region, behind its last entry.</summary>
    Room = (int)pms_stored_kind.PMS_STORED_ROOM,
}
