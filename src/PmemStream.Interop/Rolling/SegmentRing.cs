using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>
/// The segments of one rolling log: which hold entries and in what order, which is written to, and how the log goes on in
/// the next.
/// </summary>
/// <remarks>
/// <para>
/// <b>What is stored.</b> Regions named <c>NAME.0000</c>, <c>NAME.0001</c>, ..., of one size, and nothing else. All are there
/// from the beginning, so that rolling never runs out of space. The log is the entries of all regions, in the order of their
/// timestamps; the timestamps of two segments never interleave. So the order of the segments is that of their first
/// timestamps, the one that is written to is the last that holds an entry, and a position, which is a timestamp and an
/// offset, compares across segments and sessions.
/// </para>
/// <para>
/// <b>Creating</b> goes from the highest number down to 0. The first region that exists names the number of segments, and
/// the log is complete when number 0 exists. After a crash: no region, or the highest ones, all without entries; who opens
/// the log with the same sizes creates the missing ones.
/// </para>
/// <para>
/// <b>A roll</b> is at most one change of what is stored, a clear, which is atomic:
/// </para>
/// <list type="number">
/// <item>A segment without entries is found; there is one as long as fewer than all are in use. Else, with
/// <see cref="WhenFull.DropOldest"/>, the oldest is cleared. After a crash here: the log, or the log without its oldest
/// segment.</item>
/// <item>The gate of the full segment is closed, and the appends that are inside are waited for. So every timestamp in it is
/// below those to come, and what was appended to it before is durable before anything in the next segment returns. In memory
/// only: after a crash the log goes on in the old segment, where smaller entries may still fit; nothing is in the next.</item>
/// <item>The next segment becomes the one that is written to. In memory only: it is the last one in order as soon as it
/// holds its first entry.</item>
/// </list>
/// <para>If step 1 fails, nothing was changed and the gate is open.</para>
/// <para>
/// A segment that has no entries may have lost space all the same (abandoned reservations, the seal of a recovery); it is
/// cleared before it is used. A segment that lost all of its space to them is cleared and used before an oldest is dropped.
/// </para>
/// <para>
/// <b>Truncating</b> clears whole segments, the oldest first. After a crash anywhere: a log that begins at some segment. The
/// segment that is written to is never cleared, so an append meets only one that is dropped as it looks at an old object,
/// and finds its gate closed.
/// </para>
/// <para>
/// <b>Threads.</b> Appends go through the gate of a segment, two interlocked additions, and take no lock. Rolling, truncating
/// and the steps of readers from segment to segment take the lock. Opening a cursor under the lock keeps its segment: the core
/// refuses to clear a region with a cursor. Readers leave a segment for the next only when nothing can become visible in it
/// any more, which an open reservation delays.
/// </para>
/// <para>
/// <b>After the stream is disposed</b> the regions throw; nobody waits: who is inside a gate leaves it with the exception.
/// </para>
/// </remarks>
internal sealed partial class SegmentRing
{
#if NET9_0_OR_GREATER
    private readonly Lock _sync = new();
#else
    private readonly object _sync = new();
#endif
    private readonly PersistentStream _stream;
    private readonly StreamRegion[] _regions;
    private readonly long _bytesOfRegion;
    private readonly bool _readOnly;
    private readonly Action<RollStep, StreamRegion>? _stepTaken;

    // Those in the log, the oldest first; the last one is written to. The others, in the order in which they will be used.
    private readonly List<LogSegment> _live = [];
    private readonly List<StreamRegion> _free = [];
    private volatile LogSegment _active;

    private SegmentRing(PersistentStream stream, string name, StreamRegion[] regions, Action<RollStep, StreamRegion>? stepTaken)
    {
        _stream = stream;
        Name = name;
        _regions = regions;
        _readOnly = stream.Info.IsReadOnly;
        _stepTaken = stepTaken;
        _bytesOfRegion = regions[0].Info.TotalBytes;
        EntryBytesMax = regions.Min(region => EntryBytesMaxOf(region.Info.UsableBytes, region.EntryAlignment));
        _active = Order();
    }

    /// <summary>The name of the log.</summary>
    public string Name { get; }

    /// <summary>Number of segments.</summary>
    public int Count => _regions.Length;

    /// <summary>Room for entries in each segment.</summary>
    public long SegmentBytes => _regions[0].Info.UsableBytes;

    /// <summary>The largest entry that fits into an empty segment.</summary>
    public int EntryBytesMax { get; }

    /// <summary>The segment that is written to.</summary>
    public LogSegment Active => _active;

    /// <summary>Its stream.</summary>
    public PersistentStream Stream => _stream;

    /// <summary>The largest entry that fits into so much room; negative if none does.</summary>
    public static int EntryBytesMaxOf(long usableBytes, int entryAlignment)
    {
        long most = (usableBytes / entryAlignment * entryAlignment) - NativeMethods.PMS_ENTRY_HEADER_BYTES;
        return (int)Math.Min(most, NativeMethods.PMS_ENTRY_BYTES_MAX);
    }

    /// <summary>Goes on in another segment than <paramref name="full"/>. False if there is none and none may be dropped.</summary>
    public bool TryRoll(LogSegment full, WhenFull whenFull)
    {
        lock (_sync)
        {
            if (_active != full)
            {
                return true;
            }

            if (TakeFree(whenFull) is not { } next)
            {
                return false;
            }

            // Made before: behind the closed gate nothing may fail.
            var segment = new LogSegment(next, next.Info.BaseTimestamp);
            full.Close();
            Took(RollStep.GateClosed, full.Region);
            _live.Add(segment);
            _active = segment;
            Took(RollStep.Rolled, next);
            return true;
        }
    }

    /// <summary>Clears the segments of which every entry is before the position.</summary>
    public void TruncateBefore(EntryPosition position)
    {
        if (_readOnly)
        {
            throw Errors.LogReadOnly(_stream.Path);
        }

        lock (_sync)
        {
            // By the first entry of a later one, not by the own last: that may be an open reservation, which nobody sees yet.
            int count = _live.Count - 1;
            while (count > 0 && !(_live[count].FirstTimestamp <= position.Timestamp))
            {
                count--;
            }

            for (; count > 0; count--)
            {
                ClearOldest();
            }
        }
    }

    /// <summary>The log is full and may drop nothing.</summary>
    public RollingLogFullException Full() => new(Failures.OfLog(
        StreamStatus.RegionFull,
        _stream.Path,
        Name,
        $"each of its {Count} segments of {SegmentBytes} bytes holds entries, and the new one does not fit into the last",
        $"Make room with {nameof(RollingLog.TruncateBefore)}, or open it with {nameof(WhenFull)}."
        + $"{nameof(WhenFull.DropOldest)}."));

    // An empty segment for the next entries; null if there is none.
    private StreamRegion? TakeFree(WhenFull whenFull)
    {
        if (_free.Count == 0)
        {
            ReclaimEmpty();
        }

        if (_free.Count == 0 && whenFull == WhenFull.DropOldest)
        {
            ClearOldest();
        }

        if (_free.Count == 0)
        {
            return null;
        }

        StreamRegion next = _free[0];
        if (next.Info.UsedBytes != 0)
        {
            Clear(next);
        }

        _free.RemoveAt(0);
        return next;
    }

    // Segments that hold nothing but abandoned reservations need not wait for their turn.
    private void ReclaimEmpty()
    {
        for (int index = _live.Count - 2; index >= 0; index--)
        {
            LogSegment segment = _live[index];
            if (IsComplete(segment) && segment.FirstTimestamp is null && TryClear(segment.Region) is null)
            {
                _live.RemoveAt(index);
                _free.Add(segment.Region);
            }
        }
    }

    private void ClearOldest()
    {
        StreamRegion oldest = _live[0].Region;
        Clear(oldest);
        _live.RemoveAt(0);
        _free.Add(oldest);
    }

    private void Clear(StreamRegion region)
    {
        if (TryClear(region) is { } busy)
        {
            throw new RollingLogBusyException(
                Failures.OfLog(
                    StreamStatus.Busy,
                    _stream.Path,
                    Name,
                    $"its segment '{region.Name}' is in use, so it cannot be recycled; nothing in it was changed, nothing appended",
                    "Dispose the enumerator, lease or reservation in it, and try again."),
                busy);
        }
    }

    private RegionBusyException? TryClear(StreamRegion region)
    {
        Took(RollStep.Clearing, region);
        try
        {
            region.Clear();
        }
        catch (RegionBusyException busy)
        {
            return busy;
        }

        Took(RollStep.Cleared, region);
        return null;
    }

    private void Took(RollStep step, StreamRegion region) => _stepTaken?.Invoke(step, region);
}

/// <summary>The steps between which a crash may come; tests look at what the file holds then.</summary>
internal enum RollStep
{
    /// <summary>A region of a new log was created.</summary>
    Created,

    /// <summary>A region is about to be cleared.</summary>
    Clearing,

    /// <summary>It is.</summary>
    Cleared,

    /// <summary>The gate of the full segment is closed.</summary>
    GateClosed,

    /// <summary>The next segment is the one that is written to.</summary>
    Rolled,
}
