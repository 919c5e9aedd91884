using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>What writers could have logged, and what could have been found then, without a stream: for the rules alone.</summary>
internal sealed class History
{
    /// <summary>Bytes of every entry.</summary>
    public const int EntryBytes = 20;

    /// <summary>The identity of the region r0, which every history begins with, and its base.</summary>
    public const ulong Region = 10;

    /// <summary>What the sizes of the entries of every group follow from.</summary>
    public const int GroupBytes = 24;

    private const ulong Seed = 7;

    private readonly ExpectedStream _stream = new(Seed);
    private readonly List<CallRecord> _log = [];
    private uint _session = 1;

    public History()
    {
        Call(Verb.CreateStream);
        Create(0, Region);
    }

    /// <summary>Something that is there after a kill: an entry of session, thread, number at its timestamp.</summary>
    public readonly record struct Entry(uint Session, ushort Thread, uint Number, ulong Timestamp, int Bytes = EntryBytes);

    /// <summary>A call that has done what it should.</summary>
    public void Call(Verb verb, in CallRecord record = default)
    {
        Begin(verb, record);
        End(verb, record);
    }

    /// <summary>A call begins.</summary>
    public void Begin(Verb verb, in CallRecord record = default) =>
        _log.Add(record with { Verb = verb, Phase = Phase.Intent, Size = EntryBytes });

    /// <summary>A call has done what it should.</summary>
    public void End(Verb verb, in CallRecord record = default) =>
        _log.Add(record with { Verb = verb, Phase = Phase.Done, Size = 0 });

    /// <summary>A group begins; its number is that of its first entry.</summary>
    public void BeginGroup(Verb verb, in CallRecord record, int count) =>
        _log.Add(record with { Verb = verb, Phase = Phase.Intent, Size = GroupBytes, Base = (ulong)count });

    /// <summary>It is done: its entries are at these timestamps.</summary>
    public void EndGroup(Verb verb, in CallRecord record, params ReadOnlySpan<ulong> timestamps)
    {
        foreach (ulong timestamp in timestamps)
        {
            _log.Add(record with
            {
                Verb = Verb.GroupMember,
                Phase = Phase.Done,
                Timestamp = timestamp,
                Offset = OffsetOf(timestamp),
            });
        }

        _log.Add(record with { Verb = verb, Phase = Phase.Done, Size = 0 });
    }

    /// <summary>A call is refused.</summary>
    public void Refuse(Verb verb, in CallRecord record = default) =>
        _log.Add(record with { Verb = verb, Phase = Phase.Refused });

    /// <summary>The record of an entry; where it is follows from its timestamp.</summary>
    public static CallRecord At(ushort thread, uint number, ulong timestamp, ulong region = Region) => new()
    {
        Thread = thread, Number = number, Identity = region, Timestamp = timestamp, Offset = OffsetOf(timestamp),
    };

    /// <summary>The record of what concerns a region as a whole.</summary>
    public static CallRecord Of(ulong region, ulong baseTimestamp = 0, ushort thread = 1) => new()
    {
        Thread = thread, Identity = region, Base = baseTimestamp, Timestamp = baseTimestamp,
    };

    /// <summary>A region is created; its base is its identity.</summary>
    public void Create(int slot, ulong identity)
    {
        _log.Add(new CallRecord { Verb = Verb.CreateRegion, Phase = Phase.Intent, Slot = slot, Thread = 1 });
        _log.Add(new CallRecord
        {
            Verb = Verb.CreateRegion, Phase = Phase.Done, Slot = slot, Thread = 1, Identity = identity, Base = identity,
        });
    }

    /// <summary>Creating a region was begun.</summary>
    public void BeginCreating(int slot) =>
        _log.Add(new CallRecord { Verb = Verb.CreateRegion, Phase = Phase.Intent, Slot = slot, Thread = 1 });

    /// <summary>The writer is killed; the next call is of another.</summary>
    public void Kill()
    {
        SessionReplay.Run(_stream, _session++, _log);
        _log.Clear();
    }

    /// <summary>Then this is found, and nothing else: r0 with its entries.</summary>
    public void Find(params ReadOnlySpan<Entry> entries) => FindAt(Region, entries);

    /// <summary>The same, with another base.</summary>
    public void FindAt(ulong baseTimestamp, params ReadOnlySpan<Entry> entries)
    {
        ExpectedRegion region = _stream.SeeRegion(0, Region, baseTimestamp);
        var walk = new RegionWalk(_stream, region);
        byte[] data = new byte[2 * (EntryBytes + GroupBytes)];
        foreach (Entry entry in entries)
        {
            Span<byte> bytes = data.AsSpan(0, entry.Bytes);
            Payload.Fill(bytes, Seed, new EntryId(entry.Session, entry.Thread, entry.Number));
            walk.Next(new EntryPosition(OffsetOf(entry.Timestamp), entry.Timestamp), bytes);
        }

        walk.Finish();
        _stream.EndLayout(new HashSet<ulong> { Region });
    }

    /// <summary>The persisted timestamp of the stream is found.</summary>
    public void FindPersisted(ulong timestamp) => _stream.SeePersisted(timestamp);

    /// <summary>These regions are found, by identity and name; nothing is said of what is in them.</summary>
    public void FindRegions(params ReadOnlySpan<(int Slot, ulong Identity)> regions)
    {
        var seen = new HashSet<ulong>();
        foreach ((int slot, ulong identity) in regions)
        {
            _stream.SeeRegion(slot, identity, identity);
            seen.Add(identity);
        }

        _stream.EndLayout(seen);
    }

    private static long OffsetOf(ulong timestamp) => 4096 + (64 * (long)timestamp);
}
