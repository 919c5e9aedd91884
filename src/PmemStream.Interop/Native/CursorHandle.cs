using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PmemStream.Interop.Native;

/// <summary>
/// Owns a <c>pms_cursor</c>, and goes through the batches that it gives out, so that not each entry costs a call. Used by one
/// thread at a time, as the cursor is; whoever shares the handle shares the place in the batch.
/// </summary>
/// <remarks>
/// What the core has to know between two entries of a batch is only whether the stream was closed meanwhile, and this side
/// knows that itself. Beside a writer in another process the core gives out one entry at a time.
/// </remarks>
internal sealed unsafe class CursorHandle : NativeHandle
{
    // In an array of the cursor's, which stays until the core is asked again. Both null once the cursor was closed.
    private pms_entry* _next;
    private pms_entry* _end;

    /// <summary>Moves to the next entry of the region that the cursor was opened on.</summary>
    /// <param name="region">The region; what keeps its stream open.</param>
    /// <param name="at">The entry; none when this returns false, and when it throws.</param>
    /// <returns>False if there are no more entries now.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext(StreamRegion region, out EntryPlace at)
    {
        pms_entry* entry = _next;
        if (entry == _end || region.Stream.IsDisposed)
        {
            at = default;
            entry = AskCore(region);
            if (entry == null)
            {
                return false;
            }
        }

        _next = entry + 1;
        at = new EntryPlace(entry);
        GC.KeepAlive(this);
        return true;
    }

    /// <inheritdoc/>
    protected override void Release(nint pointer)
    {
        _next = _end = null;
        NativeMethods.pms_cursor_close((pms_cursor*)pointer);
    }

    /// <summary>Begins another batch; null at the end.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private pms_entry* AskCore(StreamRegion region)
    {
        if (Pointer == 0)
        {
            throw Errors.EnumeratorDisposed(nameof(EntryEnumerator));
        }

        if (_next != _end)
        {
            throw Errors.Disposed(region.Stream.Path);
        }

        pms_error error;
        pms_entry* entries;
        ulong count;
        int status = NativeMethods.pms_cursor_next_batch((pms_cursor*)Pointer, &entries, &count, &error);
        GC.KeepAlive(this);
        GC.KeepAlive(region);
        if (status == 0)
        {
            _next = entries;
            _end = entries + count;
            return entries;
        }

        return status == (int)pms_status.PMS_E_END ? null : throw Failures.From(status, &error, region.Subject);
    }
}

/// <summary>What an enumerator knows of the entry that it is at.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly unsafe struct EntryPlace
{
    private readonly void* _data;
    private readonly int _length;

    /// <summary>Copies what is in the array of the cursor.</summary>
    public EntryPlace(pms_entry* entry)
    {
        _data = entry->data;
        _length = (int)entry->bytes;
        Position = new EntryPosition((long)entry->position.offset, entry->position.timestamp);
    }

    /// <summary>Where its bytes are.</summary>
    public void* Pointer => _data;

    /// <summary>Size in bytes: at most 1 GiB.</summary>
    public int Length => _length;

    /// <summary>Where it is.</summary>
    public EntryPosition Position { get; }

    /// <summary>Its bytes, in the mapping.</summary>
    public ReadOnlySpan<byte> Data => new(_data, _length);
}
