namespace PmemStream.Interop;

/// <summary>One visible entry, in place: nothing was copied.</summary>
/// <remarks>
/// The memory is the stream's own. It is valid until the enumerator that gave it is disposed (that is the end of the
/// <c>foreach</c>); copy what is needed longer, or <see cref="Lease"/> it. Beside a writer in another process, which may clear
/// the region meanwhile, that goes for a pinned enumeration (<see cref="EntrySequence.Pinned"/>); else copy it, and look
/// with the next call whether it was cleared. A span that is kept beyond that does no harm to the process: it reads the
/// same bytes, or later ones, or zeros when the stream was disposed.
/// </remarks>
public readonly ref struct StreamEntry
{
    private readonly StreamRegion? _region;

    internal StreamEntry(StreamRegion? region, ReadOnlySpan<byte> data, EntryPosition position)
    {
        _region = region;
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

    /// <summary>
    /// Keeps this entry beyond the enumeration, in place. It is verified once more, also where the enumeration verifies
    /// nothing.
    /// </summary>
    /// <param name="pinned">As for <see cref="StreamRegion.Lease"/>, also where the enumeration is pinned.</param>
    /// <returns>The lease; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">The enumerator stands at no entry.</exception>
    /// <exception cref="StreamCorruptException">The entry is damaged.</exception>
    /// <exception cref="StaleRegionException">A writer in another process cleared or freed the region.</exception>
    /// <exception cref="StreamStorageException">It cannot be pinned: see <see cref="EntrySequence.Pinned"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryLease Lease(bool pinned = false) =>
        _region is null || Position.IsDefault ? throw Errors.NothingToLease() : _region.Lease(Position, pinned);
}
