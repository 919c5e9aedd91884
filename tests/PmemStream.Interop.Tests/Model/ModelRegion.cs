using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests.Model;

/// <summary>What became of space that was taken in a region.</summary>
internal enum SlotState
{
    /// <summary>An open reservation.</summary>
    Open,

    /// <summary>An entry.</summary>
    Data,

    /// <summary>Ended without an entry.</summary>
    Passed,
}

/// <summary>Space in a region, in the order in which it was taken.</summary>
internal sealed class Slot(EntryPosition position, long extent)
{
    public EntryPosition Position { get; } = position;

    public long Extent { get; } = extent;

    public SlotState State { get; set; }

    public byte[] Data { get; set; } = [];

    public EntryReservation? Reservation { get; set; }

    public EntryGroup? Group { get; set; }

    /// <summary>What the group will have.</summary>
    public List<byte[]> GroupData { get; } = [];

    public long End => Position.Offset + Extent;
}

/// <summary>A region as a plain list, beside the real one.</summary>
internal sealed class ModelRegion(string? name, int alignment, long offset, long bytes)
{
    private const int HeaderBytes = 512;

    public string? Name { get; } = name;

    public int Alignment { get; } = alignment;

    public long Offset { get; } = offset;

    /// <summary>Of the whole piece.</summary>
    public long Bytes { get; } = bytes;

    public required StreamRegion Real { get; set; }

    public List<Slot> Slots { get; } = [];

    /// <summary>Positions of entries of earlier lives.</summary>
    public List<EntryPosition> Cleared { get; } = [];

    /// <summary>Everything before it was made durable.</summary>
    public long DurableEnd { get; set; } = offset + HeaderBytes;

    public long Used => Slots.Sum(slot => slot.Extent);

    public long End => Start + Used;

    public long Start => Offset + HeaderBytes;

    public IEnumerable<Slot> Open => Slots.Where(slot => slot.State == SlotState.Open);

    /// <summary>What readers are shown: the entries before the first open reservation.</summary>
    public IEnumerable<Slot> Visible =>
        Slots.TakeWhile(slot => slot.State != SlotState.Open).Where(slot => slot.State == SlotState.Data);

    public bool HasRoomFor(int payload) =>
        Used + TestStreams.ExtentOf(payload, Alignment) <= Bytes - HeaderBytes;

    /// <summary>Takes space at the end; the position must be the one that the model expects.</summary>
    public Slot Take(EntryPosition position, int payload, SlotState state, byte[]? data = null)
    {
        Assert.Equal(Start + Used, position.Offset);
        var slot = new Slot(position, TestStreams.ExtentOf(payload, Alignment)) { State = state, Data = data ?? [] };
        Slots.Add(slot);
        return slot;
    }

    /// <summary>Takes the space of a group that is published in place; the last entry has what is left of it.</summary>
    public void TakeInPlace(Slot group, IReadOnlyList<EntryPosition> positions)
    {
        int index = Slots.IndexOf(group);
        Slots.RemoveAt(index);
        long at = group.Position.Offset;
        for (int i = 0; i < positions.Count; i++)
        {
            Assert.Equal(at, positions[i].Offset);
            byte[] data = group.GroupData[i];
            long extent = i + 1 < positions.Count ? TestStreams.ExtentOf(data.Length, Alignment) : group.End - at;
            Slots.Insert(index + i, new Slot(positions[i], extent) { State = SlotState.Data, Data = data });
            at += extent;
        }
    }

    public void Clear()
    {
        Cleared.AddRange(Slots.Select(slot => slot.Position));
        Slots.Clear();
        DurableEnd = Start;
    }

    /// <summary>No session survives: open reservations are passed over. What recovery finds, it makes durable.</summary>
    public void EndSession()
    {
        foreach (Slot slot in Open)
        {
            slot.State = SlotState.Passed;
            slot.Reservation = null;
            slot.Group = null;
        }

        DurableEnd = Slots.LastOrDefault(slot => slot.State == SlotState.Data)?.End ?? Start;
    }

    /// <summary>
    /// A new session may have sealed the tail, where bytes of an earlier life, or of an earlier region, look like a
    /// timestamp. No other space may be gone.
    /// </summary>
    public bool TakeSeal()
    {
        long tail = Start + Used;
        bool isSealed = Real.CommittedOffset != tail;
        if (isSealed)
        {
            Take(new EntryPosition(tail, 0), 0, SlotState.Passed);
            Assert.Equal(Start + Used, Real.CommittedOffset);
        }

        return isSealed;
    }

    /// <summary>The real region shows this, and says this of itself.</summary>
    public void Compare(StreamRegion real, bool isWriter)
    {
        Slot[] visible = [.. Visible];
        AssertShows(visible, real.Entries);
        RegionInfo info = real.Info;
        Assert.Equal(Name ?? "", info.Name);
        Assert.Equal((Offset, Bytes, Alignment), (info.Offset, info.TotalBytes, info.EntryAlignment));
        Assert.Equal(Bytes - HeaderBytes, info.UsableBytes);
        Assert.Equal(visible.FirstOrDefault()?.Position.Timestamp, info.FirstTimestamp);
        Assert.Equal(visible.LastOrDefault()?.Position.Timestamp, info.LastTimestamp);
        Assert.Equal(StreamConditions.None, info.Conditions);
        Slot? firstOpen = Open.FirstOrDefault();
        Assert.Equal(firstOpen?.Position.Offset ?? (Start + Used), real.CommittedOffset);
        if (isWriter)
        {
            Assert.Equal(Used, info.UsedBytes);
            Assert.Equal(Open.Count(), info.OpenReservations);
            Assert.Equal(firstOpen?.Position, info.OldestReservation);
            Assert.InRange(real.PersistedOffset, DurableEnd, End);
        }
    }

    public static void AssertShows(IReadOnlyList<Slot> expected, EntrySequence entries)
    {
        int index = 0;
        foreach (StreamEntry entry in entries)
        {
            Assert.True(index < expected.Count, $"There is an entry too many, at {entry.Position}.");
            Assert.Equal(expected[index].Position, entry.Position);
            Assert.True(entry.Data.SequenceEqual(expected[index].Data), $"The entry at {entry.Position} holds other bytes.");
            index++;
        }

        Assert.Equal(expected.Count, index);
    }
}
