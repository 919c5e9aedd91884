using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class RegionTests
{
    [Fact]
    public void CreateRegion_Name_IsFoundAgain()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        StreamRegion created = stream.CreateRegion("orders", 100_000);
        StreamRegion found = stream.GetRegion("orders");
        Assert.Equal("orders", found.Name);
        Assert.Equal(created.Offset, found.Offset);
        Assert.Equal(created.Info, found.Info);
        Assert.True(stream.TryGetRegion("orders", out StreamRegion? also));
        Assert.Equal(created.Info, also.Info);
        Assert.Contains("orders", created.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void CreateRegion_Size_IsUsableAndRoundedUpToBlocks()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        foreach (long size in new[] { 1, 3584, 3585, 65536 })
        {
            RegionInfo info = stream.CreateRegion(null, size).Info;
            Assert.InRange(info.UsableBytes, size, size + 4095);
            Assert.Equal(0, info.TotalBytes % 4096);
            Assert.Equal(0, info.UsedBytes);
            Assert.Equal("", info.Name);
            Assert.Equal(64, info.EntryAlignment);
            Assert.Null(info.FirstTimestamp);
            Assert.Null(info.LastTimestamp);
            Assert.Null(info.OldestReservation);
            Assert.Equal(StreamConditions.None, info.Conditions);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(1L << 55)]
    public void CreateRegion_ImpossibleSize_ThrowsArgumentOutOfRange(long bytes)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        Assert.Throws<ArgumentOutOfRangeException>("size", () => stream.CreateRegion("a", bytes));
        Assert.Throws<ArgumentOutOfRangeException>("size", () => stream.GetOrCreateRegion("a", bytes));
        Assert.Empty(stream.Regions);
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(1L << 40)]
    [InlineData((1L << 55) - 1)]
    public void CreateRegion_LargerThanTheStream_ThrowsStreamFull(long size)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        var failure = Assert.Throws<StreamFullException>(() => stream.CreateRegion("a", size));
        Assert.Equal(StreamStatus.StreamFull, failure.Status);
        Assert.Contains(folder.Stream, failure.Message, StringComparison.Ordinal);
        Assert.Empty(stream.Regions);
    }

    [Fact]
    public void CreateRegion_LargestFree_TakesItAll()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        stream.CreateRegion("first", 100);
        long largest = stream.Info.LargestFreeBytes;
        Assert.Throws<StreamFullException>(() => stream.CreateRegion("all", largest + 1));
        Assert.Equal(largest, stream.CreateRegion("all", largest).Info.UsableBytes);
        Assert.Equal(0, stream.Info.LargestFreeBytes);
        Assert.Throws<StreamFullException>(() => stream.CreateRegion("more", 1));
    }

    [Fact]
    public void CreateRegion_ImpossibleName_ThrowsArgumentException()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        foreach (string name in new[]
        {
            "",
            "a\0b",
            new string('a', 64),
            new string('ä', 32),
            $"a{(char)0xDC00}",
        })
        {
            Assert.Throws<ArgumentException>("name", () => stream.CreateRegion(name, 4096));
            Assert.Throws<ArgumentException>("name", () => stream.GetRegion(name));
            Assert.Throws<ArgumentException>("name", () => stream.TryGetRegion(name, out _));
            Assert.Throws<ArgumentException>("name", () => stream.GetOrCreateRegion(name, 4096));
        }

        Assert.Throws<ArgumentNullException>("name", () => stream.GetRegion(null!));
        Assert.Throws<ArgumentNullException>("name", () => stream.TryGetRegion(null!, out _));
        Assert.Throws<ArgumentNullException>("name", () => stream.GetOrCreateRegion(null!, 4096));
        Assert.Empty(stream.Regions);
    }

    [Fact]
    public void CreateRegion_LongestNames_Survive()
    {
        using var folder = new TestFolder();
        string[] names = [new string('a', 63), new string('ä', 31) + "b", "木木木", "😀 with\nnewline", "a", "A"];
        using (PersistentStream stream = TestStreams.Create(folder.Stream))
        {
            foreach (string name in names)
            {
                stream.CreateRegion(name, 1000).Append(name);
            }
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal(names, again.Regions.Select(region => region.Name));
        Assert.All(names, name => Assert.Equal([name], again.GetRegion(name).Texts()));
    }

    [Fact]
    public void CreateRegion_DuplicateName_ThrowsRegionExists()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out _);
        var failure = Assert.Throws<RegionExistsException>(() => stream.CreateRegion(TestStreams.RegionName, 4096));
        Assert.Equal(StreamStatus.AlreadyExists, failure.Status);
        Assert.Equal(TestStreams.RegionName, failure.RegionName);
        Assert.Single(stream.Regions);
        stream.CreateRegion(null, 100);
        stream.CreateRegion(null, 100);
        Assert.Equal(3, stream.Regions.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-8)]
    [InlineData(12)]
    [InlineData(8192)]
    public void CreateRegion_ImpossibleAlignment_ThrowsArgumentOutOfRange(int alignment)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        Assert.Throws<ArgumentOutOfRangeException>("entryAlignment", () => stream.CreateRegion("a", 4096, alignment));
        Assert.Throws<ArgumentOutOfRangeException>("entryAlignment", () => stream.GetOrCreateRegion("a", 4096, alignment));
    }

    [Fact]
    public void CreateRegion_AlignmentOfTheOptions_IsTheDefault()
    {
        using var folder = new TestFolder();
        using (PersistentStream stream = PersistentStream.Create(
            folder.Stream, new PersistentStreamOptions { Size = 1 << 20, EntryAlignment = 8 }))
        {
            Assert.Equal(8, stream.CreateRegion("packed", 4096).EntryAlignment);
            Assert.Equal(256, stream.CreateRegion("wide", 4096, 256).EntryAlignment);
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream, new() { EntryAlignment = 128 });
        Assert.Equal(8, again.GetRegion("packed").EntryAlignment);
        Assert.Equal(128, again.CreateRegion("new", 4096).EntryAlignment);
    }

    [Fact]
    public void GetRegion_Missing_ThrowsRegionNotFound()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out _);
        var failure = Assert.Throws<RegionNotFoundException>(() => stream.GetRegion("missing"));
        Assert.Equal("missing", failure.RegionName);
        Assert.Contains("missing", failure.Message, StringComparison.Ordinal);
        Assert.False(stream.TryGetRegion("missing", out StreamRegion? region));
        Assert.Null(region);
    }

    [Fact]
    public void GetOrCreateRegion_FromManyThreads_CreatesOne()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        for (int round = 0; round < 50; round++)
        {
            string name = $"region {round}";
            long[] offsets = new long[4];
            Parallel.For(0, offsets.Length, index => offsets[index] = stream.GetOrCreateRegion(name, 4096).Offset);
            Assert.Single(offsets.Distinct());
        }

        Assert.Equal(50, stream.Info.RegionCount);
    }

    [Fact]
    public void Regions_AfterFree_AreInAddressOrderAndNeighboursCoalesce()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 16384 + (8 * 8192), 4096);
        StreamRegion[] regions = [.. Enumerable.Range(0, 8).Select(index => stream.CreateRegion($"{index}", 8192 - 512))];
        Assert.Equal(0, stream.Info.FreeBytes);
        foreach (int index in new[] { 2, 4, 3, 7 })
        {
            regions[index].Free();
        }

        Assert.Equal(["0", "1", "5", "6"], stream.Regions.Select(region => region.Name));
        Assert.Equal(regions.Where((_, index) => index is 0 or 1 or 5 or 6).Select(r => r.Offset), stream.Regions.Select(r => r.Offset));
        Assert.Equal((3 * 8192) - 512, stream.Info.LargestFreeBytes);
        Assert.Equal(regions[2].Offset, stream.CreateRegion("big", (3 * 8192) - 512).Offset);
        Assert.True(stream.Check().IsSound);
    }

    [Fact]
    public void Regions_CreatedAndFreedByManyThreads_NeverOverlap()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 2 << 20);
        Parallel.For(0, 4, thread =>
        {
            var random = new Random(thread);
            for (int round = 0; round < 100; round++)
            {
                StreamRegion region = stream.CreateRegion($"{thread}", random.Next(1, 100_000));
                byte[] mine = TestStreams.Payload(100, thread);
                region.Append(mine);
                Assert.Equal([mine], region.Arrays());
                Assert.Contains(stream.Regions, other => other.Offset == region.Offset);
                region.FreeWhenIdle();
            }
        });
        Assert.Empty(stream.Regions);
        Assert.True(stream.Check().IsSound);
    }
}
