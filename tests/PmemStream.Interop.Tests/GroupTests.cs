using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class GroupTests
{
    public static TheoryData<string> AllMedia => Media.All;

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void AppendGroup_Entries_AreAllThereAlsoAfterReopening(string medium)
    {
        using var folder = new TestFolder(medium);
        byte[][] entries = [.. new[] { 10, 0, 1000, 41, 8 }.Select(TestStreams.Payload)];
        var positions = new EntryPosition[entries.Length];
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region, 8))
        {
            EntryPosition first = region.AppendGroup([.. entries.Select(entry => (ReadOnlyMemory<byte>)entry)], positions);
            Assert.Equal(first, positions[0]);
            AssertIsGroup(region, entries, positions);
            Assert.Equal(region.CommittedOffset, region.PersistedOffset);

            EntryPosition[] second = new EntryPosition[entries.Length + 1];
            int[] lengths = [.. entries.Select(entry => entry.Length)];
            region.AppendGroup([.. entries.SelectMany(entry => entry)], lengths, second);
            AssertIsGroup(region, entries, second[..^1]);
            Assert.Equal(default, second[^1]);
            Assert.Equal(positions[^1].Timestamp + 1, second[0].Timestamp);
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        StreamRegion reopened = again.GetRegion(TestStreams.RegionName);
        Assert.Equal([.. entries, .. entries], reopened.Arrays());
        AssertIsGroup(reopened, entries, positions);
        Assert.Equal(
            [true, true, true, true, false, true, true, true, true, false],
            again.EnumerateStored().Where(item => item.Kind == StoredKind.Data).Select(item => item.GroupContinues));
        Assert.True(again.Check().IsSound);
    }

    [Fact]
    public void AppendGroup_WithoutPositions_TellsTheFirst()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        foreach (int count in new[] { 1, 8, 9, 300 })
        {
            byte[] data = TestStreams.Payload(count, count);
            EntryPosition first = region.AppendGroup(data, [.. Enumerable.Repeat(1, count)]);
            Assert.Equal([data[0]], region.ReadToArray(first));
            first = region.AppendGroup([.. Enumerable.Range(0, count).Select(i => (ReadOnlyMemory<byte>)data.AsMemory(i, 1))]);
            Assert.Equal(Enumerable.Range(0, count).Select(i => data[i]), region.EntriesFrom(first).Bytes());
        }
    }

    [Fact]
    public void AppendGroupDeferred_Entries_AreDurableAfterPersist()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        long start = region.PersistedOffset;
        region.AppendGroupDeferred(["a"u8.ToArray(), "b"u8.ToArray()]);
        EntryPosition last = region.AppendGroupDeferred("cde"u8, [1, 2]);
        Assert.Equal(["a", "b", "c", "de"], region.Texts());
        Assert.Equal(start, region.PersistedOffset);
        region.Persist(last);
        Assert.Equal(region.CommittedOffset, region.PersistedOffset);
    }

    [Fact]
    public void AppendGroup_WrongArguments_ThrowAndAppendNothing()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        Assert.Throws<ArgumentException>("entries", () => region.AppendGroup([]));
        Assert.Throws<ArgumentException>("lengths", () => region.AppendGroup(default(ReadOnlySpan<byte>), default(ReadOnlySpan<int>)));
        Assert.Throws<ArgumentException>("entries", () => region.AppendGroup(new ReadOnlyMemory<byte>[65_537]));
        Assert.Throws<ArgumentException>("lengths", () => region.AppendGroup([], new int[65_537]));
        Assert.Throws<ArgumentException>("lengths", () => region.AppendGroup(new byte[10], [4, 5]));
        Assert.Throws<ArgumentException>("lengths", () => region.AppendGroup(new byte[10], [4, 7]));
        Assert.Throws<ArgumentOutOfRangeException>("lengths", () => region.AppendGroup(new byte[10], [11, -1]));
        Assert.Throws<ArgumentException>(
            "lengths", () => region.AppendGroup(new byte[2], [.. Enumerable.Repeat(1 << 30, 5)]));
        Assert.Throws<ArgumentException>(
            "positions", () => region.AppendGroup(new byte[10], [4, 6], new EntryPosition[1]));
        Assert.Throws<ArgumentException>(
            "positions", () => region.AppendGroup([new byte[1], new byte[1]], new EntryPosition[1]));
        Assert.Equal(0, region.Info.UsedBytes);
    }

    [Fact]
    public void AppendGroup_WithoutRoomForAll_AppendsNone()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        byte[] half = TestStreams.Payload((int)region.Info.UsableBytes / 2, 1);
        Assert.Throws<RegionFullException>(() => region.AppendGroup([half, half]));
        Assert.Equal(0, region.Info.UsedBytes);
        region.AppendGroup([half, new byte[1]]);
        Assert.Equal(2, region.Arrays().Count);
    }

    [Fact]
    public void AppendGroup_MostEntries_AreAllThere()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 8 << 20);
        StreamRegion region = stream.CreateRegion("many", 7 << 20, 8);
        byte[] data = TestStreams.Payload(65_536, 1);
        EntryPosition[] positions = new EntryPosition[65_536];
        region.AppendGroup(data, [.. Enumerable.Repeat(1, data.Length)], positions);
        Assert.Equal(data, region.Entries.Bytes());
        Assert.Equal(positions[0].Timestamp + 65_535, positions[^1].Timestamp);
    }

    // What a crash in the middle of the group leaves, made by hand: its last entry is damaged, and the process is gone.
    [Fact]
    public void AppendGroup_CutShort_IsGoneAsAWhole()
    {
        using var folder = new TestFolder();
        byte[] image;
        EntryPosition[] positions = new EntryPosition[3];
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            region.Append("before");
            region.AppendGroupDeferred(["a"u8.ToArray(), "b"u8.ToArray(), "c"u8.ToArray()], positions);
            image = StreamFile.ReadAllBytes(folder.Stream);
        }

        string copy = folder.File("copy.pms");
        File.WriteAllBytes(copy, image);
        using (PersistentStream whole = PersistentStream.Open(copy))
        {
            Assert.Equal(["before", "a", "b", "c"], whole.GetRegion(TestStreams.RegionName).Texts());
        }

        image.AsSpan((int)positions[2].Offset, TestStreams.HeaderBytes + 8).Clear();
        File.WriteAllBytes(copy, image);
        using PersistentStream crashed = PersistentStream.Open(copy);
        Assert.Equal(["before"], crashed.GetRegion(TestStreams.RegionName).Texts());
        Assert.Equal(1, crashed.Recovery.GroupsDropped);
        Assert.True(crashed.Check().IsSound);
    }

    private static void AssertIsGroup(StreamRegion region, byte[][] entries, EntryPosition[] positions)
    {
        Assert.Equal(entries, positions.Select(region.ReadToArray));
        for (int index = 1; index < positions.Length; index++)
        {
            Assert.Equal(positions[index - 1].Timestamp + 1, positions[index].Timestamp);
            Assert.Equal(
                positions[index - 1].Offset + TestStreams.ExtentOf(entries[index - 1].Length, region.EntryAlignment),
                positions[index].Offset);
        }
    }
}
