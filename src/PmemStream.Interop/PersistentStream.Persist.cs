using System.Diagnostics;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Making the whole stream durable.</content>
public sealed unsafe partial class PersistentStream
{
    /// <summary>
    /// What the last <see cref="Persist"/> has stored, also in an earlier session; 0: nothing yet. Every entry, of any region,
    /// with a timestamp at or below it is durable. A lower bound: more may be, such as all that <c>Append</c> has returned
    /// for. Never blocks and never goes back. In a stream that is open for reading only it is as it was at opening.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public ulong PersistedTimestamp
    {
        get
        {
            pms_stream* stream = _disposed ? throw Errors.Disposed(Path) : Pointer;
            ulong timestamp = NativeMethods.pms_stream_persisted_timestamp(stream);
            GC.KeepAlive(this);
            return timestamp;
        }
    }

    /// <summary>
    /// Makes everything in the stream durable whose append, to any region by any thread, had returned before the call, and
    /// stores a timestamp that says so. Costs two fences, however many regions there are.
    /// </summary>
    /// <returns>
    /// The new <see cref="PersistedTimestamp"/>: every entry, of any region, with a timestamp at or below it is durable and
    /// visible, and no other such entry will turn up later, so that a reader who has merged the regions up to it has them
    /// all. It stops before the first reservation that is still open.
    /// </returns>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="StreamStorageException">
    /// Making it durable failed, now or earlier: what was not durable before may or may not be there when the stream is
    /// opened again.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public ulong Persist()
    {
        Exception? failure = TryPersist(out ulong timestamp);
        return failure is null ? timestamp : throw failure;
    }

    /// <summary>As <see cref="Persist"/>; null, or the failure.</summary>
    internal Exception? TryPersist(out ulong timestamp)
    {
        pms_error error;
        ulong persisted = 0;
        using Activity? activity = StreamActivities.Persist(Path, null);
        int status = NativeMethods.pms_stream_persist(Pointer, &persisted, &error);
        GC.KeepAlive(this);
        timestamp = persisted;
        if (status == 0)
        {
            return null;
        }

        Exception failure = Failures.From(status, &error, Subject);
        StreamActivities.Fail(activity, failure);
        return failure;
    }
}
