namespace PmemStream.Interop.Tests.Model;

/// <content>Operations on one region.</content>
internal sealed partial class ModelRun
{
    private void DoInRegion(ModelRegion region, Operation operation)
    {
        int which = operation.Which / _regions.Count;
        switch (operation.Kind)
        {
            case OperationKind.Append or OperationKind.TryAppend or OperationKind.AppendInPlace or OperationKind.AppendAndThrow:
                Append(region, operation);
                break;
            case OperationKind.AppendDeferred or OperationKind.AppendSequence or OperationKind.AppendGroup
                or OperationKind.Persist or OperationKind.BeginGroup or OperationKind.PublishGroup
                or OperationKind.AbandonGroup:
                DoByOtherVerb(region, operation, which);
                break;
            case OperationKind.Reserve:
                Reserve(region, operation.Size);
                break;
            case OperationKind.Clear:
                Clear(region);
                break;
            case OperationKind.Free:
                Free(region);
                break;
            case OperationKind.ChangeUnderEnumerator:
                ChangeUnderEnumerator(region);
                break;
            case OperationKind.ReadNoEntry:
                ReadNoEntry(region, which);
                break;
            case OperationKind.EntriesAfter or OperationKind.EntriesFrom or OperationKind.EntriesFromTimestamp
                or OperationKind.TryCopy:
                Read(region, operation.Kind, which, operation.Size);
                break;
            default:
                EndReservation(region, operation.Kind, which, operation.Size);
                break;
        }
    }

    private void Append(ModelRegion region, Operation operation)
    {
        byte[] data = NextPayload(operation.Size);
        if (!region.HasRoomFor(data.Length))
        {
            Assert.Throws<RegionFullException>(() => region.Real.Append(data));
            Assert.Throws<RegionFullException>(() => region.Real.Append(data.Length, data, Fill));
            Assert.False(region.Real.TryAppend(data, out EntryPosition nowhere));
            Assert.Equal(default, nowhere);
            return;
        }

        EntryPosition position = default;
        switch (operation.Kind)
        {
            case OperationKind.Append:
                position = region.Real.Append(data);
                break;
            case OperationKind.TryAppend:
                Assert.True(region.Real.TryAppend(data, out position));
                break;
            case OperationKind.AppendInPlace:
                position = region.Real.Append(data.Length, data, Fill);
                break;
            default:
                AppendAndThrow(region, data);
                return;
        }

        region.DurableEnd = region.Take(position, data.Length, SlotState.Data, data).End;
        Advance(position.Timestamp);
    }

    private static void AppendAndThrow(ModelRegion region, byte[] data)
    {
        Assert.Throws<TimeZoneNotFoundException>(
            () => region.Real.Append(data.Length, data, (_, _) => throw new TimeZoneNotFoundException()));

        // The space is gone. Nothing says what its timestamp was.
        region.Take(new EntryPosition(region.Start + region.Used, 0), data.Length, SlotState.Passed);
    }

    private static void Fill(Span<byte> span, byte[] data) => data.CopyTo(span);

    private void Reserve(ModelRegion region, int size)
    {
        if (!region.HasRoomFor(size))
        {
            Assert.Throws<RegionFullException>(() => region.Real.Reserve(size));
            return;
        }

        EntryReservation reservation = region.Real.Reserve(size);
        Assert.Equal((size, size), (reservation.Length, reservation.Span.Length));
        reservation.Span.Fill(0xEE);
        region.Take(reservation.Position, size, SlotState.Open).Reservation = reservation;
        Advance(reservation.Position.Timestamp);
    }

    private void EndReservation(ModelRegion region, OperationKind kind, int which, int size)
    {
        Slot[] open = [.. region.Open.Where(slot => slot.Reservation is not null)];
        if (open.Length == 0)
        {
            return;
        }

        Slot slot = kind == OperationKind.AbandonByPosition ? open[0] : open[which % open.Length];
        EntryReservation reservation = slot.Reservation!;
        switch (kind)
        {
            case OperationKind.Publish or OperationKind.PublishShorter:
                slot.Data = NextPayload(kind == OperationKind.Publish ? reservation.Length : size % (reservation.Length + 1));
                slot.Data.CopyTo(reservation.Span);
                Assert.Throws<ArgumentOutOfRangeException>(() => reservation.Publish(reservation.Length + 1));
                Assert.Equal(slot.Position, reservation.Publish(slot.Data.Length));
                slot.State = SlotState.Data;
                region.DurableEnd = Math.Max(region.DurableEnd, slot.End);
                break;
            case OperationKind.Abandon:
                reservation.Abandon();
                slot.State = SlotState.Passed;
                break;
            case OperationKind.AbandonByPosition:
                region.Real.AbandonReservation(slot.Position);
                slot.State = SlotState.Passed;
                break;
            default:
                reservation.Dispose();
                slot.State = SlotState.Passed;
                Assert.Throws<ObjectDisposedException>(() => reservation.Publish());
                return;
        }

        Assert.Throws<InvalidOperationException>(() => reservation.Publish());
        Assert.Throws<EntryNotFoundException>(() => region.Real.AbandonReservation(slot.Position));
        reservation.Dispose();
    }

    private static void UseAfterDispose(Slot slot)
    {
        if (slot.Group is { } group)
        {
            Assert.Throws<ObjectDisposedException>(() => group.Add([]));
            Assert.Throws<ObjectDisposedException>(() => group.Publish());
            group.Dispose();
            return;
        }

        Assert.Throws<ObjectDisposedException>(() => slot.Reservation!.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => slot.Reservation!.Publish());
        slot.Reservation!.Dispose();
    }

    private void Clear(ModelRegion region)
    {
        if (region.Open.Any())
        {
            Assert.Throws<RegionBusyException>(region.Real.Clear);
            return;
        }

        region.Real.Clear();
        region.Clear();
        Advance(region.Real.Info.BaseTimestamp);
    }

    private void Free(ModelRegion region)
    {
        if (region.Open.Any())
        {
            Assert.Throws<RegionBusyException>(region.Real.Free);
            return;
        }

        region.Real.Free();
        _freed.Add(region.Real);
        _regions.Remove(region);
        _space.Return(region.Offset, region.Bytes);
    }

    private static void ChangeUnderEnumerator(ModelRegion region)
    {
        using EntryEnumerator enumerator = region.Real.GetEnumerator();
        Assert.Equal(region.Visible.Any(), enumerator.MoveNext());
        Assert.Throws<RegionBusyException>(region.Real.Clear);
        Assert.Throws<RegionBusyException>(region.Real.Free);
    }

    private static void Read(ModelRegion region, OperationKind kind, int which, int size)
    {
        Slot[] visible = [.. region.Visible];
        if (visible.Length == 0)
        {
            ModelRegion.AssertShows([], region.Real.EntriesAfter(default));
            ModelRegion.AssertShows([], region.Real.EntriesFromTimestamp((ulong)size));
            return;
        }

        int index = which % visible.Length;
        Slot slot = visible[index];
        switch (kind)
        {
            case OperationKind.EntriesAfter:
                ModelRegion.AssertShows(visible[(index + 1)..], region.Real.EntriesAfter(slot.Position));
                break;
            case OperationKind.EntriesFrom:
                ModelRegion.AssertShows(visible[index..], region.Real.EntriesFrom(slot.Position).Unverified());
                break;
            case OperationKind.EntriesFromTimestamp:
                ulong from = slot.Position.Timestamp - (ulong)(size % 2);
                ModelRegion.AssertShows(
                    [.. visible.Where(item => item.Position.Timestamp >= from)], region.Real.EntriesFromTimestamp(from));
                break;
            default:
                byte[] buffer = new byte[size];
                Assert.Equal(size >= slot.Data.Length, region.Real.TryCopy(slot.Position, buffer, out int length));
                Assert.Equal(slot.Data.Length, length);
                Assert.True(size < length || buffer.AsSpan(0, length).SequenceEqual(slot.Data));
                Assert.Equal(slot.Data, region.Real.ReadToArray(slot.Position));
                break;
        }
    }

    // Skipped space, hidden entries, earlier lives, wrong timestamps, places that are none.
    private static void ReadNoEntry(ModelRegion region, int which)
    {
        EntryPosition[] hidden =
        [
            .. region.Slots.Except(region.Visible).Select(slot => slot.Position),
            .. region.Cleared.Except(region.Slots.Select(slot => slot.Position)),
            .. region.Visible.Select(slot => slot.Position with { Timestamp = slot.Position.Timestamp + 1 }),
            new EntryPosition(region.Start + 8, 1),
            new EntryPosition(-1, 1),
            new EntryPosition(region.Start + region.Used, ulong.MaxValue),
        ];
        EntryPosition nowhere = hidden[which % hidden.Length];
        Assert.Throws<EntryNotFoundException>(() => region.Real.ReadToArray(nowhere));
        Assert.Throws<EntryNotFoundException>(() => region.Real.EntriesAfter(nowhere).GetEnumerator().Dispose());
        Assert.Throws<EntryNotFoundException>(() => region.Real.EntriesFrom(nowhere).GetEnumerator().Dispose());
    }
}
