using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>A reservation that is open.</summary>
internal sealed record HeldReservation(EntryReservation Reservation, RegionLife Life, uint Number);

/// <summary>
/// The calls of one thread that concern entries: each is logged before it is made and after it has returned. A verb that is
/// new gets a method here and a case in <see cref="SessionReplay"/>.
/// </summary>
internal sealed partial class LoggedCalls(CallLog log, WriterOptions options, ushort thread)
{
    private readonly byte[] _buffer = new byte[GroupSizes.CountMax * (64 << 10)];
    private uint _number;

    /// <summary>The region that the thread has appended to last.</summary>
    public RegionLife? LastRegion { get; private set; }

    /// <summary>And where that entry is.</summary>
    public EntryPosition LastPosition { get; private set; }

    /// <summary>Appends an entry from a buffer; false if there is no room or no region.</summary>
    public bool Append(RegionLife life, int size)
    {
        CallRecord record = Begin(Verb.Append, life, size);
        Span<byte> data = _buffer.AsSpan(0, size);
        Payload.Fill(data, options.Seed, IdOf(record.Number));
        try
        {
            return End(record, life.Region.TryAppend(data, out EntryPosition at), at);
        }
        catch (StaleRegionException)
        {
            return End(record, done: false, default);
        }
    }

    /// <summary>Appends an entry that is written in place; false if there is no room or no region.</summary>
    public bool AppendInPlace(RegionLife life, int size)
    {
        CallRecord record = Begin(Verb.Append, life, size);
        try
        {
            EntryPosition at = life.Region.Append(
                size, record.Number, (data, number) => Payload.Fill(data, options.Seed, IdOf(number)));
            return End(record, done: true, at);
        }
        catch (PmemStreamException failure) when (failure is RegionFullException or StaleRegionException)
        {
            return End(record, done: false, default);
        }
    }

    /// <summary>Begins such an append and gives up in the middle: a reservation that is abandoned.</summary>
    public void FailInPlace(RegionLife life, int size)
    {
        CallRecord record = Begin(Verb.Reserve, life, size);
        try
        {
            life.Region.Append(size, record.Number, (data, number) =>
            {
                Payload.Fill(data, options.Seed, IdOf(number));
                throw new OperationCanceledException();
            });
        }
        catch (Exception failure)
            when (failure is OperationCanceledException or RegionFullException or StaleRegionException)
        {
            End(record, done: false, default);
        }
    }

    /// <summary>Takes space and fills it; null if there is no room or no region.</summary>
    public HeldReservation? Reserve(RegionLife life, int size)
    {
        CallRecord record = Begin(Verb.Reserve, life, size);
        try
        {
            EntryReservation reservation = life.Region.Reserve(size);
            Payload.Fill(reservation.Span, options.Seed, IdOf(record.Number));
            End(record, done: true, reservation.Position);
            return new HeldReservation(reservation, life, record.Number);
        }
        catch (PmemStreamException failure) when (failure is RegionFullException or StaleRegionException)
        {
            End(record, done: false, default);
            return null;
        }
    }

    /// <summary>Makes the first bytes of a reservation an entry.</summary>
    public void Publish(HeldReservation held, int size)
    {
        CallRecord record = Record(Verb.Publish, held.Life, held.Number, size);
        log.Write(record);
        End(record, done: true, held.Reservation.Publish(size));
    }

    /// <summary>Ends a reservation without an entry: by itself, by its disposal, or by its position.</summary>
    public void Abandon(HeldReservation held, int way)
    {
        CallRecord record = Record(Verb.Abandon, held.Life, held.Number, 0);
        log.Write(record);
        switch (way)
        {
            case 0:
                held.Reservation.Abandon();
                break;
            case 1:
                held.Life.Region.AbandonReservation(held.Reservation.Position);
                held.Reservation.Dispose();
                break;
            default:
                held.Reservation.Dispose();
                break;
        }

        End(record, done: true, held.Reservation.Position);
    }

    private CallRecord Begin(Verb verb, RegionLife life, int size)
    {
        CallRecord record = Record(verb, life, ++_number, size);
        log.Write(record);
        return record;
    }

    private CallRecord Record(Verb verb, RegionLife life, uint number, int size) => new()
    {
        Verb = verb, Phase = Phase.Intent, Thread = thread, Number = number,
        Slot = life.Slot, Identity = life.Identity, Size = size,
    };

    private bool End(CallRecord record, bool done, EntryPosition at)
    {
        record.Phase = done ? Phase.Done : Phase.Refused;
        record.Offset = at.Offset;
        record.Timestamp = at.Timestamp;
        log.Write(record);
        return done;
    }

    private EntryId IdOf(uint number) => new(options.Session, thread, number);
}
