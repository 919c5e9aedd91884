using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>What a writer does wrong on purpose, so that the checker is seen to find it.</summary>
internal enum WriterFault
{
    /// <summary>Nothing: it works as <see cref="WriterThread"/> does.</summary>
    None,

    /// <summary>Nothing, but works as the wrong ones do: nothing may be found.</summary>
    Honest,

    /// <summary>Acknowledges an append that it has not made.</summary>
    AppendsNothing,

    /// <summary>Acknowledges before it calls, and is killed between the two.</summary>
    AcknowledgesFirst,

    /// <summary>Appends without a word to its log.</summary>
    AppendsUnlogged,

    /// <summary>Appends twice what it logs once.</summary>
    AppendsTwice,

    /// <summary>Appends other bytes than it should.</summary>
    AppendsOtherBytes,

    /// <summary>Publishes fewer bytes than it logs.</summary>
    PublishesLess,

    /// <summary>Publishes what it logs as abandoned.</summary>
    PublishesAbandoned,

    /// <summary>Appends its second entry before its first.</summary>
    AppendsOutOfOrder,

    /// <summary>Acknowledges an entry at another place.</summary>
    MisplacesEntry,

    /// <summary>Acknowledges an entry with the timestamp of an earlier one.</summary>
    RepeatsTimestamp,

    /// <summary>Acknowledges a clear that it has not made.</summary>
    ClearsNothing,

    /// <summary>Clears without a word to its log.</summary>
    ClearsUnlogged,

    /// <summary>Acknowledges a free that it has not made.</summary>
    FreesNothing,

    /// <summary>Frees without a word to its log.</summary>
    FreesUnlogged,

    /// <summary>Acknowledges the creation of a region that it has not created.</summary>
    CreatesNothing,

    /// <summary>Creates a region without a word to its log.</summary>
    CreatesUnlogged,

    /// <summary>Changes a byte after it has published it.</summary>
    DamagesEntry,

    /// <summary>Appends the entries of a group one by one, and is killed before the last.</summary>
    AppendsGroupInPart,

    /// <summary>Throws.</summary>
    Throws,
}

/// <summary>A writer with one thread and one region that does one thing wrong, among honest appends.</summary>
internal sealed class FaultyWriter
{
    private const int EntryBytes = 100;
    private const int RegionBytes = 4 << 20;
    private const int HonestBefore = 40;
    private const int HonestAfter = 20;
    private const int HonestMax = 10_000;

    private readonly WriterOptions _options;
    private readonly CallLog _log;
    private readonly RegionSlot _slot;
    private readonly LoggedCalls _calls;
    private readonly PersistentStream _stream;
    private readonly RegionLife _life;

    // The numbers of the wrong calls are far from those of the honest ones, and between them.
    private uint _number = 1_000_000;

    private FaultyWriter(WriterOptions options, CallLog log)
    {
        _options = options;
        _log = log;
        _slot = new RegionSlot(0, log);
        _calls = new LoggedCalls(log, options, thread: 1);
        _stream = WriterProcess.Open(options, log);
        _slot.Create(_stream, 1, RegionBytes, 0);
        _life = _slot.Life!;
    }

    private StreamRegion Region => _life.Region;

    /// <summary>Runs until it is killed.</summary>
    public static void Run(WriterOptions options, CallLog log)
    {
        var writer = new FaultyWriter(options, log);
        writer.AppendHonestly(HonestBefore);
        writer.DoWrong(options.Fault);
        if (options.Fault is not (WriterFault.AcknowledgesFirst or WriterFault.FreesUnlogged))
        {
            writer.AppendHonestly(HonestAfter);
        }

        WriterProcess.Say(WriterProcess.Wrong);
        if (options.Fault is WriterFault.Honest or WriterFault.AppendsNothing)
        {
            writer.AppendHonestly(HonestMax);
        }

        Thread.Sleep(Timeout.Infinite);
        GC.KeepAlive(writer);
    }

    private void AppendHonestly(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _calls.Append(_life, EntryBytes);
        }
    }

    private void DoWrong(WriterFault fault)
    {
        switch (fault)
        {
            case WriterFault.ClearsNothing or WriterFault.ClearsUnlogged:
                ClearWrongly(fault);
                break;
            case WriterFault.FreesNothing:
                Claim(Record(Verb.FreeRegion, 0), default);
                break;
            case WriterFault.FreesUnlogged:
                Region.Free();
                break;
            case WriterFault.CreatesNothing:
                ulong identity = TakeUnlogged().Timestamp;
                _log.Write(Record(Verb.CreateRegion, 0) with { Slot = 1, Identity = 0 });
                _log.Write(Record(Verb.CreateRegion, 0) with
                {
                    Phase = Phase.Done,
                    Slot = 1,
                    Identity = identity,
                    Base = identity,
                });
                break;
            case WriterFault.CreatesUnlogged:
                _stream.CreateRegion("r1", 1000);
                break;
            case WriterFault.AppendsGroupInPart:
                AppendGroupInPart();
                break;
            case WriterFault.Throws:
                throw new InvalidOperationException("this failure is wanted");
            case WriterFault.AcknowledgesFirst or WriterFault.PublishesLess or WriterFault.PublishesAbandoned
                or WriterFault.DamagesEntry:
                ReserveWrongly(fault);
                break;
            case not WriterFault.Honest:
                AppendWrongly(fault);
                break;
        }
    }

    private void AppendWrongly(WriterFault fault)
    {
        EntryPosition last = Append(NextId());
        switch (fault)
        {
            case WriterFault.AppendsNothing:
                Claim(Record(Verb.Append, EntryBytes), TakeUnlogged());
                break;
            case WriterFault.AppendsUnlogged:
                Region.Append(Data(new EntryId(0, 0, 0)));
                break;
            case WriterFault.AppendsTwice:
                Region.Append(Data(NextId()));
                _number--;
                Append(NextId());
                break;
            case WriterFault.AppendsOtherBytes:
                CallRecord other = Record(Verb.Append, EntryBytes);
                Claim(other, Region.Append(Data(NextId() with { Thread = 3 })));
                break;
            case WriterFault.AppendsOutOfOrder:
                EntryId first = NextId();
                Append(NextId());
                Append(first);
                break;
            case WriterFault.MisplacesEntry:
                EntryId moved = NextId();
                Claim(Record(Verb.Append, EntryBytes) with { Number = moved.Number }, Move(Region.Append(Data(moved))));
                break;
            case WriterFault.RepeatsTimestamp:
                EntryId late = NextId();
                EntryPosition at = Region.Append(Data(late));
                Claim(Record(Verb.Append, EntryBytes) with { Number = late.Number }, at with { Timestamp = last.Timestamp });
                break;
            default:
                throw new InvalidOperationException($"there is no way to do {fault}");
        }
    }

    private void AppendGroupInPart()
    {
        CallRecord record = Record(Verb.AppendGroup, EntryBytes) with { Base = 3 };
        _log.Write(record);
        for (int index = 0; index < 2; index++)
        {
            byte[] data = new byte[GroupSizes.Of(EntryBytes, index)];
            Payload.Fill(data, _options.Seed, NextId());
            Region.Append(data);
        }
    }

    private void ReserveWrongly(WriterFault fault)
    {
        HeldReservation held = _calls.Reserve(_life, EntryBytes)!;
        Span<byte> span = held.Reservation.Span;
        CallRecord record = Record(fault == WriterFault.PublishesAbandoned ? Verb.Abandon : Verb.Publish, EntryBytes) with
        {
            Thread = 1,
            Number = held.Number,
        };
        Claim(record, held.Reservation.Position);
        if (fault != WriterFault.AcknowledgesFirst)
        {
            held.Reservation.Publish(fault == WriterFault.PublishesLess ? EntryBytes - 1 : EntryBytes);
        }

        if (fault == WriterFault.DamagesEntry)
        {
            AppendHonestly(HonestAfter);
            span[0] ^= 1;
        }
    }

    private void ClearWrongly(WriterFault fault)
    {
        Append(NextId());
        if (fault == WriterFault.ClearsUnlogged)
        {
            Region.Clear();
        }
        else
        {
            CallRecord clear = Record(Verb.ClearRegion, 0);
            _log.Write(clear);
            _log.Write(clear with { Phase = Phase.Done, Base = TakeUnlogged().Timestamp });
        }
    }

    // A place and a timestamp that nobody else gets, and no entry.
    private EntryPosition TakeUnlogged()
    {
        using EntryReservation reservation = Region.Reserve(EntryBytes);
        return reservation.Position;
    }

    private EntryPosition Append(EntryId id)
    {
        CallRecord record = Record(Verb.Append, EntryBytes) with { Number = id.Number };
        _log.Write(record);
        EntryPosition at = Region.Append(Data(id));
        _log.Write(record with { Phase = Phase.Done, Offset = at.Offset, Timestamp = at.Timestamp });
        return at;
    }

    private void Claim(CallRecord record, EntryPosition at)
    {
        _log.Write(record);
        _log.Write(record with { Phase = Phase.Done, Offset = at.Offset, Timestamp = at.Timestamp });
    }

    private CallRecord Record(Verb verb, int size) => new()
    {
        Verb = verb, Phase = Phase.Intent, Thread = 2, Number = _number + 1,
        Slot = _life.Slot, Identity = _life.Identity, Size = size,
    };

    private byte[] Data(EntryId id)
    {
        byte[] data = new byte[EntryBytes];
        Payload.Fill(data, _options.Seed, id);
        return data;
    }

    private EntryId NextId() => new(_options.Session, Thread: 2, ++_number);

    private static EntryPosition Move(EntryPosition at) => at with { Offset = at.Offset + 64 };
}
