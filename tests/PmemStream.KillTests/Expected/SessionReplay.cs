using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>Goes through the log of one writer process, and brings <see cref="ExpectedStream"/> up to date.</summary>
internal sealed partial class SessionReplay
{
    private readonly ExpectedStream _stream;
    private readonly uint _session;

    // The calls that are under way, and the reservations that are open.
    private readonly Dictionary<ushort, Call> _calls = [];
    private readonly Dictionary<EntryId, Call> _open = [];
    private readonly HashSet<ulong> _seen = [];
    private readonly Dictionary<(Verb, Phase), long> _counts = [];
    private int _toSee;

    private SessionReplay(ExpectedStream stream, uint session)
    {
        _stream = stream;
        _session = session;
    }

    /// <summary>The last call that the main thread has begun or ended: what was going on when the process was killed.</summary>
    public (Verb Verb, Phase Phase) LastOfMain { get; private set; }

    /// <summary>Number of records.</summary>
    public long Count(Verb verb, Phase phase) => _counts.GetValueOrDefault((verb, phase));

    /// <summary>Applies a log, in the order of time.</summary>
    /// <exception cref="ViolationException">What was acknowledged cannot be.</exception>
    public static SessionReplay Run(ExpectedStream stream, uint session, IEnumerable<CallRecord> log)
    {
        var replay = new SessionReplay(stream, session);
        foreach (CallRecord record in log)
        {
            replay.Apply(record);
        }

        replay.End();
        return replay;
    }

    private void Apply(in CallRecord record)
    {
        _counts[(record.Verb, record.Phase)] = Count(record.Verb, record.Phase) + 1;
        if (record.Thread == 0)
        {
            LastOfMain = (record.Verb, record.Phase);
        }

        if (record.Phase == Phase.Intent)
        {
            var call = new Call(record, _stream.Latest, record.Identity == 0 ? null : FindRegion(record));
            if (!_calls.TryAdd(record.Thread, call))
            {
                throw BadLog(record, "begins before the thread's last call has ended");
            }

            Begin(call);
        }
        else if (record.Verb == Verb.SeenRegion)
        {
            See(record);
        }
        else if (record.Verb == Verb.GroupMember)
        {
            _calls.GetValueOrDefault(record.Thread)?.Members.Add(record);
        }
        else if (!_calls.Remove(record.Thread, out Call? call) || call.Intent.Verb != record.Verb)
        {
            throw BadLog(record, "ends without having begun");
        }
        else if (record.Phase == Phase.Done)
        {
            Finish(call, record);
        }
        else
        {
            Refuse(call);
        }
    }

    // A thread may use a region that another has freed meanwhile.
    private ExpectedRegion? FindRegion(in CallRecord record) =>
        _stream.FreedRegions.Contains(record.Identity) ? null : _stream.Find(record.Identity);

    private void Begin(Call call)
    {
        switch (call.Intent.Verb)
        {
            case Verb.CreateStream:
                _stream.BeginStream();
                break;
            case Verb.CreateRegion:
                _stream.BeginCreating(call.Intent.Slot);
                break;
            case Verb.ClearRegion when call.Region is { } region:
                region.ClearingAfter = call.After;
                break;
            case Verb.FreeRegion when call.Region is { } region:
                region.Freeing = true;
                break;
            case Verb.Append or Verb.AppendDeferred when call.Region is { } region:
                call.Attempt = new Attempt(IdOf(call.Intent), call.Intent.Size, call.After);
                region.Attempts.Add(call.Attempt);
                break;
            case Verb.AppendGroup or Verb.AppendGroupDeferred when call.Region is { } region:
                BeginGroup(call, region);
                break;
            case Verb.Persist when call.Region is { } region:
                call.ToPersist = region.TakeSnapshot();
                break;
            case Verb.PersistStream or Verb.Close:
                call.ToPersist = [.. _stream.Regions.Values.SelectMany(region => region.TakeSnapshot())];
                break;
            case Verb.Publish:
                Call reservation = TakeReservation(call.Intent);
                call.Attempt = new Attempt(
                    IdOf(call.Intent), call.Intent.Size, reservation.After, reservation.Position);
                reservation.Region!.Attempts.Add(call.Attempt);
                break;
            case Verb.Abandon:
                Hide(TakeReservation(call.Intent));
                break;
        }
    }

    private void Finish(Call call, in CallRecord done)
    {
        switch (done.Verb)
        {
            case Verb.CreateStream or Verb.Open:
                _stream.Presence = Presence.There;
                _seen.Clear();
                _toSee = done.Size;
                EndLayoutIfSeen();
                break;
            case Verb.CreateRegion:
                _stream.EndCreating(done.Slot, done.Identity, done.Base);
                break;
            case Verb.ClearRegion:
                _stream.TakeTimestamp(done.Base, call.After, $"the clear of {Living(call)}");
                call.Region!.ClearingAfter = null;
                call.Region.Rebase(done.Base);
                break;
            case Verb.FreeRegion:
                _stream.EndFreeing(Living(call));
                break;
            case Verb.Append or Verb.Publish:
                Add(call, done, Promise.Durable);
                break;
            case Verb.AppendDeferred:
                Add(call, done, Promise.Visible);
                break;
            case Verb.AppendGroup:
                AddGroup(call, done, Promise.Durable);
                break;
            case Verb.AppendGroupDeferred:
                AddGroup(call, done, Promise.Visible);
                break;
            case Verb.Persist:
                Persist(call, done, [Living(call)]);
                break;
            case Verb.PersistStream or Verb.Close:
                _stream.PersistUpTo(done.Timestamp);
                Persist(call, done, _stream.Regions.Values);
                break;
            case Verb.Reserve:
                call.Position = new EntryPosition(done.Offset, done.Timestamp);
                _stream.TakeTimestamp(done.Timestamp, call.After, IdOf(done).ToString());
                _ = Living(call);
                _open.Add(IdOf(done), call);
                break;
        }
    }

    private void Refuse(Call call)
    {
        switch (call.Intent.Verb)
        {
            case Verb.CreateRegion:
                _stream.RefuseCreating(call.Intent.Slot);
                break;
            case Verb.ClearRegion when call.Region is { } region:
                region.ClearingAfter = null;
                break;
            case Verb.FreeRegion when call.Region is { } region:
                region.Freeing = false;
                break;
        }

        if (call.Attempt is { } attempt)
        {
            call.Region?.Attempts.Remove(attempt);
        }

        call.Attempts.ForEach(member => call.Region?.Attempts.Remove(member));
    }

    private void Add(Call call, in CallRecord done, Promise promise)
    {
        EntryId id = IdOf(done);
        ExpectedRegion region = Living(call);
        region.Attempts.Remove(call.Attempt!);
        _stream.TakeTimestamp(done.Timestamp, call.Attempt!.After, id.ToString());
        region.Add(new ExpectedEntry(id, new EntryPosition(done.Offset, done.Timestamp), call.Intent.Size, promise));
    }

    private void See(in CallRecord record)
    {
        _stream.SeeRegion(record.Slot, record.Identity, record.Base);
        _seen.Add(record.Identity);
        _toSee--;
        EndLayoutIfSeen();
    }

    private void EndLayoutIfSeen()
    {
        if (_toSee == 0)
        {
            _stream.EndLayout(_seen);
        }
    }

    // The process is gone. What it had begun stays as it is, an attempt; but nobody can end its reservations any more.
    private void End()
    {
        foreach (Call reservation in _open.Values)
        {
            Hide(reservation);
        }
    }

    private static void Hide(Call reservation) => reservation.Region!.Hidden.Add(reservation.Position.Timestamp);

    private Call TakeReservation(in CallRecord record) => _open.Remove(IdOf(record), out Call? reservation)
        ? reservation
        : throw BadLog(record, "ends a reservation that is not open");

    // The region was there when the call began, so that it can have succeeded.
    private static ExpectedRegion Living(Call call) => call.Region ?? throw new ViolationException(
        ViolationKind.FreeUndone,
        $"{call.Intent.Verb} in region r{call.Intent.Slot} of identity {call.Intent.Identity} succeeded after it was freed");

    private EntryId IdOf(in CallRecord record) => new(_session, record.Thread, record.Number);

    private static ViolationException BadLog(in CallRecord record, string what) => new(
        ViolationKind.BadLog, $"record {record.Index}: {record.Verb} of thread {record.Thread} {what}");

    private sealed class Call(CallRecord intent, ulong after, ExpectedRegion? region)
    {
        public CallRecord Intent { get; } = intent;

        public ulong After { get; } = after;

        public ExpectedRegion? Region { get; } = region;

        public Attempt? Attempt { get; set; }

        public EntryPosition Position { get; set; }

        /// <summary>The entries of a group, and where they are.</summary>
        public List<Attempt> Attempts { get; } = [];

        public List<CallRecord> Members { get; } = [];

        /// <summary>What is durable when the call is done, whatever it says.</summary>
        public ExpectedEntry[] ToPersist { get; set; } = [];
    }
}
