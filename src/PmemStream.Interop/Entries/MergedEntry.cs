namespace PmemStream.Interop;

/// <summary>One visible entry of a stream, in place, and the region it is in.</summary>
/// <remarks>The memory is valid as long as that of a <see cref="StreamEntry"/>: until the enumerator is disposed.</remarks>
public readonly ref struct MergedEntry
{
    private readonly StreamRegion? _region;

    internal MergedEntry(StreamRegion? region, StreamEntry entry)
    {
        _region = region;
        Entry = entry;
    }

    /// <summary>The region that the entry is in.</summary>
    /// <exception cref="InvalidOperationException">The enumerator is at no entry.</exception>
    public StreamRegion Region => _region ?? throw Errors.NoCurrentEntry();

    /// <summary>The entry. Empty when the enumerator is at none.</summary>
    public StreamEntry Entry { get; }

    /// <summary>The bytes that were appended, over the mapping of the stream.</summary>
    public ReadOnlySpan<byte> Data => Entry.Data;

    /// <summary>Where the entry is. Names it for ever.</summary>
    public EntryPosition Position => Entry.Position;

    /// <summary>The entry's place in the order of the whole stream: a logical clock, never the time of day.</summary>
    public ulong Timestamp => Entry.Timestamp;
}
