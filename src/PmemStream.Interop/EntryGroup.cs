using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>
/// Entries of a region that are written in place, one after the other, and become visible and durable as one.
/// <see cref="Publish()"/> appends them all; everything else (abandoning, disposing, forgetting it, a crash) appends none,
/// and readers pass over the space.
/// </summary>
/// <remarks>
/// <para>
/// An entry is written through <see cref="GetSpan"/> or <see cref="GetMemory"/> and <see cref="Advance"/>, as by any
/// serialiser that takes an <see cref="System.Buffers.IBufferWriter{T}"/>, and ends with <see cref="CompleteEntry"/>; or it
/// is copied by <see cref="Add"/>.
/// </para>
/// <para>
/// An open group hides every entry behind it until it ends, so keep it open for a short time. What is behind it is durable
/// all the same. When something behind it has been made durable by the time it is published, its entries are copied to the
/// end of the region, which takes their space there once more. One that is forgotten is abandoned when the garbage collector
/// finds it, which may take long.
/// </para>
/// <para>
/// It belongs to one thread at a time. Calls from several do no harm: they come one after the other, exactly one of them
/// ends the group, and the others are told so. But writing through a span that was taken before the end is the caller's
/// mistake, and damages the entries, or those that are there later: do not keep spans.
/// </para>
/// </remarks>
public sealed unsafe partial class EntryGroup : IDisposable
{
    // As in EntryReservation: only the handle is pooled, and `_handle` is null from the end on. Here several calls come before
    // the end, so each holds the handle's lock while it is in the core, and has looked behind the lock whether the handle is
    // still ours. When this object is lost with the handle in it, the handle's finalizer abandons the group.
    private readonly StreamRegion _region;
    private GroupHandle? _handle;
    private int _end;
    private long _completedBytes;

    internal EntryGroup(StreamRegion region, GroupHandle handle, int maxEntries, long maxBytes)
    {
        _region = region;
        _handle = handle;
        MaxEntries = maxEntries;
        MaxBytes = maxBytes;
    }

    /// <summary>How many entries it may have.</summary>
    public int MaxEntries { get; }

    /// <summary>How many bytes its entries may have in all.</summary>
    public long MaxBytes { get; }

    /// <summary>Entries that were completed so far.</summary>
    public int Count { get; private set; }

    /// <summary>Copies one entry into the group.</summary>
    /// <param name="data">The entry: 0 bytes up to what is left of <see cref="MaxBytes"/>.</param>
    /// <exception cref="InvalidOperationException">
    /// As many bytes, or one more entry, are not left; or an entry was begun and not completed; the group is still open. Or it
    /// was published or abandoned.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The group, or the stream, was disposed.</exception>
    public void Add(ReadOnlySpan<byte> data)
    {
        GroupHandle handle = Enter();
        try
        {
            CheckCompleted();
            Prepare(handle, data.Length);
            data.CopyTo(new Span<byte>(_data, data.Length));
            _written = data.Length;
            Complete(handle);
        }
        finally
        {
            Monitor.Exit(handle);
        }
    }

    /// <summary>
    /// Makes the bytes that were advanced over since the last one the next entry of the group; none: an empty entry. It is not
    /// visible and not durable before the group is published.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// One more entry is not left, or the group was published or abandoned.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The group, or the stream, was disposed.</exception>
    public void CompleteEntry()
    {
        GroupHandle handle = Enter();
        try
        {
            Prepare(handle, 0);
            Complete(handle);
        }
        finally
        {
            Monitor.Exit(handle);
        }
    }

    /// <inheritdoc cref="Publish(Span{EntryPosition})"/>
    /// <returns>Where the entries are; none if the group has none.</returns>
    public EntryPosition[] Publish()
    {
        GroupHandle handle = Enter();
        try
        {
            var positions = new EntryPosition[Count];
            PublishEntered(handle, positions);
            return positions;
        }
        finally
        {
            Monitor.Exit(handle);
        }
    }

    /// <summary>
    /// Appends all entries of the group as one: after any crash all of them are there, or none. Durable on return, with
    /// everything before them in the region; visible on return, all from one moment on, unless an earlier reservation is still
    /// open. A group without entries is abandoned. Ends the group, also when it fails, except where it is said.
    /// </summary>
    /// <param name="positions">
    /// Filled with the position of each entry: at least <see cref="Count"/> long, or empty.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="positions"/> is too short; the group is still open.</exception>
    /// <exception cref="RegionFullException">
    /// Something behind the group was made durable meanwhile, so its entries have to be copied to the end of the region, and
    /// do not fit there. None of them was appended; the group is still open, and can only be abandoned, unless the region gets
    /// room, which it does not before it is cleared.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// An entry was begun and not completed: the group is still open. Or it was published or abandoned (also by
    /// <see cref="StreamRegion.AbandonReservation"/>).
    /// </exception>
    /// <exception cref="StreamStorageException">
    /// Making it durable failed, now or earlier: all entries or none may be there when the stream is opened again.
    /// </exception>
    /// <exception cref="ObjectDisposedException">
    /// The group was disposed, or the stream: then the group was abandoned.
    /// </exception>
    public void Publish(Span<EntryPosition> positions)
    {
        GroupHandle handle = Enter();
        try
        {
            if (!positions.IsEmpty)
            {
                Errors.CheckPositions(Count, positions.Length, nameof(positions));
            }

            PublishEntered(handle, positions);
        }
        finally
        {
            Monitor.Exit(handle);
        }
    }

    /// <summary>Ends the group without entries. Waits for nobody.</summary>
    /// <exception cref="InvalidOperationException">The group was published or abandoned.</exception>
    /// <exception cref="ObjectDisposedException">The group was disposed.</exception>
    public void Abandon()
    {
        GroupHandle handle = Enter();
        try
        {
            End(handle, ReservationEnd.Abandoned);
        }
        finally
        {
            Monitor.Exit(handle);
        }
    }

    /// <summary>Abandons the group if it is still open. May be called again.</summary>
    public void Dispose()
    {
        if (TryEnter() is { } handle)
        {
            try
            {
                End(handle, ReservationEnd.Disposed);
            }
            finally
            {
                Monitor.Exit(handle);
            }
        }

        Volatile.Write(ref _end, (int)ReservationEnd.Disposed);
    }

    private void PublishEntered(GroupHandle handle, Span<EntryPosition> positions)
    {
        CheckCompleted();
        pms_error error;
        int status;
        fixed (EntryPosition* at = positions)
        {
            // One layout: EntryPosition is what the core calls pms_position.
            status = NativeMethods.pms_group_publish((pms_group*)handle.Pointer, (pms_position*)at, &error);
        }

        if (status != (int)pms_status.PMS_E_REGION_FULL)
        {
            End(handle, status == (int)pms_status.PMS_E_ENDED ? ReservationEnd.Abandoned : ReservationEnd.Published);
        }

        ThrowIfFailed(status, &error);

        // To abandon an empty one needs no stream.
        if (Count == 0 && _region.Stream.IsDisposed)
        {
            throw Errors.Disposed(_region.Stream.Path);
        }
    }

    // The lock of the handle, which is ours as long as it is held.
    private GroupHandle Enter() => TryEnter() ?? throw Errors.GroupEnded((ReservationEnd)Volatile.Read(ref _end));

    private GroupHandle? TryEnter()
    {
        if (Volatile.Read(ref _handle) is not { } handle)
        {
            return null;
        }

        Monitor.Enter(handle);
        if (ReferenceEquals(Volatile.Read(ref _handle), handle))
        {
            return handle;
        }

        // It ended while we waited, and the handle may be that of another group by now.
        Monitor.Exit(handle);
        return null;
    }

    private void End(GroupHandle handle, ReservationEnd end)
    {
        Volatile.Write(ref _end, (int)end);
        Volatile.Write(ref _handle, null);
        NativeMethods.pms_group_release((pms_group*)handle.Take());
        handle.Return();
        _region.Stream.Waits.Tell();
        GC.KeepAlive(_region);
    }

    private void CheckCompleted()
    {
        if (_written > 0)
        {
            throw Errors.EntryNotCompleted(_written);
        }
    }

    private void ThrowIfFailed(int status, pms_error* error)
    {
        GC.KeepAlive(_region);
        if (status != 0)
        {
            throw status == (int)pms_status.PMS_E_ENDED
                ? Errors.GroupEnded(ReservationEnd.Abandoned)
                : Failures.From(status, error, _region.Subject);
        }
    }
}
