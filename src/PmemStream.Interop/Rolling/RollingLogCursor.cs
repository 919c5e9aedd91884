using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>
/// What the copies of an enumerator share: the cursor in the segment that it stands in. Used by one thread. One that is lost
/// is found by the finalizer of the handle.
/// </summary>
internal sealed class RollingLogCursor
{
    private readonly SegmentRing _ring;
    private readonly bool _verified;
    private LogSegment _segment;
    private CursorHandle _handle;

    public RollingLogCursor(SegmentRing ring, pms_cursor_start start, EntryPosition position, bool verified)
    {
        _ring = ring;
        _verified = verified;
        _handle = start == pms_cursor_start.PMS_CURSOR_FIRST
            ? ring.OpenFirst(verified, out _segment)
            : ring.OpenAt(start, position, verified, out _segment);
    }

    public bool MoveNext(out StreamEntry entry)
    {
        while (!MoveInSegment(out entry))
        {
            if (!_ring.MayLeave(_segment))
            {
                return false;
            }

            // What has become visible between the two looks. There can be nothing later than that.
            if (MoveInSegment(out entry))
            {
                return true;
            }

            CursorHandle next = _ring.OpenNext(_segment, _verified, out LogSegment segment);
            _handle.Dispose();
            (_handle, _segment) = (next, segment);
        }

        return true;
    }

    public void Dispose() => _handle.Dispose();

    private bool MoveInSegment(out StreamEntry entry)
    {
        var entries = new EntryEnumerator(_segment.Region, _handle);
        bool moved = entries.MoveNext();
        entry = entries.Current;
        return moved;
    }
}
