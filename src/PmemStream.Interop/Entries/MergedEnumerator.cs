namespace PmemStream.Interop;

/// <summary>
/// Goes through the entries of all regions, in the order of their timestamps. Allocates nothing per entry.
/// </summary>
/// <remarks>
/// Belongs to the thread that made it (a ref struct cannot leave its stack). A copy is the same enumerator: moving or
/// disposing one moves or disposes the other. While it is open the mapping of the stream stays, whatever happens to the
/// objects.
/// </remarks>
public readonly ref struct MergedEnumerator
{
    private readonly MergedReader? _reader;

    internal MergedEnumerator(MergedReader reader) => _reader = reader;

    /// <summary>
    /// The entry that <see cref="MoveNext"/> has reached. Before the first call, and when there are no more, an empty one.
    /// </summary>
    public MergedEntry Current => _reader is null ? default : _reader.Current;

    /// <summary>Moves to the entry with the next timestamp.</summary>
    /// <returns>
    /// False behind the last entry up to the timestamp that was stable when the enumeration began; for good.
    /// </returns>
    /// <exception cref="StreamCorruptException">
    /// In one of the regions (<see cref="PmemStreamException.RegionName"/>) the next entry is damaged, at
    /// <see cref="PmemStreamException.Position"/>. Its timestamp is not known, so nothing of any region is given out behind
    /// it: the enumerator stays before it.
    /// </exception>
    /// <exception cref="StaleRegionException">A writer in another process cleared or freed one of the regions.</exception>
    /// <exception cref="ObjectDisposedException">The enumerator or the stream was disposed.</exception>
    public bool MoveNext() =>
        _reader is null ? throw Errors.EnumeratorDisposed(nameof(MergedEnumerator)) : _reader.MoveNext();

    /// <summary>Ends the enumeration. May be called again, also on a copy.</summary>
    public void Dispose() => _reader?.Dispose();
}
