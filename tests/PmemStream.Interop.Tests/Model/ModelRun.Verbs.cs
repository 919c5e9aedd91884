using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests.Model;

/// <content>Appending without making durable, in pieces and in groups.</content>
internal sealed partial class ModelRun
{
    private const int GroupMax = 4;

    private void DoByOtherVerb(ModelRegion region, Operation operation, int which)
    {
        switch (operation.Kind)
        {
            case OperationKind.AppendDeferred or OperationKind.AppendSequence:
                AppendOne(region, operation, which);
                break;
            case OperationKind.AppendGroup:
                AppendGroup(region, which, operation.Size);
                break;
            case OperationKind.Persist:
                Persist(region, which);
                break;
            case OperationKind.BeginGroup:
                BeginGroup(region, which, operation.Size);
                break;
            case OperationKind.PublishGroup:
                PublishGroup(region, which);
                break;
            default:
                AbandonGroup(region, which);
                break;
        }
    }

    private void AppendOne(ModelRegion region, Operation operation, int which)
    {
        byte[] data = NextPayload(operation.Size);
        bool deferred = operation.Kind == OperationKind.AppendDeferred || which % 2 == 0;
        var pieces = Pieces.Of(data, 1 + (data.Length / (1 + (which % 20))));
        if (!region.HasRoomFor(data.Length))
        {
            Assert.Throws<RegionFullException>(() => region.Real.AppendDeferred(data));
            Assert.Throws<RegionFullException>(() => region.Real.Append(pieces));
            Assert.False(region.Real.TryAppendDeferred(data, out EntryPosition nowhere));
            Assert.Equal(default, nowhere);
            return;
        }

        EntryPosition position = (operation.Kind, deferred) switch
        {
            (OperationKind.AppendDeferred, _) => region.Real.AppendDeferred(data),
            (_, true) => region.Real.AppendDeferred(pieces),
            _ => region.Real.Append(pieces),
        };
        Slot slot = region.Take(position, data.Length, SlotState.Data, data);
        region.DurableEnd = deferred ? region.DurableEnd : slot.End;
        Advance(position.Timestamp);
    }

    private void AppendGroup(ModelRegion region, int which, int size)
    {
        byte[][] entries = [.. GroupSizes(which, size).Select(NextPayload)];
        byte[] all = [.. entries.SelectMany(entry => entry)];
        int[] lengths = [.. entries.Select(entry => entry.Length)];
        var memories = Array.ConvertAll(entries, entry => (ReadOnlyMemory<byte>)entry);
        long extent = entries.Sum(entry => TestStreams.ExtentOf(entry.Length, region.Alignment));
        if (extent > region.Bytes - region.Used - (region.Start - region.Offset))
        {
            Assert.Throws<RegionFullException>(() => region.Real.AppendGroup(memories));
            Assert.Throws<RegionFullException>(() => region.Real.AppendGroupDeferred(all, lengths));
            return;
        }

        var positions = new EntryPosition[entries.Length];
        bool deferred = which % 2 == 0;
        EntryPosition first = (deferred, which % 3 == 0) switch
        {
            (true, true) => region.Real.AppendGroupDeferred(memories, positions),
            (true, false) => region.Real.AppendGroupDeferred(all, lengths, positions),
            (false, true) => region.Real.AppendGroup(memories, positions),
            _ => region.Real.AppendGroup(all, lengths, positions),
        };
        Assert.Equal(positions[0], first);
        TakeGroup(region, entries, positions);
        region.DurableEnd = deferred ? region.DurableEnd : region.End;
    }

    private void TakeGroup(ModelRegion region, IReadOnlyList<byte[]> entries, EntryPosition[] positions)
    {
        Assert.Equal(entries.Count, positions.Length);
        for (int i = 0; i < entries.Count; i++)
        {
            region.Take(positions[i], entries[i].Length, SlotState.Data, entries[i]);
            Assert.True(i == 0 || positions[i].Timestamp == positions[i - 1].Timestamp + 1);
            Advance(positions[i].Timestamp);
        }
    }

    private static IEnumerable<int> GroupSizes(int which, int size) =>
        Enumerable.Range(0, 1 + (which % GroupMax)).Select(i => size / (1 + i));

    private static void Persist(ModelRegion region, int which)
    {
        Slot? entry = region.Slots.Where(slot => slot.State == SlotState.Data)
            .ElementAtOrDefault(which % Math.Max(1, region.Slots.Count));
        if (entry is null || which % 3 == 0)
        {
            region.Real.Persist();
            region.DurableEnd = region.End;
            return;
        }

        region.Real.Persist(entry.Position);
        region.DurableEnd = Math.Max(region.DurableEnd, entry.End);
        Assert.Throws<EntryNotFoundException>(
            () => region.Real.Persist(entry.Position with { Timestamp = entry.Position.Timestamp + 1 }));
    }

    // Up to the first open reservation of the stream, in the order of time, everything is below the new timestamp.
    private void PersistStream()
    {
        ulong timestamp = _stream.Persist();
        Assert.True(timestamp >= _persistedTimestamp);
        _persistedTimestamp = timestamp;
        ulong firstOpen = ulong.MaxValue;
        foreach (ModelRegion region in _regions)
        {
            region.DurableEnd = region.End;
            firstOpen = Math.Min(firstOpen, region.Open.FirstOrDefault()?.Position.Timestamp ?? ulong.MaxValue);
        }

        Assert.True(timestamp < firstOpen);
        Assert.All(
            _regions.SelectMany(region => region.Slots).Where(slot => slot.State == SlotState.Data),
            slot => Assert.Equal(slot.Position.Timestamp < firstOpen, slot.Position.Timestamp <= timestamp));
    }

    private void BeginGroup(ModelRegion region, int which, int size)
    {
        int[] sizes = [.. GroupSizes(which, size)];
        int maxEntries = sizes.Length + (which % 2);
        long extent = sizes.Sum() + (maxEntries * (TestStreams.HeaderBytes + region.Alignment - 1L));
        int payload = (int)extent - TestStreams.HeaderBytes;
        if (!region.HasRoomFor(payload))
        {
            Assert.Throws<RegionFullException>(() => region.Real.BeginGroup(maxEntries, sizes.Sum()));
            return;
        }

        // Nothing else takes a timestamp meanwhile.
        ulong timestamp = _stream.Info.NextTimestamp;
        EntryGroup group = region.Real.BeginGroup(maxEntries, sizes.Sum());
        Slot slot = region.Take(new EntryPosition(region.End, timestamp), payload, SlotState.Open);
        Advance(timestamp);
        slot.Group = group;
        foreach (int length in sizes)
        {
            byte[] data = NextPayload(length);
            if (length % 2 == 0)
            {
                group.Add(data);
            }
            else
            {
                data.CopyTo(group.GetSpan(length));
                group.Advance(length);
                group.CompleteEntry();
            }

            slot.GroupData.Add(data);
        }
    }

    private void PublishGroup(ModelRegion region, int which)
    {
        Slot[] open = [.. region.Open.Where(item => item.Group is not null)];
        if (open.Length == 0)
        {
            return;
        }

        Slot slot = open[which % open.Length];
        EntryGroup group = slot.Group!;
        EntryPosition[] positions;
        try
        {
            positions = group.Publish();
        }
        catch (RegionFullException)
        {
            long extent = slot.GroupData.Sum(data => TestStreams.ExtentOf(data.Length, region.Alignment));
            Assert.True(region.End + extent > region.Offset + region.Bytes);
            Assert.True(region.Real.PersistedOffset > slot.Position.Offset);
            return;
        }

        slot.Group = null;
        if (positions[0].Offset == slot.Position.Offset)
        {
            // Nothing behind it was promised before.
            Assert.Equal(slot.Position, positions[0]);
            Assert.True(region.DurableEnd <= slot.Position.Offset);
            region.TakeInPlace(slot, positions);
            region.DurableEnd = slot.End;
        }
        else
        {
            slot.State = SlotState.Passed;
            TakeGroup(region, slot.GroupData, positions);
            region.DurableEnd = region.End;
        }

        Assert.Throws<InvalidOperationException>(() => group.Publish());
        group.Dispose();
    }

    private static void AbandonGroup(ModelRegion region, int which)
    {
        Slot[] open = [.. region.Open.Where(item => item.Group is not null)];
        if (open.Length == 0)
        {
            return;
        }

        Slot slot = open[which % open.Length];
        bool isOldest = ReferenceEquals(slot, region.Open.First());
        switch (which % 3)
        {
            case 0:
                slot.Group!.Abandon();
                break;
            case 1 when isOldest:
                region.Real.AbandonReservation(slot.Position);
                Assert.Throws<InvalidOperationException>(() => slot.Group!.Publish());
                break;
            default:
                slot.Group!.Dispose();
                break;
        }

        slot.State = SlotState.Passed;
        slot.Group = null;
    }
}
