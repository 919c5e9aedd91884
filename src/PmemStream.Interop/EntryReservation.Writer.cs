using System.Buffers;

namespace PmemStream.Interop;

/// <content>Writing through <see cref="IBufferWriter{T}"/>.</content>
public sealed unsafe partial class EntryReservation : IBufferWriter<byte>
{
    private const int NotAWriter = -1;

    // One for all calls of GetMemory, made at the first. It keeps the reservation, and so the mapping, alive.
    private ReservationMemory? _memory;
    private int _written = NotAWriter;

    /// <summary>Bytes that were advanced over so far.</summary>
    public int WrittenCount => Math.Max(_written, 0);

    /// <summary>Says that the next bytes were written.</summary>
    /// <param name="count">How many of what <see cref="GetSpan"/> or <see cref="GetMemory"/> returned.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="count"/> is negative, or more than is left.
    /// </exception>
    /// <exception cref="InvalidOperationException">The reservation was published or abandoned.</exception>
    /// <exception cref="ObjectDisposedException">The reservation, or the stream, was disposed.</exception>
    public void Advance(int count)
    {
        CheckOpen();
        Errors.CheckAdvance(count, Length - WrittenCount, nameof(count));
        _written = WrittenCount + count;
    }

    /// <summary>All of the reserved memory that was not advanced over yet. It holds old bytes at first.</summary>
    /// <param name="sizeHint">
    /// Bytes that must be there; 0: at least one. Serialisers ask for more than they write (<c>Utf8JsonWriter</c> for 256
    /// bytes at first, later for 4096), so reserve more than the entry will have: the rest is not written to, but its space
    /// is not given back.
    /// </param>
    /// <returns>
    /// The memory. Not to be used after the end: every use of it but the spans taken before throws
    /// <see cref="ObjectDisposedException"/> then.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sizeHint"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">
    /// So many bytes are not left, or the reservation was published or abandoned.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The reservation, or the stream, was disposed.</exception>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        int from = Take(sizeHint);
        _memory ??= new ReservationMemory(this);
        return _memory.From(from);
    }

    /// <inheritdoc cref="GetMemory"/>
    /// <returns>The memory. Not to be written to after the end, as <see cref="Span"/>.</returns>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        int from = Take(sizeHint);
        return new Span<byte>((byte*)_data + from, Length - from);
    }

    // Where the bytes that are left begin.
    private int Take(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        CheckOpen();
        int from = WrittenCount;
        _written = from;
        return Math.Max(sizeHint, 1) <= Length - from
            ? from
            : throw Errors.ReservationTooSmall(sizeHint, Length - from, Length);
    }

    /// <summary>
    /// The memory of a reservation as long as that is open. A span or pin that was taken before cannot be taken back.
    /// </summary>
    private sealed class ReservationMemory(EntryReservation reservation) : MemoryManager<byte>
    {
        public Memory<byte> From(int start) => CreateMemory(start, reservation.Length - start);

        public override Span<byte> GetSpan()
        {
            CheckOpen();
            return new Span<byte>(reservation._data, reservation.Length);
        }

        // It is the mapping, which does not move: the handle only keeps the reservation from being collected.
        public override MemoryHandle Pin(int elementIndex = 0)
        {
            CheckOpen();
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)reservation.Length, nameof(elementIndex));
            return new MemoryHandle((byte*)reservation._data + elementIndex, pinnable: this);
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }

        private void CheckOpen()
        {
            if (Volatile.Read(ref reservation._handle) is null)
            {
                throw Errors.ReservationMemoryEnded();
            }

            if (reservation._region.Stream.IsDisposed)
            {
                throw Errors.Disposed(reservation._region.Stream.Path);
            }
        }
    }
}
