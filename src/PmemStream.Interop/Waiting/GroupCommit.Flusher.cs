namespace PmemStream.Interop.Waiting;

/// <content>The thread that flushes.</content>
internal sealed partial class GroupCommit
{
    // A thread is cheap to keep for a while, and costs some 100 us to start.
    private const int IdleMilliseconds = 1000;

    // From so many regions on, one persist of the whole stream (two flushes) is less than one of each.
    private const int RegionsAlone = 2;

    private readonly WaitList<EntryPosition> _batch = new();
    private readonly List<StreamRegion> _regions = [];
    private readonly List<Exception?> _outcomes = [];

    private void Run()
    {
        while (TryTakeBatch())
        {
            Flush();
            LetIn();
        }
    }

    // False: nothing has come for long; the thread ends, and the next who comes starts another one.
    private bool TryTakeBatch()
    {
        lock (_gate)
        {
            while (_appended.IsEmpty && !CanLetInLocked())
            {
                bool pulsed = !_isClosed && Monitor.Wait(_gate, IdleMilliseconds);
                if (!pulsed && _appended.IsEmpty && !CanLetInLocked())
                {
                    _isRunning = false;
                    return false;
                }
            }

            GatherLocked();
            _batch.AddAll(_appended);
            return true;
        }
    }

    private void GatherLocked()
    {
        long end = Environment.TickCount64 + _gatherMilliseconds;
        while (_gatherMilliseconds != 0 && !_isClosing && _forRoom.IsEmpty && _bytes < _bytesMax / 2)
        {
            long left = end - Environment.TickCount64;
            if (left <= 0)
            {
                return;
            }

            // Woken by each who comes.
            Monitor.Wait(_gate, (int)left);
        }
    }

    private bool CanLetInLocked() => _forRoom.First is CommitWait first && HasRoomLocked(first.Bytes);

    private void Flush()
    {
        if (_batch.IsEmpty)
        {
            return;
        }

        long bytes = 0;
        int count = 0;
        for (var wait = (CommitWait?)_batch.First; wait is not null; wait = (CommitWait?)wait.Next)
        {
            bytes += wait.Bytes;
            count++;
            if (!_regions.Contains(wait.Region!))
            {
                _regions.Add(wait.Region!);
            }
        }

        Persist();
        lock (_gate)
        {
            _bytes -= bytes;
        }

        StreamMetrics.Group(count);
        while (_batch.TryTake() is CommitWait wait)
        {
            StreamMetrics.Waited(wait.Since);
            EndFlushed(wait, _outcomes[_regions.IndexOf(wait.Region!)]);
        }

        _regions.Clear();
        _outcomes.Clear();
    }

    // Each region by itself, or all at once; a failure is that of those who wait for the region.
    private void Persist()
    {
        if (_regions.Count > RegionsAlone && flush.Persist(_regions[0].Stream) is null)
        {
            _regions.ForEach(_ => _outcomes.Add(null));
            return;
        }

        _regions.ForEach(region => _outcomes.Add(flush.Persist(region)));
    }

    private void EndFlushed(CommitWait wait, Exception? failure)
    {
        if (failure is null && !wait.IsAppend)
        {
            // It is durable by now if it is anything: this only looks whether the position names an entry.
            failure = wait.Region!.TryPersist(wait.Position);
        }

        if (failure is ObjectDisposedException)
        {
            // Closing has persisted it, or has failed to.
            lock (_gate)
            {
                if (!_isClosed)
                {
                    _tooLate.Add(wait);
                    return;
                }

                failure = _closeFailure;
            }
        }

        EndOne(wait, failure);
    }

    // Appends what has waited for room, in order.
    private void LetIn()
    {
        while (true)
        {
            CommitWait wait;
            lock (_gate)
            {
                if (!CanLetInLocked())
                {
                    return;
                }

                wait = (CommitWait)_forRoom.TryTake()!;
                _bytes += wait.Bytes;
            }

            LetIn(wait);
        }
    }

    private void LetIn(CommitWait wait)
    {
        long bytes = wait.Bytes;
        if (!wait.TryHold())
        {
            // Cancelled: nothing is appended, and the buffer is not looked at.
            lock (_gate)
            {
                _bytes -= bytes;
            }

            wait.DropFromQueue();
            return;
        }

        Exception? failure = wait.Region!.TryDefer(wait.Data.Span, out EntryPosition position);
        if (failure is null)
        {
            wait.Appended(position);
            wait.TryLetGo();
        }

        // What was cancelled meanwhile is an entry all the same, and counts until it is durable.
        if (!TryQueue(wait, bytes, ref failure))
        {
            EndOne(wait, failure);
        }
    }
}
