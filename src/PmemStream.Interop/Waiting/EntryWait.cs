namespace PmemStream.Interop.Waiting;

/// <summary>One caller of <see cref="StreamRegion.WaitForEntryAsync"/>.</summary>
internal sealed class EntryWait(EntryWaits owner, WaitPool<bool> pool) : WaitSource<bool>
{
    /// <summary>Where the entry is to come.</summary>
    public StreamRegion? Region { get; private set; }

    /// <summary>Behind which position.</summary>
    public EntryPosition After { get; private set; }

    /// <summary>How far the region was committed when there was none; 0: never looked, or not known.</summary>
    public ulong Committed { get; set; }

    /// <summary>Takes it into use.</summary>
    public void Begin(StreamRegion region, EntryPosition after)
    {
        Begin();
        Region = region;
        After = after;
        Committed = 0;
    }

    /// <inheritdoc/>
    protected override Exception Cancelled() => new OperationCanceledException(Cancellation);

    /// <inheritdoc/>
    protected override void AfterCancellation() => owner.Remove(this);

    /// <inheritdoc/>
    protected override void Return()
    {
        Region = null;
        After = default;
        pool.Put(this);
    }
}
