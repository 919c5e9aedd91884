using System.Diagnostics;

namespace PmemStream.Interop.Waiting;

/// <summary>
/// The group commit of one stream on the page cache: callers append without a flush, and share those that one thread does.
/// </summary>
/// <remarks>
/// <para>
/// The thread is there while there is something to do, and a moment longer. It takes all who wait, persists their regions,
/// which covers every append that had returned before, and ends their waits; who comes meanwhile is in the next round. So
/// nobody waits for more than the flush under way and his own, and 0, 1 or 1000 callers cost one blocked thread.
/// </para>
/// <para>
/// Too many bytes that are not durable: an append then waits for room, in order of arrival, and the thread itself appends
/// it when a flush has made room; the buffer stays the caller's, who must leave it alone until his task completes.
/// </para>
/// <para>
/// <b>Close.</b> Closing a stream persists whatever was appended before. So the order is: no more appends are let in
/// (<see cref="BeginClose"/>), the stream is closed, and its result is that of all who still wait
/// (<see cref="EndClose"/>), also of those whose flush came too late. Only an append that was under way at the first step
/// and had not joined the queue gets <see cref="ObjectDisposedException"/>: it may be there, and may be lost.
/// </para>
/// <para>The object knows no stream, only the regions of those who wait: a stream that is forgotten is finalized.</para>
/// </remarks>
internal sealed partial class GroupCommit(GroupCommitOptions options, CommitFlush flush)
{
    private const int EntryHeaderBytes = 24;

    private readonly object _gate = new();
    private readonly WaitPool<EntryPosition> _pool = new();
    private readonly WaitList<EntryPosition> _appended = new(); // to be persisted
    private readonly WaitList<EntryPosition> _forRoom = new(); // to be appended, then persisted
    private readonly WaitList<EntryPosition> _tooLate = new(); // the stream was closed before their flush
    private readonly long _bytesMax = options.MaxUnpersistedBytes;
    private readonly int _gatherMilliseconds = options.GatherMilliseconds;
    private long _bytes; // appended or about to be, and not durable
    private bool _isRunning;
    private bool _isClosing;
    private bool _isClosed;
    private Exception? _closeFailure;

    /// <summary>
    /// Appends, and is done when that is durable. Who is inside the gate of a segment is let out of it then, by the thread that
    /// flushes or by this call, also when nothing was appended; so whoever closes the gate waits for no thread of the pool.
    /// </summary>
    public ValueTask<EntryPosition> AppendAsync(
        StreamRegion region, ReadOnlyMemory<byte> data, CancellationToken cancellation, LogSegment? inside = null)
    {
        long bytes = data.Length + EntryHeaderBytes;
        CommitWait wait = Rent();
        wait.Begin(region, data, bytes, StreamMetrics.TimesWaits ? Stopwatch.GetTimestamp() : 0, inside);
        if (!TryTakeRoom(bytes))
        {
            lock (_gate)
            {
                if (!_isClosing)
                {
                    _forRoom.Add(wait);
                    WakeLocked();
                    bytes = 0;
                }
            }

            if (bytes != 0)
            {
                GiveBack(wait);
                return ValueTask.FromException<EntryPosition>(Errors.Disposed(region.Subject.Path));
            }
        }
        else if (Append(region, wait, data, bytes) is { } failure)
        {
            GiveBack(wait);
            return ValueTask.FromException<EntryPosition>(failure);
        }

        wait.CancelWith(cancellation);
        return new ValueTask<EntryPosition>(wait, wait.Version);
    }

    /// <summary>Is done when the entry is durable.</summary>
    public ValueTask PersistAsync(StreamRegion region, EntryPosition upTo, CancellationToken cancellation)
    {
        CommitWait wait = Rent();
        wait.Begin(region, upTo);
        lock (_gate)
        {
            if (_isClosing)
            {
                upTo = default;
            }
            else
            {
                _appended.Add(wait);
                WakeLocked();
            }
        }

        if (upTo.IsDefault)
        {
            GiveBack(wait);
            return ValueTask.FromException(Errors.Disposed(region.Subject.Path));
        }

        wait.CancelWith(cancellation);
        return new ValueTask(wait, wait.Version);
    }

    /// <summary>The stream is about to be closed: nobody is let in any more.</summary>
    public void BeginClose()
    {
        lock (_gate)
        {
            _isClosing = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>The stream was closed, with that failure or none: what was appended is durable, or may not be.</summary>
    public void EndClose(Exception? failure)
    {
        var waiting = new WaitList<EntryPosition>();
        var forRoom = new WaitList<EntryPosition>();
        lock (_gate)
        {
            _isClosed = true;
            _closeFailure = failure;
            waiting.AddAll(_tooLate);
            waiting.AddAll(_appended);
            forRoom.AddAll(_forRoom);
            Monitor.Pulse(_gate);
        }

        while (waiting.TryTake() is CommitWait wait)
        {
            EndOne(wait, failure);
        }

        while (forRoom.TryTake() is CommitWait wait)
        {
            EndOne(wait, Errors.Disposed(wait.Region!.Subject.Path));
        }
    }

    private static void EndOne(CommitWait wait, Exception? failure)
    {
        wait.End(failure, wait.Position);
        wait.DropFromQueue();
    }

    private CommitWait Rent() => (CommitWait?)_pool.TryTake() ?? new CommitWait(_pool);

    // Nobody was told of it.
    private static void GiveBack(CommitWait wait)
    {
        wait.DropFromQueue();
        wait.Drop();
    }

    private bool TryTakeRoom(long bytes)
    {
        lock (_gate)
        {
            if (!_forRoom.IsEmpty || !HasRoomLocked(bytes))
            {
                return false;
            }

            _bytes += bytes;
            return true;
        }
    }

    private bool HasRoomLocked(long bytes) => _bytes == 0 || bytes <= _bytesMax - _bytes;

    // Appends what has its room, and has it persisted. A failure if nothing was appended, or nobody knows.
    private Exception? Append(StreamRegion region, CommitWait wait, ReadOnlyMemory<byte> data, long bytes)
    {
        Exception? failure = region.TryDefer(data.Span, out EntryPosition position);
        if (failure is null)
        {
            wait.Appended(position);
        }

        return TryQueue(wait, bytes, ref failure) ? null : failure;
    }

    private bool TryQueue(CommitWait wait, long bytes, ref Exception? failure)
    {
        lock (_gate)
        {
            if (failure is null && !_isClosing)
            {
                _appended.Add(wait);
                WakeLocked();
                return true;
            }

            // Its room is free again.
            _bytes -= bytes;
            if (!_forRoom.IsEmpty)
            {
                WakeLocked();
            }
        }

        failure ??= Errors.DisposedBesideAppend(wait.Region!.Subject.Path);
        return false;
    }

    private void WakeLocked()
    {
        if (_isRunning)
        {
            Monitor.Pulse(_gate);
            return;
        }

        _isRunning = true;
        new Thread(Run) { IsBackground = true, Name = "PmemStream group commit" }.UnsafeStart();
    }
}
