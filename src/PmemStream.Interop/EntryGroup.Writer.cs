using System.Buffers;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Writing an entry through <see cref="IBufferWriter{T}"/>.</content>
public sealed unsafe partial class EntryGroup : IBufferWriter<byte>
{
    // Where the next entry goes; null when the core has not said yet. All of the group's memory begins at `_base`.
    private byte* _data;
    private byte* _base;
    private int _baseLength;
    private int _written;

    // One for all calls of GetMemory, made at the first. It keeps the group, and so the mapping, alive.
    private GroupMemory? _memory;

    /// <summary>Bytes of the next entry that were advanced over so far.</summary>
    public int WrittenCount => _written;

    /// <summary>Says that the next bytes of the entry were written.</summary>
    /// <param name="count">How many of what <see cref="GetSpan"/> or <see cref="GetMemory"/> returned.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="count"/> is negative, or more than is left.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// One more entry is not left, or the group was published or abandoned.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The group, or the stream, was disposed.</exception>
    public void Advance(int count)
    {
        GroupHandle handle = Enter();
        try
        {
            Prepare(handle, 0);
            Errors.CheckGroupAdvance(count, LeftBytes, nameof(count));
            _written += count;
        }
        finally
        {
            Monitor.Exit(handle);
        }
    }

    /// <summary>Memory for the next bytes of the entry: all that is left of the group. It holds old bytes at first.</summary>
    /// <param name="sizeHint">
    /// Bytes that must be there; 0: at least one. Serialisers ask for more than they write (<c>Utf8JsonWriter</c> for 256
    /// bytes at first, later for 4096), so begin the group for more than its entries will have.
    /// </param>
    /// <returns>
    /// The memory. Not to be used after the end: every use of it but the spans taken before throws
    /// <see cref="ObjectDisposedException"/> then.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sizeHint"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">
    /// So many bytes, or one more entry, are not left; or the group was published or abandoned.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The group, or the stream, was disposed.</exception>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        GroupHandle handle = Enter();
        try
        {
            Prepare(handle, Math.Max(sizeHint, 1));
            _memory ??= new GroupMemory(this);
            return _memory.From((int)(_data + _written - _base), LeftBytes);
        }
        finally
        {
            Monitor.Exit(handle);
        }
    }

    /// <inheritdoc cref="GetMemory"/>
    /// <returns>The memory. Not to be written to after the end.</returns>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        GroupHandle handle = Enter();
        try
        {
            Prepare(handle, Math.Max(sizeHint, 1));
            return new Span<byte>(_data + _written, LeftBytes);
        }
        finally
        {
            Monitor.Exit(handle);
        }
    }

    // The core has room for MaxEntries entries of MaxBytes in all, however they are divided. What padding leaves is not used,
    // so that it does not depend on their sizes how much there is.
    private int LeftBytes =>
        (int)Math.Min(MaxBytes - _completedBytes, NativeMethods.PMS_ENTRY_BYTES_MAX) - _written;

    // Room for so many more bytes of the next entry, or an exception.
    private void Prepare(GroupHandle handle, int bytes)
    {
        if (_region.Stream.IsDisposed)
        {
            throw Errors.Disposed(_region.Stream.Path);
        }

        if (Count == MaxEntries)
        {
            throw Errors.GroupHasAllEntries(MaxEntries);
        }

        if (bytes > LeftBytes)
        {
            throw Errors.GroupTooSmall(bytes, LeftBytes, MaxBytes);
        }

        if (_data is null)
        {
            pms_error error;
            void* data;
            ulong length;
            ThrowIfFailed(NativeMethods.pms_group_next((pms_group*)handle.Pointer, &data, &length, &error), &error);
            _data = (byte*)data;
            if (_base is null)
            {
                _base = _data;
                _baseLength = (int)length;
            }
        }
    }

    private void Complete(GroupHandle handle)
    {
        pms_error error;
        ThrowIfFailed(NativeMethods.pms_group_add((pms_group*)handle.Pointer, (ulong)_written, &error), &error);
        _completedBytes += _written;
        Count++;
        _written = 0;
        _data = null;
    }

    /// <summary>
    /// The memory of a group as long as that is open. A span or pin that was taken before cannot be taken back.
    /// </summary>
    private sealed class GroupMemory(EntryGroup group) : MemoryManager<byte>
    {
        public Memory<byte> From(int start, int length) => CreateMemory(start, length);

        public override Span<byte> GetSpan()
        {
            CheckOpen();
            return new Span<byte>(group._base, group._baseLength);
        }

        // It is the mapping, which does not move: the handle only keeps the group from being collected.
        public override MemoryHandle Pin(int elementIndex = 0)
        {
            CheckOpen();
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)group._baseLength, nameof(elementIndex));
            return new MemoryHandle(group._base + elementIndex, pinnable: this);
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }

        private void CheckOpen()
        {
            if (Volatile.Read(ref group._handle) is null)
            {
                throw Errors.GroupMemoryEnded();
            }

            if (group._region.Stream.IsDisposed)
            {
                throw Errors.Disposed(group._region.Stream.Path);
            }
        }
    }
}
