using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <content>Entries that are made durable later, and groups.</content>
internal sealed partial class LoggedCalls
{
    /// <summary>Appends an entry without making it durable; false if there is no room or no region.</summary>
    public bool AppendDeferred(RegionLife life, int size)
    {
        CallRecord record = Begin(Verb.AppendDeferred, life, size);
        Span<byte> data = _buffer.AsSpan(0, size);
        Payload.Fill(data, options.Seed, IdOf(record.Number));
        try
        {
            bool done = life.Region.TryAppendDeferred(data, out EntryPosition at);
            (LastRegion, LastPosition) = done ? (life, at) : (null, default);
            return End(record, done, at);
        }
        catch (StaleRegionException)
        {
            return End(record, done: false, default);
        }
    }

    /// <summary>Persists all of a region, or up to an entry.</summary>
    public void Persist(RegionLife life, EntryPosition? upTo)
    {
        CallRecord record = Record(Verb.Persist, life, 0, 0);
        log.Write(record);
        try
        {
            if (upTo is { } position)
            {
                life.Region.Persist(position);
            }
            else
            {
                life.Region.Persist();
            }

            End(record, done: true, new EntryPosition(0, upTo?.Timestamp ?? 0));
        }
        catch (PmemStreamException failure) when (failure is EntryNotFoundException or StaleRegionException)
        {
            End(record, done: false, default);
        }
    }

    /// <summary>Persists the stream.</summary>
    public void Persist(PersistentStream stream)
    {
        var record = new CallRecord { Verb = Verb.PersistStream, Phase = Phase.Intent, Thread = thread };
        log.Write(record);
        End(record, done: true, new EntryPosition(0, stream.Persist()));
    }

    /// <summary>Appends a group from ready payloads; false if there is no room or no region.</summary>
    public bool AppendGroup(RegionLife life, int size, int count, bool deferred)
    {
        CallRecord record = BeginGroup(life, size, count, deferred);
        Span<int> lengths = stackalloc int[count];
        Span<EntryPosition> positions = stackalloc EntryPosition[count];
        Span<byte> data = _buffer;
        for (int index = 0; index < count; index++)
        {
            lengths[index] = GroupSizes.Of(size, index);
            Payload.Fill(data[..lengths[index]], options.Seed, IdOf(record.Number + (uint)index));
            data = data[lengths[index]..];
        }

        ReadOnlySpan<byte> all = _buffer.AsSpan(0, GroupSizes.Sum(size, count));
        try
        {
            _ = deferred
                ? life.Region.AppendGroupDeferred(all, lengths, positions)
                : life.Region.AppendGroup(all, lengths, positions);
            return EndGroup(record, positions);
        }
        catch (PmemStreamException failure) when (failure is RegionFullException or StaleRegionException)
        {
            return End(record, done: false, default);
        }
    }

    /// <summary>
    /// Appends a group that is written in place; false if there is no room or no region. What is behind it may be made durable
    /// before it is published, so that its entries move.
    /// </summary>
    public bool BuildGroup(RegionLife life, int size, int count, bool isFollowed, bool isAbandoned)
    {
        CallRecord record = BeginGroup(life, size, count, deferred: false);
        Span<EntryPosition> positions = stackalloc EntryPosition[count];
        try
        {
            using EntryGroup group = life.Region.BeginGroup(count, GroupSizes.Sum(size, count));
            for (int index = 0; index < count; index++)
            {
                int length = GroupSizes.Of(size, index);
                Payload.Fill(group.GetSpan(length)[..length], options.Seed, IdOf(record.Number + (uint)index));
                group.Advance(length);
                group.CompleteEntry();
            }

            if (isFollowed)
            {
                life.Region.Persist();
            }

            if (isAbandoned)
            {
                group.Abandon();
                return End(record, done: false, default) || true;
            }

            group.Publish(positions);
            return EndGroup(record, positions);
        }
        catch (PmemStreamException failure) when (failure is RegionFullException or StaleRegionException)
        {
            return End(record, done: false, default);
        }
    }

    private CallRecord BeginGroup(RegionLife life, int size, int count, bool deferred)
    {
        CallRecord record = Record(deferred ? Verb.AppendGroupDeferred : Verb.AppendGroup, life, _number + 1, size);
        record.Base = (ulong)count;
        _number += (uint)count;
        log.Write(record);
        return record;
    }

    private bool EndGroup(CallRecord record, ReadOnlySpan<EntryPosition> positions)
    {
        foreach (EntryPosition at in positions)
        {
            log.Write(record with
            {
                Verb = Verb.GroupMember,
                Phase = Phase.Done,
                Offset = at.Offset,
                Timestamp = at.Timestamp,
            });
        }

        return End(record, done: true, positions[0]);
    }
}
