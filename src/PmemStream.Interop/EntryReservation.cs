using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>
/// Space in a region that is written in place. Publishing makes it an entry; everything else (abandoning, disposing,
/// forgetting it, a crash) ends it without one, and readers pass over the space.
/// </summary>
/// <remarks>
/// <para>
/// An open reservation hides every entry behind it until it ends, so keep it open for a short time. What is behind it is
/// durable all the same. One that is forgotten is abandoned when the garbage collector finds it, which may take long.
/// </para>
/// <para>
/// It belongs to one thread at a time. Calls from several do no harm: exactly one of them ends the reservation, the others
/// are told so. But writing through a <see cref="Span"/> that was taken before the end is the caller's mistake, and damages
/// the entry, or the one that is there later: do not keep spans.
/// </para>
/// <para>
/// It is also an <see cref="System.Buffers.IBufferWriter{T}"/>, so that serialisers write straight into the stream: see
/// <see cref="GetMemory"/>.
/// </para>
/// </remarks>
public sealed unsafe partial class EntryReservation : IDisposable
{
    // Only the handle is pooled, not this object: a reference to it that somebody keeps beyond the end must never reach the
    // reservation of the next user. Who takes the handle out of `_handle`, in one atomic step, is the only one that calls
    // the core with it: of racing Publish, Abandon and Dispose one wins, and no call runs on a released pointer. When this
    // object is lost with the handle in it, the handle's finalizer abandons the reservation.
    private readonly StreamRegion _region;
    private readonly void* _data;
    private ReservationHandle? _handle;
    private int _end;

    internal EntryReservation(StreamRegion region, ReservationHandle handle, void* data, int length, EntryPosition position)
    {
        _region = region;
        _handle = handle;
        _data = data;
        Length = length;
        Position = position;
    }

    /// <summary>Bytes that were reserved.</summary>
    public int Length { get; }

    /// <summary>Where the entry will be.</summary>
    public EntryPosition Position { get; }

    /// <summary>
    /// The memory to write into, aligned to 8 bytes. It holds old bytes at first. Take it anew instead of keeping it: writing
    /// into it after the end damages the log.
    /// </summary>
    /// <exception cref="InvalidOperationException">The reservation was published or abandoned.</exception>
    /// <exception cref="ObjectDisposedException">The reservation, or the stream, was disposed.</exception>
    public Span<byte> Span
    {
        get
        {
            CheckOpen();
            return new Span<byte>(_data, Length);
        }
    }

    /// <summary>
    /// Publishes what was written: all reserved bytes, or, if <see cref="GetSpan"/>, <see cref="GetMemory"/> or
    /// <see cref="Advance"/> was ever called, the first <see cref="WrittenCount"/> of them. Where a serialiser may have had
    /// nothing to write, and so called none of these, say <c>Publish(WrittenCount)</c>.
    /// </summary>
    /// <inheritdoc cref="Publish(int)"/>
    public EntryPosition Publish() => Publish(_written == NotAWriter ? Length : _written);

    /// <summary>
    /// Makes the first bytes of the reservation an entry. Durable on return, with everything before it in the region; visible
    /// on return unless an earlier reservation is still open. Ends the reservation, also when it fails.
    /// </summary>
    /// <param name="bytesWritten">
    /// Size of the entry: 0 to <see cref="Length"/>. The space of the others is not given back.
    /// </param>
    /// <returns>Where the entry is.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="bytesWritten"/> is negative or more than was reserved; the reservation is still open.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The reservation was published or abandoned (also by <see cref="StreamRegion.AbandonReservation"/>).
    /// </exception>
    /// <exception cref="StreamStorageException">
    /// Making it durable failed, now or earlier: it may or may not be there when the stream is opened again.
    /// </exception>
    /// <exception cref="ObjectDisposedException">
    /// The reservation was disposed, or the stream: then the reservation was abandoned.
    /// </exception>
    public EntryPosition Publish(int bytesWritten)
    {
        Errors.CheckPublishedSize(bytesWritten, Length, nameof(bytesWritten));
        ReservationHandle handle = TakeHandle(ReservationEnd.Published) ?? throw Ended();
        var reservation = (pms_reservation*)handle.Take();
        try
        {
            _region.Publish(reservation, bytesWritten);
        }
        finally
        {
            NativeMethods.pms_reservation_release(reservation);
            handle.Return();
            _region.Stream.Waits.Tell();
        }

        return Position;
    }

    /// <summary>Ends the reservation without an entry. Waits for nobody.</summary>
    /// <exception cref="InvalidOperationException">The reservation was published or abandoned.</exception>
    /// <exception cref="ObjectDisposedException">The reservation was disposed.</exception>
    public void Abandon() => Release(TakeHandle(ReservationEnd.Abandoned) ?? throw Ended());

    /// <summary>Abandons the reservation if it is still open. May be called again.</summary>
    public void Dispose()
    {
        if (TakeHandle(ReservationEnd.Disposed) is { } handle)
        {
            Release(handle);
        }

        Volatile.Write(ref _end, (int)ReservationEnd.Disposed);
    }

    private void Release(ReservationHandle handle)
    {
        NativeMethods.pms_reservation_release((pms_reservation*)handle.Take());
        handle.Return();
        _region.Stream.Waits.Tell();
    }

    private ReservationHandle? TakeHandle(ReservationEnd end)
    {
        ReservationHandle? handle = Interlocked.Exchange(ref _handle, null);
        if (handle is not null)
        {
            Interlocked.CompareExchange(ref _end, (int)end, (int)ReservationEnd.None);
        }

        return handle;
    }

    private void CheckOpen()
    {
        if (Volatile.Read(ref _handle) is null)
        {
            throw Ended();
        }

        if (_region.Stream.IsDisposed)
        {
            throw Errors.Disposed(_region.Stream.Path);
        }
    }

    private InvalidOperationException Ended() => Errors.ReservationEnded((ReservationEnd)Volatile.Read(ref _end));
}

/// <summary>How a reservation ended.</summary>
internal enum ReservationEnd
{
    /// <summary>It is open.</summary>
    None = 0,

    /// <summary>It was published, or publishing it failed.</summary>
    Published = 1,

    /// <summary>It was abandoned.</summary>
    Abandoned = 2,

    /// <summary>It was disposed.</summary>
    Disposed = 3,
}
