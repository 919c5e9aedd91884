namespace PmemStream.Interop;

/// <summary>
/// One life of one segment of a rolling log, with the gate through which appends go: it can be closed, for ever, and then
/// waits for those that are inside.
/// </summary>
internal sealed class LogSegment(StreamRegion region, ulong baseTimestamp)
{
    private const long Closed = 1;
    private const long One = 2;

    private readonly object _idle = new();

    // Bit 0: closed. Above it: how many are inside, also those that will be told at once that it is closed.
    private long _gate;
    private ulong? _firstTimestamp;

    /// <summary>Where its entries are.</summary>
    public StreamRegion Region { get; } = region;

    /// <summary>Names the life: it changes when the region is cleared.</summary>
    public ulong BaseTimestamp { get; } = baseTimestamp;

    /// <summary>
    /// The timestamp of its first visible entry, which is verified: the order of the log depends on it. Null as long as there
    /// is none. Called under the lock of the ring.
    /// </summary>
    /// <exception cref="StreamCorruptException">It is damaged.</exception>
    public ulong? FirstTimestamp => _firstTimestamp ??= Look();

    /// <summary>No entry will become visible in it any more. Guarded by the ring.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Goes in; the caller leaves. False when the gate is closed.</summary>
    public bool TryEnter()
    {
        if ((Interlocked.Add(ref _gate, One) & Closed) == 0)
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>Goes out.</summary>
    public void Leave()
    {
        // The last one out of a closed gate wakes whoever closed it: he looks at the gate inside the lock.
        if (Interlocked.Add(ref _gate, -One) == Closed)
        {
            lock (_idle)
            {
                Monitor.PulseAll(_idle);
            }
        }
    }

    /// <summary>Lets nobody in any more, and waits until nobody is inside.</summary>
    public void Close()
    {
        Interlocked.Or(ref _gate, Closed);
        lock (_idle)
        {
            while (Interlocked.Read(ref _gate) != Closed)
            {
                Monitor.Wait(_idle);
            }
        }
    }

    private ulong? Look()
    {
        foreach (StreamEntry entry in Region)
        {
            return entry.Timestamp;
        }

        return null;
    }
}
