using System.Text;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests.Samples;

/// <summary>Entries: written, read, found again; rolling logs. What stands between the marks is in SAMPLES.md.</summary>
internal static class EntrySamples
{
    public static void EntryReservation(string path)
    {
        using var stream = TestStreams.Create(path, out var region);

        // <EntryReservation>
        using (EntryReservation slot = region.Reserve(128))
        {
            int length = Encoding.UTF8.GetBytes("written in place", slot.Span);
            slot.Publish(length);                               // durable, and visible; without it there is no entry
        }

        // </EntryReservation>
        Assert.Equal(["written in place"], region.Texts());
    }

    public static void EntryGroup(string path)
    {
        using var stream = TestStreams.Create(path, out var region);

        // <EntryGroup>
        using (EntryGroup group = region.BeginGroup(maxEntries: 2, maxBytes: 1024))
        {
            group.Add("debit"u8);
            group.Add("credit"u8);
            group.Publish();                                    // both or none, whatever happens
        }

        // </EntryGroup>
        Assert.Equal(["debit", "credit"], region.Texts());
    }

    public static void EntryPosition(string path)
    {
        using var stream = TestStreams.Create(path, out var region);

        // <EntryPosition>
        EntryPosition at = region.Append("one"u8);
        string stored = at.ToString();                          // in a database, for example
        EntryPosition again = Interop.EntryPosition.Parse(stored);
        foreach (var entry in region.EntriesAfter(again))
        {
            Console.WriteLine(entry.Position);
        }

        // </EntryPosition>
        Assert.Equal(at, again);
    }

    public static void StreamEntry(string path)
    {
        using var stream = TestStreams.Create(path, out var region);
        region.Append("one");
        int bytes = 0;

        // <StreamEntry>
        foreach (StreamEntry entry in region)
        {
            ReadOnlySpan<byte> data = entry.Data;               // in the mapping itself: valid inside the loop
            bytes += data.Length;
        }

        // </StreamEntry>
        Assert.Equal(3, bytes);
    }

    public static void EntryLease(string path)
    {
        using var stream = TestStreams.Create(path, out var region);
        EntryPosition at = region.Append("one");

        // <EntryLease>
        using EntryLease lease = region.Lease(at);
        ReadOnlyMemory<byte> memory = lease.Memory;             // valid until the lease is disposed, across an await, too

        // </EntryLease>
        Assert.Equal("one"u8.ToArray(), memory.ToArray());
    }

    public static void EntrySequence(string path)
    {
        using var stream = TestStreams.Create(path, out var region);
        region.Append("one");
        int count = 0;

        // <EntrySequence>
        EntrySequence entries = region.EntriesFromTimestamp(0);
        foreach (var entry in entries)
        {
            count++;
        }

        // </EntrySequence>
        Assert.Equal(1, count);
    }

    public static void EntryEnumerator(string path)
    {
        using var stream = TestStreams.Create(path, out var region);
        region.Append("one");
        int count = 0;

        // <EntryEnumerator>
        using EntryEnumerator enumerator = region.GetEnumerator();
        while (enumerator.MoveNext())                           // false at the end; later, when more was appended, true again
        {
            count += enumerator.Current.Data.Length;
        }

        // </EntryEnumerator>
        Assert.Equal(3, count);
    }

    public static void MergedSequence(string path)
    {
        using var stream = TestStreams.Create(path, out var region);
        region.Append("one");
        ulong next = 0;

        // <MergedSequence>
        MergedSequence all = stream.ReadAll();                  // all regions, in the order of their timestamps
        foreach (var entry in all)
        {
            next = entry.Timestamp + 1;                         // where stream.ReadAll(next) goes on
        }

        // </MergedSequence>
        Assert.NotEqual(0UL, next);
    }

    public static void MergedEntry(string path)
    {
        using var stream = TestStreams.Create(path, out var region);
        region.Append("one");
        string? name = null;

        // <MergedEntry>
        foreach (MergedEntry entry in stream.ReadAll())
        {
            name = entry.Region.Name;
            Console.WriteLine($"{name}: {entry.Data.Length} bytes");
        }

        // </MergedEntry>
        Assert.Equal(TestStreams.RegionName, name);
    }

    public static void MergedEnumerator(string path)
    {
        using var stream = TestStreams.Create(path, out var region);
        region.Append("one");
        int count = 0;

        // <MergedEnumerator>
        using MergedEnumerator enumerator = stream.ReadAll().GetEnumerator();
        while (enumerator.MoveNext())
        {
            count++;
        }

        // </MergedEnumerator>
        Assert.Equal(1, count);
    }

    public static void RollingLog(string path)
    {
        using var stream = TestStreams.Create(path);

        // <RollingLog>
        var log = new RollingLog(stream, "events", segmentSize: 16 << 10, segmentCount: 4, Interop.WhenFull.DropOldest);
        EntryPosition last = log.Append("event"u8);             // drops the oldest segment when all are full

        // </RollingLog>
        Assert.Equal("event"u8.ToArray(), log.ReadToArray(last));
    }

    public static void WhenFull(string path)
    {
        using var stream = TestStreams.Create(path);

        // <WhenFull>
        var log = new RollingLog(stream, "events", segmentSize: 16 << 10, segmentCount: 4, Interop.WhenFull.Fail);
        if (!log.TryAppend("event"u8, out EntryPosition at))
        {
            Console.WriteLine("full: TruncateBefore makes room");
        }

        // </WhenFull>
        Assert.NotEqual(default, at);
    }

    public static void RollingLogSequence(string path)
    {
        using var stream = TestStreams.Create(path);
        var log = new RollingLog(stream, "events", segmentSize: 16 << 10, segmentCount: 4);
        log.Append("event"u8);
        int count = 0;

        // <RollingLogSequence>
        RollingLogSequence entries = log.EntriesAfter(default); // or behind the last one that was handled
        foreach (var entry in entries)
        {
            count++;
        }

        // </RollingLogSequence>
        Assert.Equal(1, count);
    }

    public static void RollingLogEnumerator(string path)
    {
        using var stream = TestStreams.Create(path);
        var log = new RollingLog(stream, "events", segmentSize: 16 << 10, segmentCount: 4);
        log.Append("event"u8);
        int count = 0;

        // <RollingLogEnumerator>
        using RollingLogEnumerator enumerator = log.GetEnumerator();
        while (enumerator.MoveNext())
        {
            count += enumerator.Current.Data.Length;
        }

        // </RollingLogEnumerator>
        Assert.Equal(5, count);
    }
}
