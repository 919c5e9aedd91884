using PmemStream.Interop.Native;
using PmemStream.Interop.Waiting;

namespace PmemStream.Interop;

/// <content>Closing, and who waits meanwhile.</content>
public sealed unsafe partial class PersistentStream
{
    /// <summary>The group commit of a stream that has one: on the page cache, open for writing.</summary>
    internal GroupCommit? Commits => _commits;

    /// <summary>Who waits for entries.</summary>
    internal EntryWaits Waits => _waits;

    /// <summary>Somebody who can wait in the core for entries; null: the stream was disposed.</summary>
    internal WaiterHandle? TryCreateWaiter()
    {
        var handle = new WaiterHandle();
        pms_waiter* waiter;
        nint pointer = _handle.Pointer;
        if (pointer == 0 || NativeMethods.pms_waiter_create((pms_stream*)pointer, &waiter, null) != 0)
        {
            return null;
        }

        GC.KeepAlive(this);
        handle.Own((nint)waiter);
        return handle;
    }

    /// <summary>
    /// Closes the stream. Returns at once, also while other threads append and read: their next call throws. Reservations
    /// that are open are abandoned when they are ended or published; spans over entries stay readable memory (bytes of then,
    /// or zeros). The writer lock is given up with the last call in flight and the last open reservation. May be called
    /// again, and from any thread.
    /// </summary>
    /// <remarks>
    /// What was appended without being durable is made so first: that may take a flush. Whoever awaits
    /// <see cref="StreamRegion.AppendAsync"/> or <see cref="StreamRegion.PersistAsync"/> at that moment gets his result, or
    /// the failure of that flush; what still waits for room is not appended any more and throws
    /// <see cref="ObjectDisposedException"/>. <see cref="StreamRegion.WaitForEntryAsync"/> returns false.
    /// </remarks>
    public void Dispose()
    {
        _disposed = true;
        nint pointer = _handle.Pointer;
        if (pointer == 0)
        {
            return;
        }

        // Only who is first knows whether all is durable: the core tells others nothing.
        bool first = Interlocked.Exchange(ref _closers, 1) == 0;
        if (first)
        {
            _commits?.BeginClose();
        }

        // What it may report besides is that the checkpoint is not durable: the next open walks farther, nothing is lost.
        int status = NativeMethods.pms_stream_close((pms_stream*)pointer);
        GC.KeepAlive(this);
        if (first)
        {
            _commits?.EndClose(status == 0 ? null : Failures.From(status, null, Subject));
            _waits.Close();
            StreamMetrics.Remove(this);
        }
    }
}
