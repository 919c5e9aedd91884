using System.Buffers;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Appending and reserving.</content>
public sealed unsafe partial class StreamRegion
{
    /// <summary>
    /// Appends one entry. Atomic: after any crash it is there whole or not at all. Durable on return, with everything before
    /// it in the region; visible on return unless an earlier reservation is still open, then when that ends.
    /// </summary>
    /// <param name="data">
    /// The entry: 0 bytes to 1 GiB. Changing it meanwhile from another thread damages this entry alone.
    /// </param>
    /// <returns>Where it is. Names the entry for ever.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="data"/> has more than 1 GiB.</exception>
    /// <exception cref="RegionFullException">It does not fit into what is left of the region.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="StreamCorruptException">The region is damaged and takes no entries.</exception>
    /// <exception cref="StreamPoisonedException">Making data durable failed earlier.</exception>
    /// <exception cref="StreamStorageException">
    /// Making it durable failed: it may or may not be there when the stream is opened again.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryPosition Append(ReadOnlySpan<byte> data)
    {
        pms_error error;
        int status = AppendCore(data, out EntryPosition position, &error);
        return status == 0 ? position : throw Failures.From(status, &error, Subject, nameof(data));
    }

    /// <summary>As <see cref="Append(ReadOnlySpan{byte})"/>, but says whether there was room.</summary>
    /// <param name="data">The entry: 0 bytes to 1 GiB.</param>
    /// <param name="at">Where it is; the default value if there was no room.</param>
    /// <returns>False only if it does not fit into what is left of the region; nothing was changed then.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="data"/> has more than 1 GiB.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>, except a full region.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public bool TryAppend(ReadOnlySpan<byte> data, out EntryPosition at)
    {
        pms_error error;
        int status = AppendCore(data, out at, &error);
        return status switch
        {
            (int)pms_status.PMS_OK => true,
            (int)pms_status.PMS_E_REGION_FULL => false,
            _ => throw Failures.From(status, &error, Subject, nameof(data)),
        };
    }

    /// <summary>
    /// Appends one entry that is written in place by a delegate: no buffer, no copy. Meanwhile the space is reserved, so
    /// what others append becomes visible only after it. If the delegate throws, nothing is appended. Durable and visible on
    /// return as with <see cref="Append(ReadOnlySpan{byte})"/>.
    /// </summary>
    /// <typeparam name="TState">What the delegate needs.</typeparam>
    /// <param name="size">Size of the entry in bytes: 0 to 1 GiB.</param>
    /// <param name="state">Passed to the delegate, so that it needs no closure.</param>
    /// <param name="fill">
    /// Writes all of the entry. The memory holds old bytes at first; it must not be written to after the return.
    /// </param>
    /// <returns>Where it is.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="fill"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is negative or above 1 GiB.</exception>
    /// <exception cref="RegionFullException">It does not fit into what is left of the region.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed; nothing was appended.</exception>
    public EntryPosition Append<TState>(int size, TState state, SpanAction<byte, TState> fill)
#if NET9_0_OR_GREATER
        where TState : allows ref struct
#endif
    {
        Errors.CheckEntrySize(size, nameof(size));
        ArgumentNullException.ThrowIfNull(fill);
        pms_error error;
        int status = ReserveCore(
            size, out pms_reservation* reservation, out void* data, out EntryPosition position, &error);
        if (status != 0)
        {
            throw Failures.From(status, &error, Subject, nameof(size));
        }

        try
        {
            fill(new Span<byte>(data, size), state);
            Publish(reservation, size);
        }
        finally
        {
            // Abandons it if it was not published.
            NativeMethods.pms_reservation_release(reservation);
            _stream.Waits.Tell();
        }

        return position;
    }

    /// <summary>
    /// Takes space for one entry, to be written in place and then published. What others append later does not wait for it
    /// and is durable at once, but becomes visible only when this reservation has ended. After a crash an open one is as if
    /// it had been abandoned.
    /// </summary>
    /// <param name="size">Bytes to reserve: 0 to 1 GiB. Fewer may be published.</param>
    /// <returns>The reservation; the caller publishes it, or disposes it, which abandons it.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is negative or above 1 GiB.</exception>
    /// <exception cref="RegionFullException">It does not fit into what is left of the region.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryReservation Reserve(int size)
    {
        Errors.CheckEntrySize(size, nameof(size));
        pms_error error;
        int status = ReserveCore(size, out EntryReservation? reservation, &error);
        return status == 0 ? reservation! : throw Failures.From(status, &error, Subject, nameof(size));
    }

    /// <summary>
    /// Abandons an open reservation by its position (<see cref="RegionInfo.OldestReservation"/>), for one whose owner is
    /// lost: it would hide every later entry. The owner must not write into its memory any more; publishing it will fail.
    /// </summary>
    /// <param name="at">The position of the reservation.</param>
    /// <exception cref="EntryNotFoundException">No open reservation is there.</exception>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public void AbandonReservation(EntryPosition at)
    {
        pms_error error;
        pms_position position = ToNative(at);
        int status = NativeMethods.pms_region_abandon(Pointer, &position, &error);
        _stream.Waits.Tell();
        GC.KeepAlive(this);
        ThrowIfFailed(status, &error, at);
    }

    /// <summary>As <see cref="Reserve"/>, of a size that is good, but null if there is no room.</summary>
    internal EntryReservation? TryReserve(int size)
    {
        pms_error error;
        int status = ReserveCore(size, out EntryReservation? reservation, &error);
        return status is (int)pms_status.PMS_OK or (int)pms_status.PMS_E_REGION_FULL
            ? reservation
            : throw Failures.From(status, &error, Subject, nameof(size));
    }

    /// <summary>Publishes; the caller owns the reservation, still has to release it, and keeps nothing else alive.</summary>
    internal void Publish(pms_reservation* reservation, int bytes)
    {
        pms_error error;
        int status = NativeMethods.pms_reservation_publish(reservation, (ulong)bytes, null, &error);
        GC.KeepAlive(this);
        ThrowIfFailed(status, &error);
    }

    private static pms_position ToNative(EntryPosition position) => new()
    {
        // A negative offset becomes one that lies behind every stream.
        offset = (ulong)position.Offset,
        timestamp = position.Timestamp,
    };

    private int AppendCore(ReadOnlySpan<byte> data, out EntryPosition position, pms_error* error)
    {
        Errors.CheckEntrySize(data.Length, nameof(data));
        pms_position native;
        int status;
        fixed (byte* bytes = data)
        {
            status = NativeMethods.pms_region_append(Pointer, bytes, (ulong)data.Length, &native, error);
        }

        _stream.Waits.Tell();
        GC.KeepAlive(this);
        position = status == 0 ? new EntryPosition((long)native.offset, native.timestamp) : default;
        return status;
    }

    private int ReserveCore(int size, out EntryReservation? reservation, pms_error* error)
    {
        ReservationHandle handle = ReservationHandle.Rent();
        reservation = null;
        try
        {
            int status = ReserveCore(
                size, out pms_reservation* native, out void* data, out EntryPosition position, error);
            if (status == 0)
            {
                handle.Own((nint)native);
                reservation = new EntryReservation(this, handle, data, size, position);
            }

            return status;
        }
        finally
        {
            if (reservation is null)
            {
                handle.Return();
            }
        }
    }

    private int ReserveCore(
        int size, out pms_reservation* reservation, out void* data, out EntryPosition position, pms_error* error)
    {
        pms_position at = default;
        pms_reservation* native = null;
        void* memory = null;
        int status = NativeMethods.pms_region_reserve(Pointer, (ulong)size, &native, &memory, &at, error);
        GC.KeepAlive(this);
        reservation = native;
        data = memory;
        position = new EntryPosition((long)at.offset, at.timestamp);
        return status;
    }
}
