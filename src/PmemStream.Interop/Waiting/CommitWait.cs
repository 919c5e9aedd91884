namespace PmemStream.Interop.Waiting;

/// <summary>One caller of <see cref="StreamRegion.AppendAsync"/> or <see cref="StreamRegion.PersistAsync"/>.</summary>
internal sealed class CommitWait(WaitPool<EntryPosition> pool) : WaitSource<EntryPosition>
{
    /// <summary>Where the entry is, or will be.</summary>
    public StreamRegion? Region { get; private set; }

    /// <summary>The entry; the default value: none yet.</summary>
    public EntryPosition Position { get; private set; }

    /// <summary>The bytes that are to be appended, while they are not.</summary>
    public ReadOnlyMemory<byte> Data { get; private set; }

    /// <summary>What it takes of the room for what is not durable; 0: it only waits for others.</summary>
    public long Bytes { get; private set; }

    /// <summary>The segment of a rolling log whose gate the append is inside of until it is durable, or will never be; null: none.</summary>
    public LogSegment? Inside { get; private set; }

    /// <summary>When the caller came, as <see cref="System.Diagnostics.Stopwatch"/> counts; 0: nobody wants to know.</summary>
    public long Since { get; private set; }

    /// <summary>Whether it appends; else it waits for an entry that somebody has appended.</summary>
    public bool IsAppend => Bytes != 0;

    /// <summary>Takes it into use for an append that has not taken place.</summary>
    public void Begin(StreamRegion region, ReadOnlyMemory<byte> data, long bytes, long since, LogSegment? inside)
    {
        Begin();
        Region = region;
        Data = data;
        Bytes = bytes;
        Since = since;
        Inside = inside;
    }

    /// <summary>Takes it into use for an entry that is there.</summary>
    public void Begin(StreamRegion region, EntryPosition position)
    {
        Begin();
        Region = region;
        Position = position;
    }

    /// <summary>The entry is there; its caller's buffer is not needed any more.</summary>
    public void Appended(EntryPosition position)
    {
        Position = position;
        Data = default;
    }

    /// <summary>Whoever is to end it is done with it: nothing becomes of the append any more.</summary>
    public void DropFromQueue()
    {
        Inside?.Leave();
        Inside = null;
        Drop();
    }

    /// <inheritdoc/>
    protected override Exception Cancelled() => IsAppend
        ? new AppendCanceledException(Region!, Position, Cancellation)
        : new OperationCanceledException(Cancellation);

    /// <inheritdoc/>
    protected override void Return()
    {
        Region = null;
        Position = default;
        Data = default;
        Bytes = 0;
        Since = 0;
        pool.Put(this);
    }
}
