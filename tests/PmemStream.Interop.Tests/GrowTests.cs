using PmemStream.FormatReader;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Growing a stream in place, alone, with readers open, and beside everything else.</summary>
public sealed class GrowTests
{
    private const long Larger = 4 * TestStreams.StreamBytes;

    private volatile Exception? _failure;

    public static TheoryData<string> AllMedia => Media.All;

    public static TheoryData<string, int> MediaAndRounds =>
        [.. Media.All.Select(medium => (medium.Data, medium.Data == Media.Disk ? 20 : 200))];

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Grow_NewSpace_IsForRegionsAndStays(string medium)
    {
        using var folder = new TestFolder(medium);
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            region.Append("old");
            long free = stream.Info.FreeBytes;
            Assert.Throws<StreamFullException>(() => stream.CreateRegion("new", 2 * TestStreams.StreamBytes));

            stream.Grow(Larger - 1);

            Assert.Equal(Larger, stream.Info.Size);
            Assert.Equal(Larger, new FileInfo(folder.Stream).Length);
            Assert.Equal(free + Larger - TestStreams.StreamBytes, stream.Info.FreeBytes);
            Assert.Equal(StreamConditions.None, stream.Info.Conditions);
            stream.CreateRegion("new", 2 * TestStreams.StreamBytes).Append("new");
            region.Append("older");
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal(Larger, again.Info.Size);
        Assert.Equal(["old", "older"], again.GetRegion(TestStreams.RegionName).Texts());
        Assert.Equal(["new"], again.GetRegion("new").Texts());
        Assert.True(again.Check().IsSound);
    }

    [Fact]
    public void Grow_SpansReservationsAndEnumerations_GoOn()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("one");
        region.Append("two");
        EntryReservation reservation = region.Reserve(5);
        EntryEnumerator entries = region.GetEnumerator();
        Assert.True(entries.MoveNext());
        ReadOnlySpan<byte> span = entries.Current.Data;

        stream.Grow(Larger);

        Assert.Equal("one"u8, span);
        "three"u8.CopyTo(reservation.Span);
        reservation.Publish(5);
        Assert.True(entries.MoveNext());
        Assert.Equal("two"u8, entries.Current.Data);
        Assert.True(entries.MoveNext());
        Assert.Equal("three"u8, entries.Current.Data);
        entries.Dispose();
    }

    [Fact]
    public void Grow_SameSize_DoesNothing()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        byte[] before = StreamFile.ReadAllBytes(folder.Stream);
        stream.Grow(TestStreams.StreamBytes);
        Assert.Equal(before, StreamFile.ReadAllBytes(folder.Stream));
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(TestStreams.StreamBytes - 4096)]
    [InlineData(1L << 55)]
    [InlineData(long.MaxValue)]
    public void Grow_SmallerOrImpossible_ThrowsArgumentOutOfRangeAndChangesNothing(long size)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        byte[] before = StreamFile.ReadAllBytes(folder.Stream);
        var failure = Assert.Throws<ArgumentOutOfRangeException>(nameof(size), () => stream.Grow(size));
        Assert.Equal(size, failure.ActualValue);
        Assert.Equal(before, StreamFile.ReadAllBytes(folder.Stream));
    }

    [Fact]
    public void Grow_BeyondTheReservedAddresses_SaysHowFarItGoes()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        var failure = Assert.Throws<StreamStorageException>(() => stream.Grow(1L << 50));
        Assert.Equal(StreamStatus.NoMemory, failure.Status);
        Assert.Contains("open it again", failure.Message, StringComparison.Ordinal);
        Assert.Contains(folder.Stream, failure.Message, StringComparison.Ordinal);
        Assert.Equal(TestStreams.StreamBytes, new FileInfo(folder.Stream).Length);
        stream.Grow(Larger);
    }

    [Fact]
    public void Grow_ReadOnlyOrDisposed_Throws()
    {
        using var folder = new TestFolder();
        PersistentStream stream = TestStreams.Create(folder.Stream);
        using (PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream))
        {
            Assert.Throws<InvalidOperationException>(() => reader.Grow(Larger));
        }

        stream.Dispose();
        Assert.Throws<ObjectDisposedException>(() => stream.Grow(Larger));
        Assert.Equal(TestStreams.StreamBytes, new FileInfo(folder.Stream).Length);
    }

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Grow_ReaderThatIsOpen_ReadsTheNewRegions(string medium)
    {
        using var folder = new TestFolder(medium);
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("old");
        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        StreamRegion read = reader.GetRegion(TestStreams.RegionName);
        Assert.False(reader.TryGetRegion("new", out _));

        stream.Grow(Larger);
        stream.CreateRegion("new", 2 * TestStreams.StreamBytes).Append("new");

        Assert.Equal(["new"], reader.GetRegion("new").Texts());
        Assert.Equal(Larger, reader.Info.Size);
        Assert.Equal([TestStreams.RegionName, "new"], reader.Regions.Select(found => found.Name));
        Assert.Equal(["old"], read.Texts());
        Assert.True(reader.Check().IsSound);
    }

    [Fact]
    public void Grow_ReaderInAnotherProcess_ReadsTheNewRegion()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("old");
        using ChildProcess reader = ChildProcess.Start(ChildTasks.WaitForRegion, folder.Stream, "new");
        Assert.Equal(ChildTasks.Opened, reader.ReadLine());

        stream.Grow(Larger);
        StreamRegion made = stream.CreateRegion("new", 2 * TestStreams.StreamBytes);
        made.Append("new");

        Assert.Equal("new", reader.ReadLine());
        Assert.Equal($"{Larger}", reader.ReadLine());
        reader.WaitForSuccess();
    }

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Grow_IndependentReader_ReadsIt(string medium)
    {
        using var folder = new TestFolder(medium);
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            region.Append("old");
            stream.Grow(Larger);
            stream.CreateRegion("new", 2 * TestStreams.StreamBytes).Append("new");
            stream.Grow(2 * Larger);
        }

        StoredImage image = StoredImage.Read(StreamFile.ReadAllBytes(folder.Stream));
        Assert.Equal(2 * Larger, image.Size);
        Assert.Equal(2, image.Regions.Count());
        Assert.Empty(image.Problems);
    }

    [Theory]
    [MemberData(nameof(MediaAndRounds))]
    public void Grow_WhileOthersWorkAndOneDisposes_ThrowsNothingElseAndLosesNothing(string medium, int rounds)
    {
        using var folder = new TestFolder(medium);
        int seed = Environment.TickCount;
        for (int round = 0; round < rounds; round++)
        {
            string path = folder.File($"{round}.pms");
            PersistentStream stream = TestStreams.Create(path, 128 << 10);
            StreamRegion region = stream.CreateRegion(TestStreams.RegionName, 64 << 10, 8);
            int acknowledged = 0;
            long grownTo = 0;
            using var start = new Barrier(5);
            Thread[] threads =
            [
                Worker(start, () => AppendAll(region, ref acknowledged)),
                Worker(start, () => GrowOn(stream, ref grownTo)),
                Worker(start, () => MakeRegions(stream)),
                Worker(start, () => ReadAll(region)),
            ];
            start.SignalAndWait();
            Thread.SpinWait(new Random(seed + round).Next(50_000));
            if (round % 2 == 0)
            {
                stream.Dispose();
            }

            Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60)), $"Hangs; seed {seed + round}"));
            Assert.Null(_failure);
            stream.Dispose();
            using (PersistentStream again = PersistentStream.Open(path))
            {
                Assert.True(again.Info.Size >= grownTo, $"Grown to {grownTo}, found {again.Info.Size}");
                Assert.True(again.GetRegion(TestStreams.RegionName).Arrays().Count >= acknowledged);
                Assert.True(again.Check().IsSound);
            }

            File.Delete(path);
        }
    }

    private static void AppendAll(StreamRegion region, ref int acknowledged)
    {
        for (; acknowledged < 40; acknowledged++)
        {
            region.Append(ChildTasks.NumberedEntry(acknowledged));
        }
    }

    private static void GrowOn(PersistentStream stream, ref long grownTo)
    {
        for (long size = 132 << 10; size < 2 << 20; size += 300 << 10)
        {
            try
            {
                stream.Grow(size);
            }
            catch (StreamStorageException failure) when (Media.IsLostRoom(failure))
            {
                return;
            }

            grownTo = size;
        }
    }

    private static void MakeRegions(PersistentStream stream)
    {
        for (int made = 0; made < 10; made++)
        {
            try
            {
                stream.CreateRegion(null, 20 << 10).Append("x");
            }
            catch (StreamFullException)
            {
                Thread.Yield();
            }
        }
    }

    private static void ReadAll(StreamRegion region)
    {
        for (int read = 0; read < 20; read++)
        {
            Assert.All(region.Arrays(), entry => Assert.Equal(ChildTasks.NumberedEntry(BitConverter.ToInt32(entry)), entry));
        }
    }

    private Thread Worker(Barrier start, Action work)
    {
        var thread = new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                work();
            }
            catch (ObjectDisposedException)
            {
                // The one thing that may come of it.
            }
            catch (Exception failure)
            {
                _failure = failure;
            }
        });
        thread.Start();
        return thread;
    }
}
