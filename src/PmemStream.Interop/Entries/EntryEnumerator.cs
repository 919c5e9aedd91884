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
    private readonly CursorHandle _cursor;
    private void* _data;
    private int _length;
    private EntryPosition _position;

    internal EntryEnumerator(StreamRegion region, CursorHandle cursor)
    {
        _region = region;
        _cursor = cursor;
    }

    /// <summary>
    /// The entry that <see cref="MoveNext"/> has reached. Before the first call, and when there are no more, an empty one.
    /// </summary>
    public readonly StreamEntry Current => new(_region, new ReadOnlySpan<byte>(_data, _length), _position);

    /// <summary>Moves to the next visible entry. Skipped ones are passed over.</summary>
    /// <returns>False if there is none now; a later call may find new ones.</returns>
    /// <exception cref="StreamCorruptException">
    /// The next entry is damaged, at <see cref="PmemStreamException.Position"/>. The enumerator stays before it.
    /// </exception>
    /// <exception cref="StaleRegionException">A writer in another process cleared or freed the region.</exception>
    /// <exception cref="ObjectDisposedException">The enumerator or the stream was disposed.</exception>
    public bool MoveNext()
    {
        nint cursor = _cursor is null ? 0 : _cursor.Pointer;
        if (cursor == 0)
        {
            throw Errors.EnumeratorDisposed(nameof(EntryEnumerator));
        }

        pms_error error;
        pms_entry entry;
        int status = NativeMethods.pms_cursor_next((pms_cursor*)cursor, &entry, &error);
        GC.KeepAlive(_cursor);
        GC.KeepAlive(_region);
        if (status != 0)
        {
            return StopAt(status, &error);
        }

        _data = entry.data;
        _length = checked((int)entry.bytes);
        _position = new EntryPosition((long)entry.position.offset, entry.position.timestamp);
        return true;
    }

    /// <summary>Ends the enumeration. May be called again, also on a copy.</summary>
    public readonly void Dispose() => _cursor?.Dispose();

    /// <summary>Makes a lease of the current entry. It takes the cursor over: this enumerator is not used any more.</summary>
    internal readonly EntryLease IntoLease() => new(_region, _cursor, _data, _length, _position);

    private bool StopAt(int status, pms_error* error)
    {
        _data = null;
        _length = 0;
        _position = default;
        return status == (int)pms_status.PMS_E_END ? false : throw Failures.From(status, error, _region.Subject);
    }
}
