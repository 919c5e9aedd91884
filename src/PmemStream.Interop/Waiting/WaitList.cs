namespace PmemStream.Interop.Waiting;

/// <summary>A first-in, first-out list that allocates nothing. Its owner locks.</summary>
internal sealed class WaitList<TResult>
{
    private WaitSource<TResult>? _first;
    private WaitSource<TResult>? _last;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _first is null;

    /// <summary>The first one, which stays; null: there is none.</summary>
    public WaitSource<TResult>? First => _first;

    /// <summary>Puts one behind all others.</summary>
    public void Add(WaitSource<TResult> source)
    {
        source.Next = null;
        if (_last is null)
        {
            _first = source;
        }
        else
        {
            _last.Next = source;
        }

        _last = source;
    }

    /// <summary>Takes the first one out; null: there is none.</summary>
    public WaitSource<TResult>? TryTake()
    {
        WaitSource<TResult>? taken = _first;
        if (taken is not null)
        {
            _first = taken.Next;
            _last = _first is null ? null : _last;
            taken.Next = null;
        }

        return taken;
    }

    /// <summary>Takes all of another list, in their order, behind its own.</summary>
    public void AddAll(WaitList<TResult> others)
    {
        if (others._first is null)
        {
            return;
        }

        if (_last is null)
        {
            _first = others._first;
        }
        else
        {
            _last.Next = others._first;
        }

        _last = others._last;
        others._first = null;
        others._last = null;
    }

    /// <summary>Takes one out, wherever it is. False: it is not in here.</summary>
    public bool Remove(WaitSource<TResult> source)
    {
        WaitSource<TResult>? before = null;
        for (WaitSource<TResult>? at = _first; at is not null; before = at, at = at.Next)
        {
            if (at != source)
            {
                continue;
            }

            if (before is null)
            {
                _first = at.Next;
            }
            else
            {
                before.Next = at.Next;
            }

            _last = _last == at ? before : _last;
            at.Next = null;
            return true;
        }

        return false;
    }
}
