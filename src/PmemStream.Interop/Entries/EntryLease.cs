using System.Buffers;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>
/// One entry, in place, for as long as it is needed: beyond the loop that found it, in another thread, across an
/// <c>await</c>. Nothing is copied.
/// </summary>
/// <remarks>
/// <para>
/// Until it is disposed, the region can be neither cleared nor freed by this process (<see cref="RegionBusyException"/>), nor by
/// another one if the lease is pinned (<see cref="StreamRegion.Lease"/>), and the memory stays what it is, also when the stream is disposed. So dispose it soon. One that is forgotten is released when
/// the garbage collector finds it, and the memory too, which may take long.
/// </para>
/// <para>
/// Thread-safe. A pin (<see cref="ReadOnlyMemory{T}.Pin"/>) that is open when the lease is disposed keeps the memory until it
/// is disposed, too; a span that was taken before does not.
/// </para>
/// <para>
/// The public <see cref="Memory"/> is for reading. That of <see cref="IMemoryOwner{T}"/> is the same and looks writable, for
/// those who take an owner: writing to it damages the log, and where the stream is open for reading only ends the process.
/// </para>
/// <para>Costs a cursor of the core: it is allocated, and the entry is verified once more, each time.</para>
/// </remarks>
public sealed class EntryLease : IMemoryOwner<byte>
{
    private readonly LeasedMemory _memory;

    internal unsafe EntryLease(StreamRegion region, CursorHandle cursor, in EntryPlace at)
    {
        _memory = new LeasedMemory(region, cursor, at.Pointer, at.Length);
        Length = at.Length;
        Position = at.Position;
    }

    /// <summary>Size of the entry in bytes.</summary>
    public int Length { get; }

    /// <summary>Where the entry is.</summary>
    public EntryPosition Position { get; }

    /// <summary>The bytes of the entry, over the mapping of the stream.</summary>
    /// <exception cref="ObjectDisposedException">
    /// The lease was disposed. A memory that was taken before throws the same when it is used.
    /// </exception>
    public ReadOnlyMemory<byte> Memory => _memory.Whole;

    /// <summary>The bytes of the entry. Valid until the lease is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public ReadOnlySpan<byte> Span => _memory.GetSpan();

    /// <inheritdoc/>
    Memory<byte> IMemoryOwner<byte>.Memory => _memory.Whole;

    /// <summary>Gives the memory back to the stream. May be called again.</summary>
    public void Dispose() => _memory.Release();

    /// <summary>
    /// What holds the cursor. A <see cref="Memory{T}"/> refers to it, so the entry stays as long as somebody has one, or the
    /// lease; then the finalizer of the handle closes the cursor.
    /// </summary>
    private sealed unsafe class LeasedMemory(StreamRegion region, CursorHandle cursor, void* data, int length)
        : MemoryManager<byte>
    {
        private volatile bool _disposed;

        public Memory<byte> Whole
        {
            get
            {
                CheckOpen();
                return CreateMemory(length);
            }
        }

        public void Release()
        {
            _disposed = true;
            cursor.Dispose();
        }

        public override Span<byte> GetSpan()
        {
            CheckOpen();
            return new Span<byte>(data, length);
        }

        // Counted by the handle: the cursor is closed by whichever comes last, Dispose or Unpin.
        public override MemoryHandle Pin(int elementIndex = 0)
        {
            CheckOpen();
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
            bool added = false;
            try
            {
                cursor.DangerousAddRef(ref added);
            }
            catch (ObjectDisposedException)
            {
                throw Errors.LeaseDisposed();
            }

            return new MemoryHandle((byte*)data + elementIndex, pinnable: this);
        }

        public override void Unpin() => cursor.DangerousRelease();

        protected override void Dispose(bool disposing)
        {
        }

        private void CheckOpen()
        {
            if (_disposed)
            {
                throw Errors.LeaseDisposed();
            }

            // As an enumerator does: nobody closes the stream by losing it while there is a lease.
            GC.KeepAlive(region);
        }
    }
}
