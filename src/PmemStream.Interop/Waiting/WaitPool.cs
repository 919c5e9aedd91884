namespace PmemStream.Interop.Waiting;

/// <summary>Objects of one kind that are out of use, up to a number. Thread-safe.</summary>
internal sealed class WaitPool<TResult>
{
    private const int CountMax = 4096;

#if NET9_0_OR_GREATER
    private readonly Lock _gate = new();
#else
    private readonly object _gate = new();
#endif
    private WaitSource<TResult>? _first;
    private int _count;

    /// <summary>Takes one out; null: there is none.</summary>
    public WaitSource<TResult>? TryTake()
    {
        lock (_gate)
        {
            WaitSource<TResult>? taken = _first;
            if (taken is not null)
            {
                _first = taken.Next;
                taken.Next = null;
                _count--;
            }

            return taken;
        }
    }

    /// <summary>Puts one in, unless there are enough.</summary>
    public void Put(WaitSource<TResult> source)
    {
        lock (_gate)
        {
            if (_count < CountMax)
            {
                source.Next = _first;
                _first = source;
                _count++;
            }
        }
    }
}
