using PmemStream.Interop.Native;
using PmemStream.Interop.Waiting;

namespace PmemStream.Interop;

/// <content>Waiting for entries, and following them.</content>
public sealed unsafe partial class StreamRegion
{
    // A batch of a follower: enough that opening a cursor for it does not count, and no more memory than that.
    private const int BatchEntries = 256;
    private const int BatchBytes = 64 << 10;

    /// <summary>
    /// Completes when an entry is visible behind a position: at once if there is one. No thread waits meanwhile, and appends
    /// cost no more while nobody waits.
    /// </summary>
    /// <remarks>
    /// Visible is not durable: an entry that is deferred may still be lost in a crash, also after it was seen. In a stream
    /// that is open for reading only one thread waits for all callers, and sleeps until a writer in another process has
    /// committed something; where that cannot tell, or none lives, it looks every 1 to 50 ms.
    /// </remarks>
    /// <param name="after">The position of an entry; the default value: before the first.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>True: there is one. False: the stream was disposed meanwhile. To be awaited once.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="EntryNotFoundException">
    /// The position names no visible entry of this region, or is of an earlier life of it; also if that life ends meanwhile.
    /// </exception>
    /// <exception cref="StreamCorruptException">The next entry is damaged.</exception>
    /// <exception cref="StaleRegionException">The region was freed, before or meanwhile.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed before the call.</exception>
    public ValueTask<bool> WaitForEntryAsync(EntryPosition after, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<bool>(cancellationToken)
            : _stream.Waits.WaitAsync(this, after, cancellationToken);

    /// <summary>
    /// The entries behind a position, in the order of the log, each verified and copied; with <paramref name="follow"/> it
    /// goes on with those that come later, until it is cancelled or the stream is disposed.
    /// </summary>
    /// <remarks>
    /// Each entry comes once, and none is left out. No cursor is open between two entries, so the region may be cleared or
    /// freed meanwhile; the enumeration then throws, and never returns an entry of another life. What is said of visible
    /// and durable at <see cref="WaitForEntryAsync"/> goes for it, too. May be enumerated several times, also at once.
    /// </remarks>
    /// <param name="after">The position of an entry; the default value: before the first.</param>
    /// <param name="follow">Whether to wait for more at the end; else the enumeration ends there.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// The entries. Enumerating throws <see cref="EntryNotFoundException"/> for a stale position,
    /// <see cref="StreamCorruptException"/> at a damaged entry, <see cref="StaleRegionException"/> when the region was freed
    /// and <see cref="ObjectDisposedException"/> when the stream was disposed before.
    /// </returns>
    public IAsyncEnumerable<EntryCopy> ReadAllAsync(
        EntryPosition after = default, bool follow = false, CancellationToken cancellationToken = default) =>
        EntryFollower.ReadAllAsync(this, after, follow, cancellationToken);

    /// <summary>What the core is to wait for; the caller keeps this object alive meanwhile.</summary>
    internal pms_awaited Awaited(EntryPosition after) => new() { region = Pointer, after = ToNative(after) };

    /// <summary>How far the region is visible, in the stream; 0: it is gone.</summary>
    internal ulong TryCommitted()
    {
        ulong committed = NativeMethods.pms_region_committed(Pointer);
        GC.KeepAlive(this);
        return committed;
    }

    /// <summary>Whether an entry is visible behind a position; a failure, or null.</summary>
    internal Exception? TryLookBehind(EntryPosition after, out bool found)
    {
        pms_error error;
        pms_entry entry;
        pms_cursor* cursor = null;
        var options = new pms_cursor_options
        {
            struct_bytes = (uint)sizeof(pms_cursor_options),
            flags = (uint)pms_read_flags.PMS_READ_UNVERIFIED,
            start = (uint)(after.IsDefault ? pms_cursor_start.PMS_CURSOR_FIRST : pms_cursor_start.PMS_CURSOR_AFTER),
            position = ToNative(after),
        };
        int status = NativeMethods.pms_cursor_open(Pointer, &options, &cursor, &error);
        if (status == 0)
        {
            status = NativeMethods.pms_cursor_next(cursor, &entry, &error);
            NativeMethods.pms_cursor_close(cursor);
        }

        GC.KeepAlive(this);
        found = status == 0;
        return status is 0 or (int)pms_status.PMS_E_END ? null : Failures.From(status, &error, Subject);
    }

    /// <summary>Copies the next entries behind a position; false: there are none.</summary>
    internal bool TryCopyBehind(EntryPosition after, List<EntryCopy> batch)
    {
        int bytes = 0;
        batch.Clear();
        using EntryEnumerator entries = EntriesAfter(after).GetEnumerator();
        try
        {
            while (batch.Count < BatchEntries && bytes < BatchBytes && entries.MoveNext())
            {
                StreamEntry entry = entries.Current;
                batch.Add(new EntryCopy(entry.Position, entry.Data.ToArray()));
                bytes += entry.Data.Length;
            }
        }
        catch (StreamCorruptException) when (batch.Count != 0)
        {
            // Those before the damage come first; the next call meets it again.
        }

        return batch.Count != 0;
    }
}
