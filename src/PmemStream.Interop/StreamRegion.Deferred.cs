using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Appending now, making durable later.</content>
public sealed unsafe partial class StreamRegion
{
    /// <summary>
    /// Appends one entry without making it durable: for many small entries and one <see cref="Persist()"/> behind them.
    /// Visible on return unless an earlier reservation is still open, then when that ends.
    /// </summary>
    /// <remarks>
    /// Durable when a <see cref="Persist()"/> that begins after the return has returned; or a later durable append or publish
    /// in this region, or <see cref="PersistentStream.Persist"/>; at last when the stream is disposed, if the medium works.
    /// After a crash before that, entries are there up to some point, in order, each whole or not at all; what lies behind
    /// that point is gone.
    /// </remarks>
    /// <param name="data">
    /// The entry: 0 bytes to 1 GiB. Changing it meanwhile from another thread damages this entry alone.
    /// </param>
    /// <returns>Where it is. Names the entry for ever; if it is lost in a crash, nothing is ever found there.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="data"/> has more than 1 GiB.</exception>
    /// <exception cref="RegionFullException">It does not fit into what is left of the region.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryPosition AppendDeferred(ReadOnlySpan<byte> data)
    {
        pms_error error;
        int status = AppendDeferredCore(data, out EntryPosition position, &error);
        return status == 0 ? position : throw Failures.From(status, &error, Subject, nameof(data));
    }

    /// <summary>As <see cref="AppendDeferred(ReadOnlySpan{byte})"/>, but says whether there was room.</summary>
    /// <param name="data">The entry: 0 bytes to 1 GiB.</param>
    /// <param name="at">Where it is; the default value if there was no room.</param>
    /// <returns>False only if it does not fit into what is left of the region; nothing was changed then.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="data"/> has more than 1 GiB.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>, except a full region.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public bool TryAppendDeferred(ReadOnlySpan<byte> data, out EntryPosition at)
    {
        pms_error error;
        int status = AppendDeferredCore(data, out at, &error);
        return HadRoom(status, &error, nameof(data));
    }

    private bool HadRoom(int status, pms_error* error, string parameterName) => status switch
    {
        (int)pms_status.PMS_OK => true,
        (int)pms_status.PMS_E_REGION_FULL => false,
        _ => throw Failures.From(status, error, Subject, parameterName),
    };

    private int AppendDeferredCore(ReadOnlySpan<byte> data, out EntryPosition position, pms_error* error)
    {
        Errors.CheckEntrySize(data.Length, nameof(data));
        pms_position native;
        int status;
        fixed (byte* bytes = data)
        {
            status = NativeMethods.pms_region_append_deferred(Pointer, bytes, (ulong)data.Length, &native, error);
        }

        _stream.Waits.Tell();
        GC.KeepAlive(this);
        position = status == 0 ? new EntryPosition((long)native.offset, native.timestamp) : default;
        return status;
    }
}
