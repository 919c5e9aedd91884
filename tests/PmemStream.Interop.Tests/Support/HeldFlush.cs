using PmemStream.Interop.Waiting;

namespace PmemStream.Interop.Tests.Support;

/// <summary>A flush that waits until the test lets it go on, and fails where the test wants it to.</summary>
internal sealed class HeldFlush : CommitFlush, IDisposable
{
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _goOn = new(0);
    private int _count;

    /// <summary>What the flush after the current one returns instead of flushing.</summary>
    public Exception? Failure { get; set; }

    /// <summary>How many have begun.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>A group commit that flushes by it.</summary>
    public GroupCommit Commits(long maxUnpersistedBytes = 1 << 20, TimeSpan gatherTime = default) => new(
        new GroupCommitOptions { MaxUnpersistedBytes = maxUnpersistedBytes, GatherTime = gatherTime }, this);

    /// <summary>Waits until a flush has begun.</summary>
    public void AwaitBegin() => _begun.Wait(TestContext.Current.CancellationToken);

    /// <summary>Lets so many flushes go on.</summary>
    public void LetGo(int count = 1) => _goOn.Release(count);

    /// <inheritdoc/>
    public override Exception? Persist(StreamRegion region) => Held() ?? base.Persist(region);

    /// <inheritdoc/>
    public override Exception? Persist(PersistentStream stream) => Held() ?? base.Persist(stream);

    public void Dispose()
    {
        _goOn.Release(1000);
        GC.SuppressFinalize(this);
    }

    private Exception? Held()
    {
        Interlocked.Increment(ref _count);
        _begun.Release();
        _goOn.Wait();
        return Failure;
    }
}
