namespace PmemStream.Interop;

/// <summary>One visible entry, in place: nothing was copied.</summary>
/// <remarks>
/// The memory is the stream's own. It is valid until the enumerator that gave it is disposed (that is the end of the
/// <c>foreach</c>); copy what is needed longer. A span that is kept beyond that does no harm to the process: it reads the
/// same bytes, or later ones, or zeros when the stream was disposed.
/// </remarks>
public readonly ref struct StreamEntry
{
    internal StreamEntry(ReadOnlySpan<byte> data, EntryPosition position)
    {
        Data = data;
        Position = position;
    }

    /// <summary>The bytes that were appended, over the mapping of the stream.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Where the entry is. Names it for ever; store it to resume behind it.</summary>
    public EntryPosition Position { get; }

    /// <summary>
    /// The entry's place in the order of the whole stream. A logical clock, never the time of day: it grows with every entry
    /// and has gaps.
    /// </summary>
    public ulong Timestamp => Position.Timestamp;

    /// <summary>Copies the bytes.</summary>
    /// <param name="destination">Where to; at least as long as <see cref="Data"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short; nothing was copied.</exception>
    public void CopyTo(Span<byte> destination) => Data.CopyTo(destination);
}
