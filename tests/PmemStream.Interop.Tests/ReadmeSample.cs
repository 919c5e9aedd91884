using System.Text.Json;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>The samples of README.md: what stands between the marks is what stands there (see ReadmeTests).</summary>
internal static class ReadmeSample
{
    public static async Task RunAsync(string path, CancellationToken cancel)
    {
        // <sample>
        using var stream = PersistentStream.OpenOrCreate(path, new() { Size = 256L << 20 });   // "/mnt/pmem/orders.pms"
        var region = stream.GetOrCreateRegion("orders", size: 64L << 20);

        EntryPosition at = region.Append("first order"u8);          // durable when this returns

        using (var slot = region.Reserve(128))                      // written in place
        {
            int n = Fill(slot.Span);
            slot.Publish(n);                                        // durable, and visible
        }

        foreach (var entry in region)
        {
            Console.WriteLine($"{entry.Timestamp}: {entry.Data.Length} bytes");
        }

        // </sample>
        Assert.Equal("first order"u8.ToArray(), region.ReadToArray(at));
        Assert.Equal(["first order", "second order"], region.Texts());
        AppendDeferred(stream, region, ["third order"u8.ToArray(), "fourth order"u8.ToArray()]);
        AppendGroups(region, "debit"u8.ToArray(), "credit"u8.ToArray(), new { number = 1 });
        RunInPlace(region, at);
        RunRollingLog(stream);
        await RunAsync(region, cancel);
    }

    private static async Task RunAsync(StreamRegion region, CancellationToken cancel)
    {
        byte[] order = [1];
        byte[][] orders = [[2], [3]];

        // <sample: async>
        EntryPosition first = await region.AppendAsync(order, cancel);           // durable; the memory is the caller's again
        await Task.WhenAll(orders.Select(each => region.AppendAsync(each, cancel).AsTask()));     // in a few flushes

        await foreach (EntryCopy entry in region.ReadAllAsync(first, follow: true, cancel))       // and those that come later
        {
            Console.WriteLine($"{entry.Position}: {entry.Data.Length} bytes");
            if (entry.Data.Span.SequenceEqual(orders[^1]))
            {
                break;
            }
        }

        // </sample: async>
        Assert.Equal(orders, region.EntriesAfter(first).Bytes().Select(value => new[] { value }));
    }

    private static void RunInPlace(StreamRegion region, EntryPosition at)
    {
        // <sample: in place>
        using (var slot = region.Reserve(1024))
        {
            using (var json = new Utf8JsonWriter(slot))
            {
                JsonSerializer.Serialize(json, new { Id = 42, Price = 9.5 });
            }

            slot.Publish();                                         // the bytes that were written
        }

        using EntryLease order = region.Lease(at);                  // region.Clear() throws until it is disposed
        ReadOnlyMemory<byte> data = order.Memory;                   // valid across an await, and after stream.Dispose()

        // </sample: in place>
        Assert.Equal("""{"Id":42,"Price":9.5}""", region.Texts()[^1]);
        Assert.Equal("first order"u8.ToArray(), data.ToArray());
        Assert.Throws<RegionBusyException>(region.Clear);
    }

    private static void RunRollingLog(PersistentStream stream)
    {
        // <sample: rolling log>
        var log = new RollingLog(stream, "events", segmentSize: 4L << 20, segmentCount: 8, WhenFull.DropOldest);

        EntryPosition last = log.Append("event"u8);                 // drops the oldest segment when all are full

        foreach (var entry in log.EntriesAfter(default))            // or behind the last one that was handled
        {
            Console.WriteLine($"{entry.Position}: {entry.Data.Length} bytes");
        }

        log.TruncateBefore(last);                                   // whole segments; the entry at the position stays

        // </sample: rolling log>
        Assert.Equal(last, log.FirstPosition);
        Assert.Equal("event"u8.ToArray(), log.ReadToArray(last));
    }

    private static void AppendDeferred(PersistentStream stream, StreamRegion region, byte[][] orders)
    {
        // <sample: deferred>
        EntryPosition last = default;
        foreach (byte[] order in orders)
        {
            last = region.AppendDeferred(order);                    // visible; a crash may lose it
        }

        region.Persist(last);                                       // these are durable now: one fence
        ulong upTo = stream.Persist();                              // and those of all regions, up to this timestamp

        // </sample: deferred>
        Assert.True(region.PersistedOffset > last.Offset && upTo >= last.Timestamp);
        Assert.Equal(orders, region.Arrays()[^orders.Length..]);
    }

    private static void AppendGroups(StreamRegion region, byte[] debit, byte[] credit, object invoice)
    {
        // <sample: group>
        region.AppendGroup([debit, credit]);                        // ready payloads: durable, all or none

        using EntryGroup group = region.BeginGroup(maxEntries: 2, maxBytes: 4096);
        using (var json = new Utf8JsonWriter(group))
        {
            JsonSerializer.Serialize(json, invoice);
        }

        group.CompleteEntry();
        group.Add(credit);
        EntryPosition[] positions = group.Publish();                // without it, Dispose abandons them all

        // </sample: group>
        Assert.Equal(2, positions.Length);
        Assert.Equal(["debit", "credit", """{"number":1}""", "credit"], region.Texts()[^4..]);
    }

    private static int Fill(Span<byte> span)
    {
        "second order"u8.CopyTo(span);
        return "second order"u8.Length;
    }
}
