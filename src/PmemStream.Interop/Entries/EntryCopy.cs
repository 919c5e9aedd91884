namespace PmemStream.Interop;

/// <summary>One entry, copied out of the stream: it may be kept, and passed across an await.</summary>
/// <param name="Position">Where the entry is. Names it for ever; store it to resume behind it.</param>
/// <param name="Data">The bytes that were appended; an array of this entry's own.</param>
public readonly record struct EntryCopy(EntryPosition Position, ReadOnlyMemory<byte> Data)
{
    /// <summary>
    /// The entry's place in the order of the whole stream. A logical clock, never the time of day: it grows with every entry
    /// and has gaps.
    /// </summary>
    public ulong Timestamp => Position.Timestamp;
}
