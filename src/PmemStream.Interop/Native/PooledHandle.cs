namespace PmemStream.Interop.Native;

/// <summary>
/// A handle that is used again and again: an object with a finalizer is costly to make, so an emptied one goes back to a
/// small pool of its thread. It is never disposed; the finalizer of an empty one does nothing.
/// </summary>
internal abstract class PooledHandle : NativeHandle
{
    /// <summary>The next one in the pool.</summary>
    public PooledHandle? Next { get; set; }

    /// <summary>How many are in the pool from here on.</summary>
    public int PooledCount { get; set; }
}

/// <summary>The emptied handles of one kind and one thread: a static field of the handle's class.</summary>
internal struct HandlePool
{
    private const int PooledMax = 16;

    private PooledHandle? _first;

    /// <summary>Takes one out; null if there is none.</summary>
    public PooledHandle? Take()
    {
        PooledHandle? taken = _first;
        if (taken is not null)
        {
            _first = taken.Next;
            taken.Next = null;
        }

        return taken;
    }

    /// <summary>Puts an emptied handle back. The caller owned it.</summary>
    public void Put(PooledHandle handle)
    {
        int count = (_first?.PooledCount ?? 0) + 1;
        if (count <= PooledMax)
        {
            handle.PooledCount = count;
            handle.Next = _first;
            _first = handle;
        }
    }
}
