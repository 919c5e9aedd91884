using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Where readers are, and where they go next.</content>
internal sealed partial class SegmentRing
{
    // How often a writer in another process may recycle the oldest segment while a reader begins there.
    private const int RacesMax = 16;

    /// <summary>Opens a cursor at the first entry of the log.</summary>
    public CursorHandle OpenFirst(bool verified, out LogSegment segment)
    {
        for (int attempt = 0; attempt < RacesMax; attempt++)
        {
            lock (_sync)
            {
                LookAgain();
                segment = _live[0];
                if (TryOpen(segment, verified) is { } cursor)
                {
                    return cursor;
                }
            }
        }

        throw Overtaken();
    }

    /// <summary>Opens a cursor at, or behind, an entry.</summary>
    /// <exception cref="EntryNotFoundException">There is no such entry any more.</exception>
    public CursorHandle OpenAt(pms_cursor_start start, EntryPosition position, bool verified, out LogSegment segment)
    {
        StreamRegion region = RegionOf(position);
        lock (_sync)
        {
            LookAgain();
            CursorHandle cursor = region.OpenCursor(start, position, verified);
            if (_live.Find(live => live.Region == region) is { } found)
            {
                segment = found;
                return cursor;
            }

            cursor.Dispose();
            throw NoEntry(position);
        }
    }

    /// <summary>Whether a reader that has seen all of a segment may go on to the next one.</summary>
    public bool MayLeave(LogSegment segment)
    {
        lock (_sync)
        {
            LookAgain();
            int index = _live.IndexOf(segment);
            return index >= 0 && index < _live.Count - 1 && IsComplete(segment);
        }
    }

    /// <summary>
    /// Opens a cursor at the beginning of the segment behind one that a cursor is still open in, and that therefore is still
    /// there, unless it is a writer in another process that recycles them.
    /// </summary>
    public CursorHandle OpenNext(LogSegment segment, bool verified, out LogSegment next)
    {
        lock (_sync)
        {
            int index = _live.IndexOf(segment);
            next = _live[index < 0 ? 0 : index + 1];
            return (index < 0 ? null : TryOpen(next, verified)) ?? throw Overtaken();
        }
    }

    /// <summary>The position of the last visible entry.</summary>
    public EntryPosition? LastPosition()
    {
        lock (_sync)
        {
            LookAgain();
            EntryPosition? last = null;
            int visible = 1 + _live.FindIndex(segment => segment == _active || !IsComplete(segment));
            for (int index = (visible == 0 ? _live.Count : visible) - 1; index >= 0 && last is null; index--)
            {
                last = LastOf(_live[index].Region);
            }

            return last;
        }
    }

    /// <summary>The segment in which a position lies, whether or not there is an entry.</summary>
    public StreamRegion RegionOf(EntryPosition position)
    {
        foreach (StreamRegion region in _regions)
        {
            if (position.Offset >= region.Offset && position.Offset - region.Offset < _bytesOfRegion)
            {
                return region;
            }
        }

        throw NoEntry(position);
    }

    private static EntryPosition? LastOf(StreamRegion region)
    {
        EntryPosition? last = null;
        if (region.Info.LastTimestamp is { } timestamp)
        {
            foreach (StreamEntry entry in region.EntriesFromTimestamp(timestamp).Unverified())
            {
                last = entry.Position;
            }
        }

        return last;
    }

    // Null if the segment is of another life by now.
    private CursorHandle? TryOpen(LogSegment segment, bool verified)
    {
        CursorHandle cursor = segment.Region.OpenCursor(pms_cursor_start.PMS_CURSOR_FIRST, default, verified);
        if (!_readOnly || segment.Region.Info.BaseTimestamp == segment.BaseTimestamp)
        {
            return cursor;
        }

        cursor.Dispose();
        return null;
    }

    private Exception Overtaken() => Failures.Stale(
        $"a writer in another process has recycled the segments of the rolling log '{Name}' that were to be read next",
        new Subject(_stream.Path, null, SubjectKind.Region));

    private Exception NoEntry(EntryPosition position) => Failures.NoEntry(
        position, $"that is no entry of the rolling log '{Name}' any more", new Subject(_stream.Path, null, SubjectKind.Region));

    // Its gate is closed (it is not the last), and every reservation in it has ended and is visible or passed over.
    private static bool IsComplete(LogSegment segment)
    {
        if (!segment.IsComplete)
        {
            RegionInfo info = segment.Region.Info;
            segment.IsComplete =
                info.CommittedOffset == info.Offset + (info.TotalBytes - info.UsableBytes) + info.UsedBytes;
        }

        return segment.IsComplete;
    }

    private void LookAgain()
    {
        if (_readOnly)
        {
            _active = Order();
        }
    }
}
