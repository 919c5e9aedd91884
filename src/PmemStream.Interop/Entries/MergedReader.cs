namespace PmemStream.Interop;

/// <summary>What the copies of a <see cref="MergedEnumerator"/> share: a heap of the regions by their next timestamp.</summary>
internal sealed class MergedReader : IDisposable
{
    // The regions in the order of the heap: those in front are, those behind have no entry up to the bound, or were not
    // looked at yet.
    private readonly MergedSource[] _sources;
    private readonly ulong _stable;
    private int _heapCount;
    private int _waiting;
    private bool _isAtEntry;
    private bool _mustMove;
    private bool _disposed;

    private MergedReader(MergedSource[] sources, ulong stable)
    {
        _sources = sources;
        _stable = stable;
    }

    /// <summary>The entry it is at.</summary>
    public MergedEntry Current => _isAtEntry ? _sources[0].Current : default;

    /// <summary>
    /// Opens the regions that there are. The bound is taken last: what it covers is then visible to every cursor, and none of
    /// these regions can be cleared by this process.
    /// </summary>
    public static MergedReader Open(PersistentStream stream, ulong from, bool verified, bool pinned)
    {
        var sources = new List<MergedSource>();
        try
        {
            foreach (StreamRegion region in stream.Regions)
            {
                if (MergedSource.TryOpen(region, from, verified, pinned) is { } source)
                {
                    sources.Add(source);
                }
            }

            return new MergedReader([.. sources], stream.StableTimestamp);
        }
        catch
        {
            sources.ForEach(source => source.Dispose());
            throw;
        }
    }

    /// <summary>See <see cref="MergedEnumerator.MoveNext"/>. What throws is done again by the next call.</summary>
    public bool MoveNext()
    {
        _isAtEntry = false;
        if (_disposed)
        {
            throw Errors.EnumeratorDisposed(nameof(MergedEnumerator));
        }

        for (; _waiting < _sources.Length; _waiting++)
        {
            if (_sources[_waiting].MoveNext(_stable))
            {
                Add(_waiting);
            }
        }

        if (_mustMove)
        {
            if (!_sources[0].MoveNext(_stable))
            {
                _heapCount--;
                (_sources[0], _sources[_heapCount]) = (_sources[_heapCount], _sources[0]);
            }

            SiftDown();
        }

        return _isAtEntry = _mustMove = _heapCount > 0;
    }

    /// <summary>Closes the cursors: the regions can be cleared again.</summary>
    public void Dispose()
    {
        _disposed = true;
        _isAtEntry = false;
        foreach (MergedSource source in _sources)
        {
            source.Dispose();
        }
    }

    private void Add(int at)
    {
        int child = _heapCount++;
        (_sources[child], _sources[at]) = (_sources[at], _sources[child]);
        while (child > 0 && _sources[child].IsBefore(_sources[(child - 1) / 2]))
        {
            int parent = (child - 1) / 2;
            (_sources[child], _sources[parent]) = (_sources[parent], _sources[child]);
            child = parent;
        }
    }

    private void SiftDown()
    {
        int parent = 0;
        while (true)
        {
            int child = (2 * parent) + 1;
            if (child + 1 < _heapCount && _sources[child + 1].IsBefore(_sources[child]))
            {
                child++;
            }

            if (child >= _heapCount || !_sources[child].IsBefore(_sources[parent]))
            {
                return;
            }

            (_sources[child], _sources[parent]) = (_sources[parent], _sources[child]);
            parent = child;
        }
    }
}
