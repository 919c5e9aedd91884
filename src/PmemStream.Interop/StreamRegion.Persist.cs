namespace PmemStream.Interop;

/// <content>Making entries durable that were appended without it.</content>
public sealed partial class StreamRegion
{
    /// <summary>
    /// Makes everything durable whose append, by any thread, had returned before the call. Costs one fence for all of it, and
    /// nothing when it is durable already.
    /// </summary>
    /// <remarks>
    /// Entries behind an open reservation become durable, too, but stay invisible until it ends: it is not waited for. May be
    /// called from several threads at once. <see cref="PersistedOffset"/> tells afterwards how far it came.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="StreamStorageException">
    /// Making it durable failed, now or earlier: what was not durable before may or may not be there when the stream is
    /// opened again.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public void Persist()
    {
        if (TryPersist() is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>
    /// Makes an entry durable, with everything before it in the region. Costs one fence, and nothing when it is durable
    /// already.
    /// </summary>
    /// <param name="upTo">
    /// The position of an entry; what lies behind it may become durable, too. The default value: before the first, so nothing
    /// has to.
    /// </param>
    /// <exception cref="EntryNotFoundException">
    /// The position names no entry of this region, or is of an earlier life of it.
    /// </exception>
    /// <inheritdoc cref="Persist()"/>
    public void Persist(EntryPosition upTo)
    {
        if (TryPersist(upTo) is { } failure)
        {
            throw failure;
        }
    }
}
