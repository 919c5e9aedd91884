using System.Buffers;
using System.Text.Json;
using PmemStream.Interop.Native;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class EntryGroupTests
{
    public static TheoryData<string> AllMedia => Media.All;

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Publish_WrittenEntries_AreAllThereAlsoAfterReopening(string medium)
    {
        using var folder = new TestFolder(medium);
        byte[][] entries = [.. new[] { 5, 0, 1000, 64 }.Select(TestStreams.Payload)];
        EntryPosition[] positions;
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region, 8))
        {
            using EntryGroup group = region.BeginGroup(10, 2000);
            Assert.Equal((10, 2000, 0, 0), (group.MaxEntries, group.MaxBytes, group.Count, group.WrittenCount));
            foreach (byte[] entry in entries)
            {
                // In two pieces, as a serialiser would.
                int half = entry.Length / 2;
                entry.AsSpan(0, half).CopyTo(group.GetSpan(half));
                group.Advance(half);
                entry.AsMemory(half).CopyTo(group.GetMemory());
                group.Advance(entry.Length - half);
                Assert.Equal(entry.Length, group.WrittenCount);
                group.CompleteEntry();
                Assert.Equal(0, group.WrittenCount);
            }

            group.Add("added"u8);
            Assert.Equal(5, group.Count);
            Assert.Empty(region.Texts());
            positions = group.Publish();
            Assert.Equal([.. entries, "added"u8.ToArray()], region.Arrays());
            Assert.Equal([.. entries, "added"u8.ToArray()], positions.Select(region.ReadToArray));
            Assert.Equal(region.CommittedOffset, region.PersistedOffset);
            Assert.Equal(0, region.Info.OpenReservations);
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal(positions.Length, again.GetRegion(TestStreams.RegionName).Arrays().Count);
        Assert.True(again.Check().IsSound);
    }

    [Fact]
    public void GetMemory_JsonWriter_WritesStraightIntoTheStream()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryGroup group = region.BeginGroup(3, 16 << 10);
        for (int order = 1; order <= 3; order++)
        {
            using (var writer = new Utf8JsonWriter(group))
            {
                JsonSerializer.Serialize(writer, new { order, lines = new[] { "a", "b" } });
            }

            group.CompleteEntry();
        }

        group.Publish([]);
        Assert.Equal(
            Enumerable.Range(1, 3).Select(order => $$"""{"order":{{order}},"lines":["a","b"]}"""), region.Texts());
    }

    [Fact]
    public void Publish_SomethingBehindIsDurable_MovesTheEntriesBehindIt()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryGroup group = region.BeginGroup(2, 100);
        group.Add("a"u8);
        EntryPosition behind = region.Append("behind");
        group.Add("b"u8);
        Assert.Empty(region.Texts());
        EntryPosition[] positions = group.Publish();
        Assert.Equal(["behind", "a", "b"], region.Texts());
        Assert.True(positions[0].Offset > behind.Offset && positions[0].Timestamp > behind.Timestamp);
        Assert.Equal("b"u8.ToArray(), region.ReadToArray(positions[1]));
        Assert.Equal(region.CommittedOffset, region.PersistedOffset);
    }

    [Fact]
    public void Publish_WithoutRoomBehind_ThrowsRegionFullAndStaysOpen()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryGroup group = region.BeginGroup(1, 1000);
        group.Add(new byte[1000]);
        region.Append(new byte[region.Info.UsableBytes - 2000]);
        Assert.Throws<RegionFullException>(() => group.Publish());
        Assert.Throws<RegionFullException>(() => group.Publish(new EntryPosition[1]));
        Assert.Equal((1, 1), (group.Count, (int)region.Info.OpenReservations));
        Assert.Empty(region.Arrays());
        group.Abandon();
        Assert.Single(region.Arrays());
    }

    [Fact]
    public void Publish_WithoutEntries_AbandonsTheGroup()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryGroup group = region.BeginGroup(2, 100);
        region.Append("behind");
        Assert.Empty(group.Publish());
        Assert.Equal(["behind"], region.Texts());
        Assert.Throws<InvalidOperationException>(() => group.Publish());
    }

    [Fact]
    public void Dispose_Group_AbandonsItAlsoAfterReopening()
    {
        using var folder = new TestFolder();
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            using (EntryGroup group = region.BeginGroup(2, 100))
            {
                group.Add("never"u8);
                region.Append("behind");
                Assert.Empty(region.Texts());
            }

            Assert.Equal(["behind"], region.Texts());
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal(["behind"], again.GetRegion(TestStreams.RegionName).Texts());
    }

    [Fact]
    public void Group_FullOrUnfinished_ThrowsInvalidOperationAndStaysOpen()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryGroup group = region.BeginGroup(2, 10);
        Assert.Equal(10, group.GetSpan().Length);
        Assert.Throws<InvalidOperationException>(() => group.GetSpan(11).Length);
        Assert.Throws<InvalidOperationException>(() => group.GetMemory(11));
        Assert.Throws<InvalidOperationException>(() => group.Add(new byte[11]));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => group.Advance(11));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => group.Advance(-1));
        Assert.Throws<ArgumentOutOfRangeException>("sizeHint", () => group.GetSpan(-1).Length);
        "123456"u8.CopyTo(group.GetSpan());
        group.Advance(6);
        Assert.Throws<InvalidOperationException>(() => group.Add("x"u8));
        Assert.Throws<InvalidOperationException>(() => group.Publish());
        Assert.Throws<InvalidOperationException>(() => group.Publish(new EntryPosition[2]));
        Assert.Equal(4, group.GetSpan(4).Length);
        group.CompleteEntry();
        Assert.Throws<ArgumentException>("positions", () =>
        {
            group.Add("7890"u8);
            group.Publish(new EntryPosition[1]);
        });
        Assert.Throws<InvalidOperationException>(() => group.Add([]));
        Assert.Throws<InvalidOperationException>(() => group.GetSpan().Length);
        Assert.Throws<InvalidOperationException>(group.CompleteEntry);
        Assert.Equal(2, group.Publish().Length);
        Assert.Equal(["123456", "7890"], region.Texts());
    }

    [Theory]
    [InlineData(0, 1, "maxEntries")]
    [InlineData(-1, 1, "maxEntries")]
    [InlineData(65_537, 1, "maxEntries")]
    [InlineData(1, -1, "maxBytes")]
    [InlineData(1, long.MaxValue, "maxBytes")]
    [InlineData(1, (1 << 30) - 24 - 64 + 1, "maxBytes")]
    [InlineData(65_536, 1 << 30, "maxBytes")]
    public void BeginGroup_ImpossibleSize_ThrowsArgumentOutOfRange(int entries, long bytes, string parameter)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        Assert.Throws<ArgumentOutOfRangeException>(parameter, () => region.BeginGroup(entries, bytes));
        Assert.Equal(0, region.Info.UsedBytes);
    }

    [Fact]
    public void BeginGroup_WithoutRoom_GivesTheHandleBackToThePool()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        GroupHandle pooled = GroupHandle.Rent();
        pooled.Return();
        Assert.Throws<RegionFullException>(() => region.BeginGroup(1, region.Info.UsableBytes));

        // The largest that can be asked for is refused by the core, and not before.
        Assert.Throws<RegionFullException>(() => region.BeginGroup(1, (1 << 30) - 24 - 64));
        GroupHandle next = GroupHandle.Rent();
        Assert.Same(pooled, next);
        next.Return();
    }

    // However the bytes are divided, and whatever the alignment: all that was asked for can be written.
    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    [InlineData(4096)]
    public void Add_AllThatWasAskedFor_Fits(int alignment)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region, alignment);
        TestSeed.Run(random =>
        {
            for (int round = 0; round < 50; round++)
            {
                int count = random.Next(1, 8);
                byte[][] entries = [.. Enumerable.Range(0, count).Select(i => TestStreams.Payload(random.Next(300), i))];
                using EntryGroup group = region.BeginGroup(count, entries.Sum(entry => entry.Length));
                Array.ForEach(entries, entry => group.Add(entry));
                group.Publish();
                Assert.Equal(entries, region.Arrays());
                region.Clear();
            }
        });
    }

    [Fact]
    public unsafe void EntryPosition_Layout_IsThatOfTheCore()
    {
        Assert.Equal(sizeof(pms_position), sizeof(EntryPosition));
        var position = new EntryPosition(1, 2);
        pms_position native = *(pms_position*)&position;
        Assert.Equal((1UL, 2UL), (native.offset, native.timestamp));
    }
}
