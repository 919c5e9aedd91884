namespace PmemStream.Interop.Waiting;

/// <summary>How a group commit makes things durable: through the core. Tests put their own in its place.</summary>
internal class CommitFlush
{
    /// <summary>All of a region; null, or the failure.</summary>
    public virtual Exception? Persist(StreamRegion region) => region.TryPersist();

    /// <summary>All of a stream, likewise.</summary>
    public virtual Exception? Persist(PersistentStream stream) => stream.TryPersist(out _);
}
