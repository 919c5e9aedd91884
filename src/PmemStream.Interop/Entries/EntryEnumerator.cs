using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>Goes through the entries of a region, in the order of the log. Allocates nothing per entry.</summary>
/// <remarks>
/// Belongs to the thread that made it (a ref struct cannot leave its stack). A copy is the same enumerator: moving or
/// disposing one moves or disposes the other. While it is open the mapping of the stream stays, whatever happens to the
/// objects.
/// </remarks>
public unsafe ref struct EntryEnumerator
{
    // The core allows one thread at a time on a cursor: a ref struct cannot be had by two. Copies share the handle, whose
    // pointer is zero once one of them was disposed. An enumerator that is not disposed is found by the handle's finalizer.
    private readonly StreamRegion _region;
    private readonly CursorHandle? _cursor;
    private EntryPlace _at;

    internal EntryEnumerator(StreamRegion region, CursorHandle cursor)
    {
        _region = region;
        _cursor = cursor;
    }

    /// <summary>
    /// The entry that <see cref="MoveNext"/> has reached. Before the first call, and when there are no more, an empty one.
    /// </summary>
    public readonly StreamEntry Current => new(_region, _at.Data, _at.Position);

    /// <summary>Moves to the next visible entry. Skipped ones are passed over.</summary>
    /// <returns>False if there is none now; a later call may find new ones.</returns>
    /// <exception cref="StreamCorruptException">
    /// The next entry is damaged, at <see cref="PmemStreamException.Position"/>. The enumerator stays before it.
    /// </exception>
    /// <exception cref="StaleRegionException">A writer in another process cleared or freed the region, which was not pinned.</exception>
    /// <exception cref="ObjectDisposedException">The enumerator or the stream was disposed.</exception>
    public bool MoveNext()
    {
        CursorHandle cursor = _cursor ?? throw Errors.EnumeratorDisposed(nameof(EntryEnumerator));
        return cursor.MoveNext(_region, out _at);
    }

    /// <summary>Ends the enumeration. May be called again, also on a copy.</summary>
    public readonly void Dispose() => _cursor?.Dispose();

    /// <summary>Makes a lease of the current entry. It takes the cursor over: this enumerator is not used any more.</summary>
    internal readonly EntryLease IntoLease() => new(_region, _cursor!, _at);
}
