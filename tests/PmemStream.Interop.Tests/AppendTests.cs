using System.Buffers;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class AppendTests
{
    private static readonly SpanAction<byte, byte> FillAll = static (span, value) => span.Fill(value);

    public static TheoryData<string> AllMedia => Media.All;

    public static TheoryData<string, int> MediaAndAlignments =>
        [.. Media.All.SelectMany(medium => new[] { 8, 64, 4096 }, (medium, alignment) => (medium.Data, alignment))];

    [Theory]
    [MemberData(nameof(MediaAndAlignments))]
    public void Append_ManySizes_AreReadBackAlsoAfterReopening(string medium, int alignment)
    {
        using var folder = new TestFolder(medium);
        byte[][] entries = [.. new[] { 0, 1, 7, 8, 9, 40, 41, 64, 100, 1000, 4072, 4073, 70_000 }.Select(TestStreams.Payload)];
        var positions = new List<EntryPosition>();
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region, alignment))
        {
            foreach (byte[] entry in entries)
            {
                positions.Add(region.Append(entry));
                Assert.Equal(0, positions[^1].Offset % 8);
                Assert.Equal(entry, region.ReadToArray(positions[^1]));
            }

            Assert.Equal(positions.Order(), positions);
            Assert.Equal(entries, region.Arrays());
            RegionInfo info = region.Info;
            Assert.Equal(entries.Sum(entry => TestStreams.ExtentOf(entry.Length, alignment)), info.UsedBytes);
            Assert.Equal((positions[0].Timestamp, positions[^1].Timestamp), (info.FirstTimestamp, info.LastTimestamp));
            Assert.Equal(info.CommittedOffset, region.CommittedOffset);
            Assert.Equal(region.CommittedOffset, region.PersistedOffset);
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        StreamRegion reopened = again.GetRegion(TestStreams.RegionName);
        Assert.Equal(entries, reopened.Arrays());
        Assert.Equal(entries, positions.Select(reopened.ReadToArray));
    }

    [Fact]
    public void Append_EmptySpan_IsAnEntry()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition at = region.Append(ReadOnlySpan<byte>.Empty);
        Assert.True(region.TryAppend(default, out _));
        region.Append(0, (byte)0, FillAll);
        Assert.Equal(["", "", ""], region.Texts());
        Assert.True(region.TryCopy(at, [], out int length));
        Assert.Equal(0, length);
        Assert.Empty(region.ReadToArray(at));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    public void Append_UntilTheLastByte_FillsTheRegionAndNoMore(int alignment)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 16384 + (2 * 8192));
        StreamRegion first = stream.CreateRegion("first", 8192 - 512, alignment);
        StreamRegion last = stream.CreateRegion("last", 8192 - 512, alignment);
        Assert.Equal(0, stream.Info.FreeBytes);
        foreach (StreamRegion region in new[] { last, first })
        {
            long usable = region.Info.UsableBytes;
            byte[] half = TestStreams.Payload(4000, alignment);
            region.Append(half);
            long left = usable - region.Info.UsedBytes;
            byte[] rest = TestStreams.Payload((int)left - TestStreams.HeaderBytes, 2);
            Assert.False(region.TryAppend(TestStreams.Payload(rest.Length + 1, 3), out EntryPosition none));
            Assert.Equal(default, none);
            region.Append(rest);
            Assert.Equal(usable, region.Info.UsedBytes);
            Assert.False(region.TryAppend([], out _));
            var failure = Assert.Throws<RegionFullException>(() => region.Append([]));
            Assert.Equal(StreamStatus.RegionFull, failure.Status);
            Assert.Contains(folder.Stream, failure.Message, StringComparison.Ordinal);
            Assert.Throws<RegionFullException>(() => region.Reserve(0));
            Assert.Throws<RegionFullException>(() => region.Append(0, (byte)1, FillAll));
            Assert.Equal([half, rest], region.Arrays());
        }

        stream.Dispose();
        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.All(again.Regions, region => Assert.Equal(2, region.Arrays().Count));
        Assert.False(again.GetRegion("last").TryAppend([], out _));
        Assert.True(again.Check().IsSound);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData((1 << 30) + 1)]
    [InlineData(int.MaxValue)]
    public void Append_ImpossibleSize_ThrowsArgumentOutOfRange(int bytes)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        Assert.Throws<ArgumentOutOfRangeException>("size", () => region.Append(bytes, (byte)1, FillAll));
        Assert.Throws<ArgumentOutOfRangeException>("size", () => region.Reserve(bytes));
        Assert.Empty(region.Texts());
        Assert.Equal(0, region.Info.UsedBytes);
    }

    [Theory]
    [InlineData(1 << 30)]
    [InlineData(300_000)]
    public void Append_BeyondTheRegion_ThrowsRegionFull(int size)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        Assert.Throws<RegionFullException>(() => region.Append(size, (byte)1, FillAll));
        Assert.Throws<RegionFullException>(() => region.Reserve(size));
        region.Append("still works");
        Assert.Equal(["still works"], region.Texts());
    }

    [Fact]
    public unsafe void Append_SpanOfMoreThanAGibibyte_ThrowsArgumentOutOfRange()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);

        // Refused before it is looked at.
        Assert.Throws<ArgumentOutOfRangeException>("data", () => region.Append(Pretended()));
        Assert.Throws<ArgumentOutOfRangeException>("data", () => region.TryAppend(Pretended(), out _));
        Assert.Empty(region.Texts());

        static ReadOnlySpan<byte> Pretended() => new((void*)8, (1 << 30) + 1);
    }

    [Fact]
    public void Append_Delegate_WritesInPlace()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition at = region.Append(1000, (byte)7, FillAll);
        Assert.Equal(Enumerable.Repeat((byte)7, 1000), region.ReadToArray(at));
        Assert.Throws<ArgumentNullException>("fill", () => region.Append(1, 0, null!));
    }

    [Fact]
    public void Append_DelegateThrows_AppendsNothingAndHidesNothing()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        Assert.Throws<TimeoutException>(
            () => region.Append(100, 0, (_, _) => throw new TimeoutException()));
        region.Append("behind it");
        Assert.Equal(["behind it"], region.Texts());
        Assert.Equal(0, region.Info.OpenReservations);
    }

    [Fact]
    public void Append_DelegateAppendsToTheSameRegion_BecomesVisibleBehindIt()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append(1, region, (span, itself) =>
        {
            span[0] = (byte)'a';
            itself.Append("inner");
            Assert.Empty(itself.Texts());
        });
        Assert.Equal(["a", "inner"], region.Texts());
    }

    [Fact]
    public void Append_DelegateDisposesTheStream_ThrowsObjectDisposed()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        Assert.Throws<ObjectDisposedException>(() => region.Append(100, stream, (span, open) =>
        {
            open.Dispose();
            span.Fill(1);
        }));
        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Empty(again.GetRegion(TestStreams.RegionName).Texts());
    }

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Append_FromManyThreads_KeepsEveryEntryWhole(string medium)
    {
        using var folder = new TestFolder(medium);
        const int threads = 4;
        int each = medium == Media.Disk ? 100 : 1000;
        using PersistentStream stream = TestStreams.Create(folder.Stream, 8 << 20);
        StreamRegion region = stream.CreateRegion("shared", 7 << 20, 8);
        var positions = new EntryPosition[threads, each];
        Parallel.For(0, threads, thread =>
        {
            for (int index = 0; index < each; index++)
            {
                positions[thread, index] = region.Append(ChildTasks.NumberedEntry((thread * each) + index));
            }
        });

        List<byte[]> found = region.Arrays();
        Assert.Equal(threads * each, found.Count);
        Assert.All(found, entry => Assert.Equal(ChildTasks.NumberedEntry(BitConverter.ToInt32(entry)), entry));
        var numbers = found.ConvertAll(entry => BitConverter.ToInt32(entry));
        for (int thread = 0; thread < threads; thread++)
        {
            int from = thread * each;
            Assert.Equal(Enumerable.Range(from, each), numbers.Where(number => number / each == thread));
        }
    }

    [Fact]
    public void Append_TwoRegions_TimestampsGrowAcrossBoth()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion first);
        StreamRegion second = stream.CreateRegion("second", 4096);
        ulong last = 0;
        for (int round = 0; round < 20; round++)
        {
            EntryPosition at = (round % 2 == 0 ? first : second).Append("x");
            Assert.True(at.Timestamp > last);
            last = at.Timestamp;
        }

        Assert.True(stream.Info.NextTimestamp > last);
    }
}
