using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Reading all regions.</content>
public sealed unsafe partial class PersistentStream
{
    /// <summary>
    /// Every entry at or below this timestamp is visible, in whatever region, and none will be added: entries to come have
    /// later ones. It never falls.
    /// </summary>
    /// <remarks>
    /// It covers what was acknowledged before the call, up to the first open reservation of any region. In a stream that is
    /// open for reading only it covers everything as long as no writer has the stream open; beside a writer, what this stream
    /// was asked for before that came, and what the writer has made durable for the stream as a whole. Waits for appends in
    /// flight, not for reservations.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public ulong StableTimestamp
    {
        get
        {
            pms_error error;
            ulong timestamp;
            int status = NativeMethods.pms_stream_stable_timestamp(Pointer, &timestamp, &error);
            GC.KeepAlive(this);
            ThrowIfFailed(status, &error);
            return timestamp;
        }
    }

    /// <summary>
    /// The entries of all regions in the order of their timestamps, up to <see cref="StableTimestamp"/>: never out of order,
    /// also while others append.
    /// </summary>
    /// <param name="fromTimestamp">
    /// Where to begin: at the first entry with this timestamp or a later one. To go on behind an entry, its timestamp + 1.
    /// </param>
    /// <returns>The sequence. Regions are looked up when it is enumerated; those created later are not a part of it.</returns>
    public MergedSequence ReadAll(ulong fromTimestamp = 0) => new(this, fromTimestamp, verified: true);
}
