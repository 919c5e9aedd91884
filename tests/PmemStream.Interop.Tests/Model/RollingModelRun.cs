using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests.Model;

/// <summary>A rolling log and its model, to which operations are done side by side.</summary>
internal sealed class RollingModelRun : IDisposable
{
    private const long StreamBytes = 64 << 10;
    private const int Alignment = 8;

    private readonly TestFolder _folder;
    private readonly RollingModel _model;
    private PersistentStream _stream;
    private RollingLog _log;
    private WhenFull _whenFull = WhenFull.DropOldest;
    private EntryLease? _lease;
    private string _path;
    private EntryPosition _last;
    private int _payloads;

    private RollingModelRun(string medium, bool dropsNothing)
    {
        _folder = new TestFolder(medium);
        _path = _folder.Stream;
        _model = new RollingModel(TestLogs.SegmentCount, TestLogs.SegmentBytes, Alignment, dropsNothing);
        _stream = PersistentStream.Create(_path, new() { Size = StreamBytes, EntryAlignment = Alignment });
        _log = TestLogs.Open(_stream, _whenFull);
    }

    public static void Run(string medium, LogOperation[] operations, bool dropsNothing = false)
    {
        using var run = new RollingModelRun(medium, dropsNothing);
        foreach (LogOperation operation in operations)
        {
            run.Do(operation);
            run.Compare(run._log);
        }

        run.Do(new LogOperation(LogOperationKind.Reopen, 0, 0));
        run.Compare(run._log);
        Assert.True(run._stream.Check().IsSound);
    }

    public void Dispose()
    {
        _lease?.Dispose();
        _stream.Dispose();
        _folder.Dispose();
    }

    private void Do(LogOperation operation)
    {
        switch (operation.Kind)
        {
            case LogOperationKind.Append or LogOperationKind.TryAppend:
                Append(operation);
                break;
            case LogOperationKind.Reserve:
                Reserve(operation.Size);
                break;
            case LogOperationKind.Publish or LogOperationKind.Abandon:
                EndReservation(operation);
                break;
            case LogOperationKind.OpenOtherwise:
                Assert.Throws<RollingLogMismatchException>(() => TestLogs.Open(_stream, segmentCount: 3));
                Assert.Throws<RollingLogMismatchException>(() => new RollingLog(
                    _stream, TestLogs.Name, TestLogs.SegmentBytes + 1, TestLogs.SegmentCount));
                break;
            case LogOperationKind.OpenAgain:
                _whenFull = (WhenFull)(operation.Which % 2);
                _log = TestLogs.Open(_stream, _whenFull);
                break;
            case LogOperationKind.ReadBeside when !_model.Open.Any():
                using (PersistentStream reader = PersistentStream.OpenReadOnly(_path))
                {
                    Compare(TestLogs.Open(reader));
                }

                break;
            case LogOperationKind.LetGo:
                _lease?.Dispose();
                _model.Held.Clear();
                break;
            case LogOperationKind.Reopen or LogOperationKind.Kill:
                EndSession(operation.Kind);
                break;
            default:
                DoWithEntry(operation);
                break;
        }
    }

    private void Append(LogOperation operation)
    {
        byte[] data = TestStreams.Payload(operation.Size, _payloads++);
        if (operation.Size > _log.EntryBytesMax)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => _log.Append(data));
            return;
        }

        switch (_model.MakeRoom(operation.Size, _whenFull))
        {
            case RoomFor.Busy:
                Assert.Throws<RollingLogBusyException>(() => _log.Append(data));
                Assert.Throws<RollingLogBusyException>(() => _log.TryAppend(data, out _));
                return;
            case RoomFor.Full:
                Assert.Throws<RollingLogFullException>(() => _log.Append(data));
                Assert.False(_log.TryAppend(data, out _));
                return;
        }

        EntryPosition at;
        if (operation.Kind == LogOperationKind.Append)
        {
            at = _log.Append(data);
        }
        else
        {
            Assert.True(_log.TryAppend(data, out at));
        }

        Advance(at);
        _model.Take(at, data.Length, SlotState.Data, data);
    }

    private void Reserve(int size)
    {
        if (size > _log.EntryBytesMax)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => _log.Reserve(size));
            return;
        }

        switch (_model.MakeRoom(size, _whenFull))
        {
            case RoomFor.Busy:
                Assert.Throws<RollingLogBusyException>(() => _log.Reserve(size));
                return;
            case RoomFor.Full:
                Assert.Throws<RollingLogFullException>(() => _log.Reserve(size));
                return;
        }

        EntryReservation reservation = _log.Reserve(size);
        Advance(reservation.Position);
        _model.Take(reservation.Position, size, SlotState.Open).Reservation = reservation;
    }

    private void EndReservation(LogOperation operation)
    {
        Slot[] open = [.. _model.Open];
        if (open.Length == 0)
        {
            return;
        }

        Slot slot = open[operation.Which % open.Length];
        if (operation.Kind == LogOperationKind.Abandon)
        {
            slot.Reservation!.Abandon();
            slot.State = SlotState.Passed;
            return;
        }

        slot.Data = TestStreams.Payload(operation.Size % (slot.Reservation!.Length + 1), _payloads++);
        slot.Data.CopyTo(slot.Reservation.Span);
        Assert.Equal(slot.Position, slot.Reservation.Publish(slot.Data.Length));
        slot.State = SlotState.Data;
    }

    private void DoWithEntry(LogOperation operation)
    {
        if (operation.Kind == LogOperationKind.ReadRemoved && _model.Removed.Count > 0)
        {
            EntryPosition gone = _model.Removed[operation.Which % _model.Removed.Count];
            Assert.Throws<EntryNotFoundException>(() => _log.ReadToArray(gone));
            Assert.Throws<EntryNotFoundException>(() => _log.EntriesAfter(gone).GetEnumerator().Dispose());
            Assert.Throws<EntryNotFoundException>(() => _log.EntriesFrom(gone).GetEnumerator().Dispose());
        }

        List<Slot> visible = _model.Visible;
        if (visible.Count == 0)
        {
            return;
        }

        int index = operation.Which % visible.Count;
        Slot slot = visible[index];
        switch (operation.Kind)
        {
            case LogOperationKind.Truncate when _model.Truncate(slot.Position):
                _log.TruncateBefore(slot.Position);
                break;
            case LogOperationKind.Truncate:
                Assert.Throws<RollingLogBusyException>(() => _log.TruncateBefore(slot.Position));
                break;
            case LogOperationKind.EntriesAfter:
                AssertShows(visible[(index + 1)..], _log.EntriesAfter(slot.Position));
                break;
            case LogOperationKind.EntriesFrom:
                AssertShows(visible[index..], _log.EntriesFrom(slot.Position).Unverified());
                break;
            case LogOperationKind.ReadAndLease:
                Assert.Equal(slot.Data, _log.ReadToArray(slot.Position));
                using (EntryLease lease = _log.Lease(slot.Position))
                {
                    Assert.Equal(slot.Data, lease.Memory.ToArray());
                }

                break;
            case LogOperationKind.Hold:
                _lease?.Dispose();
                _lease = _log.Lease(slot.Position);
                _model.Held.Clear();
                _model.Held.Add(slot.Position);
                break;
        }
    }

    private void EndSession(LogOperationKind kind)
    {
        string next = kind == LogOperationKind.Kill ? _folder.File($"killed-{_payloads++}.pms") : _path;
        if (kind == LogOperationKind.Kill)
        {
            File.Copy(_path, next);
        }

        _stream.Dispose();
        foreach (Slot slot in _model.Open)
        {
            slot.Reservation!.Dispose();
        }

        _lease?.Dispose();
        _path = next;
        _stream = PersistentStream.Open(_path, new() { EntryAlignment = Alignment });
        _model.EndSession();
        _log = TestLogs.Open(_stream, _whenFull);
        StreamRegion last = _model.Readable is [.., { } slotOfLast]
            ? _stream.Regions.Last(region => region.Offset < slotOfLast.Position.Offset)
            : _stream.GetRegion("events.0000");
        _model.TakeLoss(last.Info.UsedBytes);
    }

    private void Compare(RollingLog log)
    {
        List<Slot> visible = _model.Visible;
        AssertShows(visible, log.Entries);
        Assert.Equal(visible.FirstOrDefault()?.Position, log.FirstPosition);
        Assert.Equal(visible.LastOrDefault()?.Position, log.LastPosition);
    }

    private static void AssertShows(List<Slot> expected, RollingLogSequence entries)
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

    // Positions grow over all segments and sessions.
    private void Advance(EntryPosition position)
    {
        Assert.True(position > _last, $"{position} came after {_last}.");
        _last = position;
    }
}
