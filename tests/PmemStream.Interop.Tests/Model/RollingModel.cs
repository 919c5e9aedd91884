using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests.Model;

/// <summary>A segment as a plain list: what took space in it, in order.</summary>
internal sealed class ModelSegment
{
    public List<Slot> Slots { get; } = [];

    /// <summary>Space that nobody can name: what recovery sealed.</summary>
    public long LostBytes { get; set; }

    public long Used => LostBytes + Slots.Sum(slot => slot.Extent);

    public bool IsOpen => Slots.Exists(slot => slot.State == SlotState.Open);

    public IEnumerable<Slot> Visible =>
        Slots.TakeWhile(slot => slot.State != SlotState.Open).Where(slot => slot.State == SlotState.Data);
}

/// <summary>What becomes of an append.</summary>
internal enum RoomFor
{
    /// <summary>It fits.</summary>
    Fits,

    /// <summary>The log is full.</summary>
    Full,

    /// <summary>The oldest segment is in use.</summary>
    Busy,
}

/// <summary>A rolling log as a list of lists, beside the real one.</summary>
internal sealed class RollingModel(int count, long segmentBytes, int alignment, bool dropsNothing)
{
    // What a recovery may take of a segment; entries are packed to 8 here, and this is the header of one.
    private const long SealBytes = TestStreams.HeaderBytes;

    private readonly List<ModelSegment> _live = [new()];
    private int _sessions;

    /// <summary>Entries that are gone.</summary>
    public List<EntryPosition> Removed { get; } = [];

    /// <summary>Entries with a lease.</summary>
    public HashSet<EntryPosition> Held { get; } = [];

    public IEnumerable<Slot> Open => _live.SelectMany(segment => segment.Slots).Where(slot => slot.State == SlotState.Open);

    /// <summary>What readers see: up to the first open reservation.</summary>
    public List<Slot> Visible
    {
        get
        {
            int complete = _live.FindIndex(segment => segment.IsOpen);
            return [.. _live.Take(complete < 0 ? _live.Count : complete + 1).SelectMany(segment => segment.Visible)];
        }
    }

    /// <summary>All that can be read by its position: each segment up to its own first open reservation.</summary>
    public List<Slot> Readable => [.. _live.SelectMany(segment => segment.Visible)];

    /// <summary>Makes room, as the log should.</summary>
    public RoomFor MakeRoom(int payload, WhenFull whenFull)
    {
        if (HasRoomFor(payload))
        {
            return RoomFor.Fits;
        }

        if (_live.Count == count)
        {
            ReclaimEmpty();
        }

        if (_live.Count == count && whenFull == WhenFull.Fail)
        {
            return RoomFor.Full;
        }

        if (_live.Count == count && !TryRemoveOldest())
        {
            return RoomFor.Busy;
        }

        _live.Add(new ModelSegment());
        return RoomFor.Fits;
    }

    public Slot Take(EntryPosition position, int payload, SlotState state, byte[]? data = null)
    {
        var slot = new Slot(position, TestStreams.ExtentOf(payload, alignment)) { State = state, Data = data ?? [] };
        _live[^1].Slots.Add(slot);
        return slot;
    }

    /// <summary>False when a segment is in use; those before it are gone.</summary>
    public bool Truncate(EntryPosition before)
    {
        int first = _live.FindLastIndex(segment => segment.Visible.FirstOrDefault()?.Position.Timestamp <= before.Timestamp);
        for (; first > 0; first--)
        {
            if (!TryRemoveOldest())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Open reservations are passed over; the log goes on in the last segment that holds an entry.</summary>
    public void EndSession()
    {
        _sessions++;
        foreach (Slot slot in Open.ToList())
        {
            slot.State = SlotState.Passed;
            slot.Reservation = null;
        }

        _live.RemoveAll(segment => !segment.Visible.Any());
        if (_live.Count == 0)
        {
            _live.Add(new ModelSegment());
        }

        Held.Clear();
    }

    /// <summary>The space that the last segment has lost besides: to seals, or to what was abandoned in an empty log.</summary>
    public void TakeLoss(long usedBytes)
    {
        ModelSegment last = _live[^1];
        long loss = usedBytes - last.Used;
        Assert.True(
            loss >= 0 && (last.Slots.Count == 0 || (loss % SealBytes == 0 && loss <= SealBytes * _sessions)),
            $"{loss} bytes of the last segment are gone.");
        last.LostBytes += loss;
    }

    private bool HasRoomFor(int payload) =>
        _live[^1].Used + TestStreams.ExtentOf(payload, alignment) <= segmentBytes;

    private bool TryRemoveOldest()
    {
        if (_live[0].IsOpen || _live[0].Slots.Exists(slot => Held.Contains(slot.Position)))
        {
            return false;
        }

        if (!dropsNothing)
        {
            Removed.AddRange(_live[0].Slots.Select(slot => slot.Position));
            _live.RemoveAt(0);
        }

        return true;
    }

    private void ReclaimEmpty()
    {
        for (int index = _live.Count - 2; index >= 0; index--)
        {
            if (!_live[index].IsOpen && !_live[index].Visible.Any())
            {
                Removed.AddRange(_live[index].Slots.Select(slot => slot.Position));
                _live.RemoveAt(index);
            }
        }
    }
}
