using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>Compares the entries of a region, one by one, with what must be there, and settles what a kill has left open.</summary>
internal sealed class RegionWalk
{
    private readonly ExpectedStream _stream;
    private readonly ExpectedRegion _region;
    private readonly Dictionary<ushort, uint> _numbers = [];
    private readonly HashSet<GroupFate> _groups = [];
    private EntryPosition _last;
    private uint _session;

    public RegionWalk(ExpectedStream stream, ExpectedRegion region)
    {
        _stream = stream;
        _region = region;
        region.PersistBeforeDurable();
        foreach (ExpectedEntry entry in region.Entries.Values)
        {
            entry.Found = false;
            entry.Group?.Reset();
        }

        region.Attempts.ForEach(attempt => attempt.Group?.Reset());
    }

    /// <summary>Entries that were compared.</summary>
    public long Count { get; private set; }

    /// <summary>Of these, entries whose fate was open.</summary>
    public long Settled { get; private set; }

    /// <summary>How many of those whose fate was open are not there.</summary>
    public long Dropped { get; private set; }

    /// <summary>The next entry that can be read.</summary>
    public void Next(EntryPosition at, ReadOnlySpan<byte> data)
    {
        if (at.Timestamp <= Math.Max(_last.Timestamp, _region.Base) || at.Offset <= _last.Offset)
        {
            throw new ViolationException(
                ViolationKind.WrongTimestamp,
                $"{_region}: the entry at {at} comes after {_last}, and the base is {_region.Base}");
        }

        ExpectedEntry entry = _region.Entries.TryGetValue(at.Timestamp, out ExpectedEntry? known)
            ? Compare(known, at, data)
            : Settle(at, data);
        entry.Found = true;
        if (entry.Group is { } group)
        {
            group.Meet(entry.Index, at.Timestamp);
            _groups.Add(group);
        }

        CheckOrder(entry);
        _last = at;
        Count++;
    }

    /// <summary>There are no more: everything that must be there was.</summary>
    public void Finish()
    {
        foreach (GroupFate group in _groups)
        {
            group.CheckWhole();
        }

        Dropped = _region.Attempts.Count;
        _region.DropUnfound();
    }

    private ExpectedEntry Compare(ExpectedEntry entry, EntryPosition at, ReadOnlySpan<byte> data)
    {
        if (entry.Position != at)
        {
            throw new ViolationException(
                ViolationKind.Reordered, $"{_region}: {entry.Id} is at {at}; it was acknowledged at {entry.Position}");
        }

        CheckBytes(entry.Id, entry.Size, at, data);

        // What has survived one kill survives the next.
        entry.Promise = Promise.Durable;
        return entry;
    }

    private void CheckBytes(EntryId id, int size, EntryPosition at, ReadOnlySpan<byte> data)
    {
        if (data.Length != size || !Payload.Matches(data, _stream.Seed, id))
        {
            throw new ViolationException(
                ViolationKind.WrongBytes,
                $"{_region}: {id} at {at} has {data.Length} bytes"
                + (data.Length == size ? ", and they are not its own" : $": it was given {size}"));
        }
    }

    // An entry without acknowledgement: one that was begun, and may be there.
    private ExpectedEntry Settle(EntryPosition at, ReadOnlySpan<byte> data)
    {
        foreach (Attempt attempt in _region.Attempts)
        {
            if (attempt.Position == at)
            {
                CheckBytes(attempt.Id, attempt.Size, at, data);
            }
            else if (attempt.Position is not null || attempt.Size != data.Length
                || !Payload.Matches(data, _stream.Seed, attempt.Id))
            {
                continue;
            }

            var entry = new ExpectedEntry(attempt.Id, at, attempt.Size, Promise.Durable)
            {
                Group = attempt.Group,
                Index = attempt.Index,
            };
            _stream.TakeTimestamp(at.Timestamp, attempt.After, attempt.Id.ToString());
            _region.Attempts.Remove(attempt);
            _region.Add(entry);
            Settled++;
            return entry;
        }

        throw _region.Hidden.Contains(at.Timestamp)
            ? new ViolationException(
                ViolationKind.ReservationExposed, $"{_region}: the reservation at {at} can be read; nobody published it")
            : new ViolationException(
                ViolationKind.EntryInvented, $"{_region}: nobody wrote the entry at {at} of {data.Length} bytes");
    }

    // A later session comes later, and each thread's entries come in the order in which it took their space.
    private void CheckOrder(ExpectedEntry entry)
    {
        EntryId id = entry.Id;
        if (id.Session > _session)
        {
            _session = id.Session;
            _numbers.Clear();
        }

        if (id.Session < _session || (_numbers.TryGetValue(id.Thread, out uint last) && id.Number <= last))
        {
            throw new ViolationException(
                ViolationKind.Reordered, $"{_region}: {id} at {entry.Position} comes after later ones of its writer");
        }

        _numbers[id.Thread] = id.Number;
    }
}
