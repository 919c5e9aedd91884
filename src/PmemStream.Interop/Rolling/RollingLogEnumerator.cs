namespace PmemStream.Interop;

/// <summary>
/// Goes through the entries of a rolling log, in order, from segment to segment. Allocates nothing per entry.
/// </summary>
/// <remarks>
/// Belongs to the thread that made it (a ref struct cannot leave its stack). A copy is the same enumerator: moving or
/// disposing one moves or disposes the other. The data of an entry is valid until the next <see cref="MoveNext"/>.
/// </remarks>
public ref struct RollingLogEnumerator
{
    private readonly RollingLogCursor? _cursor;
    private StreamEntry _current;

    internal RollingLogEnumerator(RollingLogCursor cursor) => _cursor = cursor;

    /// <summary>
    /// The entry that <see cref="MoveNext"/> has reached. Before the first call, and when there are no more, an empty one.
    /// </summary>
    public readonly StreamEntry Current => _current;

    /// <summary>Moves to the next visible entry. Leaves a segment only when nothing can become visible in it any more.</summary>
    /// <returns>False if there is none now; a later call may find new ones.</returns>
    /// <exception cref="StreamCorruptException">
    /// The next entry is damaged, at <see cref="PmemStreamException.Position"/>. The enumerator stays before it.
    /// </exception>
    /// <exception cref="StaleRegionException">A writer in another process removed what was to be read next.</exception>
    /// <exception cref="ObjectDisposedException">The enumerator or the stream was disposed.</exception>
    public bool MoveNext()
    {
        _current = default;
        return (_cursor ?? throw Errors.EnumeratorDisposed(nameof(RollingLogEnumerator))).MoveNext(out _current);
    }

    /// <summary>Ends the enumeration. May be called again, also on a copy.</summary>
    public readonly void Dispose() => _cursor?.Dispose();
}
