namespace PmemStream.Interop.Waiting;

/// <summary>Arrivals by this process: each call that makes entries visible tells of it, if somebody waits.</summary>
/// <remarks>
/// <para>
/// <b>Why no wake-up is lost.</b> Who appends stores the committed offset and then reads whether anybody waits; who waits
/// stores that he does and then reads the committed offset. Each needs a full barrier between the two, or both may read
/// the old value. An append executes none there: its fence comes before it commits, and the core's own hand-over behind it
/// uses a barrier that is for the compiler alone (barrier.h). So the waiting side executes it for both: a barrier in every
/// thread of the process, once when the first begins to wait. It costs some microseconds of somebody who is about to sleep,
/// and saves each append a locked instruction.
/// </para>
/// <para>
/// Who begins to wait while others do needs none: an append that read "nobody waits" had stored before that barrier.
/// </para>
/// <para>
/// The appending thread only queues a look in the thread pool, and not another one before that has begun.
/// </para>
/// </remarks>
internal sealed class AppendArrivals(EntryWaits waits) : IArrivals, IThreadPoolWorkItem
{
    private volatile bool _isAwaited;
    private int _isQueued;

    /// <summary>Whether anybody waits.</summary>
    public bool IsAwaited => _isAwaited;

    /// <summary>Entries may have become visible, or gone.</summary>
    public void Tell()
    {
        if (Interlocked.Exchange(ref _isQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <inheritdoc/>
    public void Start()
    {
        _isAwaited = true;
        Interlocked.MemoryBarrierProcessWide();
    }

    /// <inheritdoc/>
    public void Change()
    {
        // See above: whoever appends looks at the same flag for all.
    }

    /// <inheritdoc/>
    public void Stop() => _isAwaited = false;

    /// <inheritdoc/>
    public void Execute()
    {
        // Before the look, which sees all that was told of before.
        Interlocked.Exchange(ref _isQueued, 0);
        waits.Look();
    }
}
