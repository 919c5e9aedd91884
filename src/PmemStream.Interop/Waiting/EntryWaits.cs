namespace PmemStream.Interop.Waiting;

/// <summary>Who waits for entries of one stream.</summary>
/// <remarks>
/// Nobody blocks: a waiting caller is an object in a list, which is looked through whenever entries may have arrived
/// (<see cref="IArrivals"/>). The looks are short and done under the lock, which appends never take.
/// </remarks>
internal sealed class EntryWaits
{
#if NET9_0_OR_GREATER
    private readonly Lock _gate = new();
#else
    private readonly object _gate = new();
#endif
    private readonly WaitPool<bool> _pool = new();
    private readonly WaitList<bool> _waiting = new();
    private readonly IArrivals _arrivals;
    private readonly AppendArrivals? _appends;
    private bool _isClosed;

    /// <summary>Makes the list of a stream that this process reads only, or writes.</summary>
    public EntryWaits(PersistentStream stream, bool readOnly)
    {
        _appends = readOnly ? null : new AppendArrivals(this);
        _arrivals = _appends is null ? new WaitedArrivals(stream, this) : _appends;
    }

    /// <summary>
    /// A call of this process has made entries visible, or removed some. Costs two loads when nobody waits: see
    /// <see cref="AppendArrivals"/>.
    /// </summary>
    public void Tell()
    {
        if (_appends is { IsAwaited: true } appends)
        {
            appends.Tell();
        }
    }

    /// <summary>Is done when an entry is visible behind a position; false: the stream was disposed.</summary>
    public ValueTask<bool> WaitAsync(StreamRegion region, EntryPosition after, CancellationToken cancellation)
    {
        Exception? failure = region.TryLookBehind(after, out bool found);
        if (found || failure is not null)
        {
            return failure is null ? new ValueTask<bool>(true) : ValueTask.FromException<bool>(failure);
        }

        EntryWait wait = (EntryWait?)_pool.TryTake() ?? new EntryWait(this, _pool);
        wait.Begin(region, after);
        lock (_gate)
        {
            if (_isClosed)
            {
                wait.End(false);
                wait.Drop();
            }
            else
            {
                bool isFirst = _waiting.IsEmpty;
                _waiting.Add(wait);
                if (isFirst)
                {
                    _arrivals.Start();
                }
                else
                {
                    _arrivals.Change();
                }

                // What came before anybody told of it.
                LookLocked(wait);
            }
        }

        wait.CancelWith(cancellation);
        return new ValueTask<bool>(wait, wait.Version);
    }

    /// <summary>It was cancelled.</summary>
    public void Remove(EntryWait wait)
    {
        lock (_gate)
        {
            RemoveLocked(wait);
        }
    }

    /// <summary>The stream was closed: no entry will come.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _arrivals.Stop();
            while (_waiting.TryTake() is { } wait)
            {
                wait.End(false);
                wait.Drop();
            }
        }
    }

    /// <summary>Copies who waits for what.</summary>
    public void CopyTo(List<(StreamRegion Region, EntryPosition After)> list)
    {
        lock (_gate)
        {
            for (var wait = (EntryWait?)_waiting.First; wait is not null; wait = (EntryWait?)wait.Next)
            {
                list.Add((wait.Region!, wait.After));
            }
        }
    }

    /// <summary>Ends the waits for what is there.</summary>
    public void Look()
    {
        lock (_gate)
        {
            var wait = (EntryWait?)_waiting.First;
            while (wait is not null)
            {
                var next = (EntryWait?)wait.Next;
                LookLocked(wait);
                wait = next;
            }
        }
    }

    private void LookLocked(EntryWait wait)
    {
        StreamRegion region = wait.Region!;

        // Nothing has moved. A reader's offset moves only when it looks.
        ulong committed = _appends is null ? 0 : region.TryCommitted();
        if (committed != 0 && committed == wait.Committed)
        {
            return;
        }

        wait.Committed = committed;
        Exception? failure = region.TryLookBehind(wait.After, out bool found);
        if (failure is null && !found)
        {
            return;
        }

        // Disposed: there will be none.
        wait.End(failure is ObjectDisposedException ? null : failure, found);
        RemoveLocked(wait);
    }

    private void RemoveLocked(EntryWait wait)
    {
        if (!_waiting.Remove(wait))
        {
            return;
        }

        wait.Drop();
        if (_waiting.IsEmpty)
        {
            _arrivals.Stop();
        }
    }
}
