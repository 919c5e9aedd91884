using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>Facts about a stream, as they were when it was asked. Sizes are in bytes.</summary>
public sealed record StreamInfo
{
    /// <summary>Version of the format.</summary>
    public int FormatVersion { get; init; }

    /// <summary>Identity of the stream, given at creation. A copied file has the same.</summary>
    public Guid Uuid { get; init; }

    /// <summary>Size of the stream.</summary>
    public long Size { get; init; }

    /// <summary>Size of the file or device; may be larger.</summary>
    public long FileSize { get; init; }

    /// <summary>What no region takes, with the headers that it would need.</summary>
    public long FreeBytes { get; init; }

    /// <summary>Usable size of the largest region that could be created now; 0 if none can.</summary>
    public long LargestFreeBytes { get; init; }

    /// <summary>When it was created, by the wall clock of that machine.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Above every timestamp given out so far. Timestamps are a logical clock, never the time of day.</summary>
    public ulong NextTimestamp { get; init; }

    /// <summary>Mask of the features that a version which does not know them may ignore.</summary>
    public ulong CompatibleFeatures { get; init; }

    /// <summary>Mask of the features that a version which does not know them must not open.</summary>
    public ulong IncompatibleFeatures { get; init; }

    /// <summary>Mask of the features that a version which does not know them may read, but not write.</summary>
    public ulong ReadOnlyFeatures { get; init; }

    /// <summary>Unit of region sizes.</summary>
    public int BlockSize { get; init; }

    /// <summary>Number of regions.</summary>
    public int RegionCount { get; init; }

    /// <summary>What it lies on.</summary>
    public MediumKind Medium { get; init; }

    /// <summary>One line for people: the medium, and what makes an append durable on it.</summary>
    public string MediumDescription { get; init; } = "";

    /// <summary>How bytes reach the medium.</summary>
    public FlushPolicy FlushPolicy { get; init; }

    /// <summary>True when it is open for reading only.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>What is wrong with it.</summary>
    public StreamConditions Conditions { get; init; }

    internal static StreamInfo From(in pms_stream_info info) => new()
    {
        FormatVersion = (int)info.format_version,
        Uuid = new Guid((ReadOnlySpan<byte>)info.uuid, bigEndian: true),
        Size = (long)info.stream_bytes,
        FileSize = (long)info.file_bytes,
        FreeBytes = (long)info.free_bytes,
        LargestFreeBytes = (long)info.largest_free_bytes,
        Created = DateTimeOffset.UnixEpoch.AddSeconds(Math.Min(info.created_unix_seconds, MaxUnixSeconds)),
        NextTimestamp = info.next_timestamp,
        CompatibleFeatures = info.compatible_features,
        IncompatibleFeatures = info.incompatible_features,
        ReadOnlyFeatures = info.read_only_features,
        BlockSize = (int)info.block_bytes,
        RegionCount = (int)info.region_count,
        Medium = (MediumKind)info.medium_kind,
        MediumDescription = NativeText.Decode(info.medium_text),
        FlushPolicy = (FlushPolicy)info.flush_policy,
        IsReadOnly = info.read_only != 0,
        Conditions = (StreamConditions)info.state,
    };

    // The end of the year 9999.
    private const ulong MaxUnixSeconds = 253_402_300_799;
}
