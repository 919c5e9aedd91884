using System.Buffers;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Appending an entry whose bytes lie in several pieces of memory.</content>
public sealed unsafe partial class StreamRegion
{
    /// <summary>
    /// Appends one entry from several pieces of memory, which go into the stream one by one, without a copy of the whole.
    /// Durable and visible on return as with <see cref="Append(ReadOnlySpan{byte})"/>.
    /// </summary>
    /// <param name="data">
    /// The entry: 0 bytes to 1 GiB in all. Changing it meanwhile from another thread damages this entry alone.
    /// </param>
    /// <returns>Where it is. Names the entry for ever.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="data"/> has more than 1 GiB.</exception>
    /// <exception cref="RegionFullException">It does not fit into what is left of the region.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryPosition Append(in ReadOnlySequence<byte> data)
    {
        pms_error error;
        int status = AppendSequence(data, pms_append_flags.PMS_APPEND_DURABLE, out EntryPosition position, &error);
        return status == 0 ? position : throw Failures.From(status, &error, Subject, nameof(data));
    }

    /// <summary>As <see cref="Append(in ReadOnlySequence{byte})"/>, but says whether there was room.</summary>
    /// <param name="data">The entry: 0 bytes to 1 GiB in all.</param>
    /// <param name="at">Where it is; the default value if there was no room.</param>
    /// <returns>False only if it does not fit into what is left of the region; nothing was changed then.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="data"/> has more than 1 GiB.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>, except a full region.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public bool TryAppend(in ReadOnlySequence<byte> data, out EntryPosition at)
    {
        pms_error error;
        int status = AppendSequence(data, pms_append_flags.PMS_APPEND_DURABLE, out at, &error);
        return HadRoom(status, &error, nameof(data));
    }

    /// <summary>
    /// Appends one entry from several pieces of memory without making it durable: as
    /// <see cref="AppendDeferred(ReadOnlySpan{byte})"/> in everything else.
    /// </summary>
    /// <param name="data">
    /// The entry: 0 bytes to 1 GiB in all. Changing it meanwhile from another thread damages this entry alone.
    /// </param>
    /// <returns>Where it is. Names the entry for ever; if it is lost in a crash, nothing is ever found there.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="data"/> has more than 1 GiB.</exception>
    /// <exception cref="RegionFullException">It does not fit into what is left of the region.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryPosition AppendDeferred(in ReadOnlySequence<byte> data)
    {
        pms_error error;
        int status = AppendSequence(data, pms_append_flags.PMS_APPEND_DEFERRED, out EntryPosition position, &error);
        return status == 0 ? position : throw Failures.From(status, &error, Subject, nameof(data));
    }

    /// <summary>As <see cref="AppendDeferred(in ReadOnlySequence{byte})"/>, but says whether there was room.</summary>
    /// <param name="data">The entry: 0 bytes to 1 GiB in all.</param>
    /// <param name="at">Where it is; the default value if there was no room.</param>
    /// <returns>False only if it does not fit into what is left of the region; nothing was changed then.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="data"/> has more than 1 GiB.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>, except a full region.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public bool TryAppendDeferred(in ReadOnlySequence<byte> data, out EntryPosition at)
    {
        pms_error error;
        int status = AppendSequence(data, pms_append_flags.PMS_APPEND_DEFERRED, out at, &error);
        return HadRoom(status, &error, nameof(data));
    }

    private int AppendSequence(
        in ReadOnlySequence<byte> data, pms_append_flags flags, out EntryPosition position, pms_error* error)
    {
        Errors.CheckEntrySize(data.Length, nameof(data));
        int count = 0;
        foreach (ReadOnlyMemory<byte> _ in data)
        {
            count++;
        }

        pms_position native;
        int status;
        var parts = new PinnedParts(count, stackalloc pms_part[PinnedParts.FewCount]);
        try
        {
            foreach (ReadOnlyMemory<byte> piece in data)
            {
                parts.Add(piece);
            }

            fixed (pms_part* first = parts.All)
            {
                status = NativeMethods.pms_region_append_parts(
                    Pointer, first, (ulong)parts.All.Length, (uint)flags, &native, error);
            }
        }
        finally
        {
            parts.Dispose();
        }

        _stream.Waits.Tell();
        GC.KeepAlive(this);
        position = status == 0 ? new EntryPosition((long)native.offset, native.timestamp) : default;
        return status;
    }
}
