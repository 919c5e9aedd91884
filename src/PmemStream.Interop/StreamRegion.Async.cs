using System.Diagnostics;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Appending and persisting without blocking a thread.</content>
public sealed unsafe partial class StreamRegion
{
    /// <summary>
    /// Appends one entry, as <see cref="Append(ReadOnlySpan{byte})"/>, and completes when it is durable, with everything
    /// before it in the region. No thread waits meanwhile, and callers share flushes: see <see cref="GroupCommitOptions"/>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Except on <see cref="MediumKind.PageCache"/> the task is complete when this returns, and nothing is allocated: there
    /// durable takes less than waiting. On the page cache the entry is appended, and visible as after
    /// <see cref="AppendDeferred(ReadOnlySpan{byte})"/>, before the call returns, unless it has to wait for room first; one
    /// thread for all callers then makes it durable. Entries of one caller are in the order of his calls.
    /// </para>
    /// <para>
    /// <paramref name="cancellationToken"/> stops the waiting, not the append. Cancelled before the call, nothing is appended;
    /// afterwards the exception says whether the entry is there. An entry that is there stays.
    /// </para>
    /// <para>
    /// If the stream is disposed meanwhile, see <see cref="PersistentStream.Dispose"/>. What is awaited goes on in the thread
    /// pool or in the caller's context, never inside a call of another thread.
    /// </para>
    /// </remarks>
    /// <param name="data">
    /// The entry: 0 bytes to 1 GiB. The memory is the caller's again when the task completes, also when that is by being
    /// cancelled or by a failure.
    /// </param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>Where it is. To be awaited once.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="data"/> has more than 1 GiB.</exception>
    /// <exception cref="AppendCanceledException">It was cancelled after the call had begun.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before: nothing is appended.</exception>
    /// <exception cref="RegionFullException">It does not fit into what is left of the region.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="StreamStorageException">
    /// Making it durable failed, now or earlier. Now: it may or may not be there when the stream is opened again; everybody
    /// whose entry was in that flush gets this.
    /// </exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public ValueTask<EntryPosition> AppendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        Errors.CheckEntrySize(data.Length, nameof(data));
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<EntryPosition>(cancellationToken);
        }

        if (_stream.Commits is { } commits)
        {
            return commits.AppendAsync(this, data, cancellationToken);
        }

        pms_error error;
        int status = AppendCore(data.Span, out EntryPosition position, &error);
        return status == 0
            ? new ValueTask<EntryPosition>(position)
            : ValueTask.FromException<EntryPosition>(Failures.From(status, &error, Subject, nameof(data)));
    }

    /// <summary>
    /// Makes an entry durable, as <see cref="Persist(EntryPosition)"/>, and completes when it is. Callers share flushes with
    /// each other and with <see cref="AppendAsync"/>; complete on return, with nothing allocated, where the entry is durable
    /// already and where the medium is not <see cref="MediumKind.PageCache"/>.
    /// </summary>
    /// <param name="upTo">
    /// The position of an entry; what lies behind it may become durable, too. The default value: before the first, so nothing
    /// has to.
    /// </param>
    /// <param name="cancellationToken">Stops the waiting; the entry becomes durable all the same.</param>
    /// <returns>To be awaited once.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="EntryNotFoundException">
    /// The position names no entry of this region, or is of an earlier life of it.
    /// </exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="StreamStorageException">As <see cref="Persist(EntryPosition)"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public ValueTask PersistAsync(EntryPosition upTo, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        // An entry that begins below it is durable as a whole. 0: closed or freed, which persisting says.
        ulong persisted = NativeMethods.pms_region_persisted(Pointer);
        GC.KeepAlive(this);
        if (_stream.Commits is { } commits && !upTo.IsDefault && persisted != 0 && upTo.Offset >= (long)persisted)
        {
            return commits.PersistAsync(this, upTo, cancellationToken);
        }

        return TryPersist(upTo) is { } failure ? ValueTask.FromException(failure) : default;
    }

    /// <summary>As <see cref="AppendDeferred(ReadOnlySpan{byte})"/>; null, or the failure.</summary>
    internal Exception? TryDefer(ReadOnlySpan<byte> data, out EntryPosition position)
    {
        pms_error error;
        int status = AppendDeferredCore(data, out position, &error);
        return status == 0 ? null : Failures.From(status, &error, Subject, nameof(data));
    }

    /// <summary>As <see cref="Persist()"/>; null, or the failure.</summary>
    internal Exception? TryPersist() => PersistCore(null);

    /// <summary>As <see cref="Persist(EntryPosition)"/>; null, or the failure.</summary>
    internal Exception? TryPersist(EntryPosition upTo)
    {
        if (upTo.IsDefault)
        {
            // Nothing to do, but a region that is gone is one all the same.
            ulong offset = NativeMethods.pms_region_persisted(Pointer);
            return offset != 0 ? null : TryDescribe(_stream, _handle, Subject, out _);
        }

        pms_position position = ToNative(upTo);
        return PersistCore(&position);
    }

    // The core would print a negative offset as the huge one that it was given.
    private Exception? PersistCore(pms_position* upTo)
    {
        pms_error error;
        using Activity? activity = StreamActivities.Persist(_stream.Path, Name);
        int status = NativeMethods.pms_region_persist(Pointer, upTo, &error);
        GC.KeepAlive(this);
        if (status == 0)
        {
            return null;
        }

        Exception failure = status switch
        {
            (int)pms_status.PMS_E_NO_ENTRY when upTo is not null && (long)upTo->offset < 0 => Failures.NoEntry(
                new EntryPosition((long)upTo->offset, upTo->timestamp), "an offset is not negative", Subject),
            _ => Failures.From(status, &error, Subject),
        };
        StreamActivities.Fail(activity, failure);
        return failure;
    }
}
