using System.Buffers;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class AllocationTests
{
    private const int Entries = 2000;

    private static readonly SpanAction<byte, byte> FillAll = static (span, value) => span.Fill(value);

    [Fact]
    public void Append_Entries_AllocatesNothing()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        StreamRegion region = stream.CreateRegion("log", 3 << 20);
        AssertAllocates(0, () =>
        {
            for (int index = 0; index < Entries; index++)
            {
                region.Append("some data"u8);
                region.TryAppend("some data"u8, out _);
                region.Append(9, (byte)7, FillAll);
                _ = region.CommittedOffset + region.PersistedOffset;
            }

            region.Clear();
        });
    }

    // A roll may allocate, so none comes: the segment is large.
    [Fact]
    public void Append_ToARollingLog_AllocatesNothing()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 8 << 20);
        var log = new RollingLog(stream, "log", 3 << 20, 2, WhenFull.DropOldest);
        StreamRegion first = stream.GetRegion("log.0000");
        AssertAllocates(0, () =>
        {
            for (int index = 0; index < Entries; index++)
            {
                log.Append("some data"u8);
                log.TryAppend("some data"u8, out _);
            }
        });
        Assert.Equal(3 * 2 * Entries, first.Arrays().Count);
    }

    [Fact]
    public void MoveNext_EntriesOfARollingLog_AllocatesPerSegmentAlone()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 8 << 20);
        var log = new RollingLog(stream, "log", 128 << 10, 4);
        for (int index = 0; index < Entries; index++)
        {
            log.Append("some data that is longer than a cache line, so that 4 segments are used"u8);
        }

        int count = 0;
        AssertAllocates(4 * 1000, () =>
        {
            foreach (StreamEntry entry in log)
            {
                count += entry.Position.IsDefault ? 0 : 1;
            }
        });
        Assert.Equal(3 * Entries, count);
    }

    [Fact]
    public void Append_DeferredSequencesAndGroups_AllocatesNothing()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        StreamRegion region = stream.CreateRegion("log", 3 << 20);
        ReadOnlySequence<byte> few = Pieces.Of(TestStreams.Payload(20, 1), 5);
        ReadOnlySequence<byte> many = Pieces.Of(TestStreams.Payload(20, 1), 1);
        ReadOnlyMemory<byte>[] two = [new byte[5], new byte[6]];
        ReadOnlyMemory<byte>[] ten = [.. Enumerable.Repeat((ReadOnlyMemory<byte>)new byte[5], 10)];
        EntryPosition[] positions = new EntryPosition[10];
        int[] lengths = [4, 5]; // not as a span of constants: without optimisation making that allocates
        AssertAllocates(0, () =>
        {
            for (int index = 0; index < Entries / 10; index++)
            {
                EntryPosition at = region.AppendDeferred("some data"u8);
                region.TryAppendDeferred("some data"u8, out _);
                region.AppendDeferred(few);
                region.Append(many);
                region.TryAppend(few, out _);
                region.TryAppendDeferred(many, out _);
                region.AppendGroup(two);
                region.AppendGroup(ten, positions);
                region.AppendGroup(ten);
                region.AppendGroupDeferred("some data"u8, lengths, positions);
                region.Persist(at);
                region.Persist();
                Assert.True(stream.Persist() == stream.PersistedTimestamp);
            }

            region.Clear();
        });
    }

    // As for a reservation: the object that the caller holds, and what he asks for, but nothing by entry.
    [Fact]
    public void BeginGroup_Entries_AllocatesTheGroupAlone()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        StreamRegion region = stream.CreateRegion("log", 3 << 20);
        EntryPosition[] positions = new EntryPosition[10];
        const int groups = Entries / 10;
        AssertAllocates(groups * 120, () =>
        {
            for (int index = 0; index < groups; index++)
            {
                using EntryGroup group = region.BeginGroup(10, 1000);
                for (int entry = 0; entry < 5; entry++)
                {
                    group.Add("some data"u8);
                    group.GetSpan(10).Fill(1);
                    group.Advance(10);
                    group.CompleteEntry();
                }

                if (index % 2 == 0)
                {
                    group.Publish(positions);
                }
            }

            region.Clear();
        });
    }

    [Fact]
    public void MoveNext_Entries_AllocatesPerEnumerationAlone()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        StreamRegion region = stream.CreateRegion("log", 3 << 20);
        for (int index = 0; index < Entries; index++)
        {
            region.Append("some data"u8);
        }

        long sum = 0;
        AssertAllocates(100, () =>
        {
            foreach (StreamEntry entry in region)
            {
                sum += entry.Data.Length + entry.Position.Offset + (long)entry.Timestamp;
            }
        });
        Assert.True(sum > 0);
    }

    [Fact]
    public void MoveNext_MergedEntries_AllocatesPerRegionAlone()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        StreamRegion[] regions = [.. Enumerable.Range(0, 4).Select(i => stream.CreateRegion($"{i}", 900_000))];
        for (int index = 0; index < Entries; index++)
        {
            regions[index % 4].Append("some data"u8);
        }

        long sum = 0;
        AssertAllocates(5000, () =>
        {
            foreach (MergedEntry entry in stream.ReadAll())
            {
                sum += entry.Data.Length + entry.Region.Offset + (long)entry.Timestamp;
            }
        });
        Assert.True(sum > 0);
    }

    [Fact]
    public void TryCopy_Entry_AllocatesNothing()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition at = region.Append(TestStreams.Payload(1000, 1));
        byte[] buffer = new byte[1000];
        AssertAllocates(0, () =>
        {
            for (int index = 0; index < Entries; index++)
            {
                Assert.True(region.TryCopy(at, buffer, out _));
            }
        });
    }

    // The object that the caller holds is new each time (see EntryReservation); what is costly to make is not.
    [Fact]
    public void Reserve_Entries_AllocatesTheReservationAlone()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        StreamRegion region = stream.CreateRegion("log", 3 << 20);
        AssertAllocates(Entries * 80, () =>
        {
            for (int index = 0; index < Entries; index++)
            {
                using EntryReservation slot = region.Reserve(10);
                if (index % 2 == 0)
                {
                    slot.GetSpan(10).Fill(1);
                    slot.Advance(10);
                    slot.Publish();
                }
            }

            region.Clear();
        });
    }

    private static void AssertAllocates(long bytesMax, Action work)
    {
        // What is compiled, cached and pooled is so at the first times.
        work();
        work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        work();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated <= bytesMax, $"{allocated} bytes were allocated, expected at most {bytesMax}");
    }
}
