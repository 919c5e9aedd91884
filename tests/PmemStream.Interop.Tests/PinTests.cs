using System.Globalization;
using System.Text;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Reading in place beside a writer in another process, who is kept from what is read; and who is seen to do so.</summary>
public sealed class PinTests
{
    public static TheoryData<string> Ways => [ChildTasks.PinRegion, ChildTasks.PinStream, ChildTasks.PinLease];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Pinned_ByAnotherProcess_KeepsTheRegionUntilItIsDisposed(string way)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("one");
        region.Append("two");
        stream.Persist();                                       // a merged enumeration goes no further beside a writer
        using ChildProcess reader = ChildProcess.Start(ChildTasks.Pin, folder.Stream, way);
        long process = long.Parse(reader.ReadLine()!, CultureInfo.InvariantCulture);

        var busy = Assert.Throws<RegionBusyException>(region.Clear);
        Assert.Contains($"process {process}", busy.Message, StringComparison.Ordinal);
        Assert.Throws<RegionBusyException>(region.Free);
        ReaderInfo info = Assert.Single(ReadersOf(stream));
        Assert.Equal(process, info.ProcessId);
        Assert.Equal([region.Info.Identity], info.PinnedRegions);
        Assert.False(info.IsThisStream);

        // What it points at is as it was, whatever was appended and tried meanwhile.
        region.Append("three");
        reader.WriteLine("again");
        Assert.Equal("one", reader.ReadLine());
        reader.WriteLine("dispose");
        Assert.Equal("disposed", reader.ReadLine());
        Assert.Empty(Assert.Single(ReadersOf(stream)).PinnedRegions);
        region.Clear();
        Assert.Empty(region.Texts());
        reader.WriteLine();
        reader.WaitForSuccess();
        Assert.Empty(ReadersOf(stream));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Pinned_AndKilled_KeepsNothing(string way)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        for (int round = 0; round < 3; round++)
        {
            region.Append("one");
            stream.Persist();
            using ChildProcess reader = ChildProcess.Start(ChildTasks.Pin, folder.Stream, way);
            Assert.NotNull(reader.ReadLine());
            Assert.Throws<RegionBusyException>(region.Clear);
            Assert.Single(ReadersOf(stream));
            reader.Kill();

            Assert.Empty(ReadersOf(stream));
            region.Clear();
        }

        region.Free();
    }

    [Fact]
    public void Pinned_InTheGarbage_IsFoundByTheCollector()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("one");
        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        Forget(reader.GetRegion(TestStreams.RegionName));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        region.Clear();

        static void Forget(StreamRegion read)
        {
            EntryEnumerator entries = read.Entries.Pinned().GetEnumerator();
            Assert.True(entries.MoveNext());
        }
    }

    [Fact]
    public void Pinned_NotSo_IsStaleAfterAClear()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition at = region.Append("one");
        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        StreamRegion read = reader.GetRegion(TestStreams.RegionName);
        using EntryEnumerator entries = read.GetEnumerator();
        using EntryLease lease = read.Lease(at);
        Assert.True(entries.MoveNext());
        region.Clear();
        try
        {
            entries.MoveNext();
            Assert.Fail("the region was cleared");
        }
        catch (StaleRegionException)
        {
        }

        Assert.Throws<EntryNotFoundException>(() => read.Lease(at, pinned: true));
    }

    [Fact]
    public void Pinned_Unverified_IsBoth()
    {
        using var folder = new TestFolder();
        EntryPosition[] at = TestStreams.CreateWith(folder.Stream, "one", "two");
        using (FileStream file = File.OpenWrite(folder.Stream))
        {
            file.Position = at[0].Offset + TestStreams.HeaderBytes;
            file.WriteByte((byte)'X');
        }

        using PersistentStream stream = PersistentStream.Open(folder.Stream);
        StreamRegion region = stream.GetRegion(TestStreams.RegionName);
        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        StreamRegion read = reader.GetRegion(TestStreams.RegionName);
        foreach (EntrySequence entries in (EntrySequence[])[read.Entries.Pinned().Unverified(), read.Entries.Unverified().Pinned()])
        {
            using EntryEnumerator each = entries.GetEnumerator();
            Assert.True(each.MoveNext());
            Assert.Equal("Xne", Encoding.UTF8.GetString(each.Current.Data));
            Assert.Throws<RegionBusyException>(region.Clear);
        }

        foreach (MergedSequence all in (MergedSequence[])[reader.ReadAll().Pinned().Unverified(), reader.ReadAll().Unverified().Pinned()])
        {
            using MergedEnumerator each = all.GetEnumerator();
            Assert.True(each.MoveNext());
            Assert.Equal("Xne", Encoding.UTF8.GetString(each.Current.Data));
            Assert.Throws<RegionBusyException>(region.Clear);
        }

        region.Clear();
    }

    [Fact]
    public void Pinned_WithoutAWriter_IsNotSupported()
    {
        using var folder = new TestFolder();
        EntryPosition[] at = TestStreams.CreateWith(folder.Stream, "one");
        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        StreamRegion read = reader.GetRegion(TestStreams.RegionName);

        var failure = Assert.Throws<StreamStorageException>(() => read.Entries.Pinned().Texts());
        Assert.Equal(StreamStatus.NotSupported, failure.Status);
        Assert.Throws<StreamStorageException>(() => read.Lease(at[0], pinned: true));
        Assert.Throws<StreamStorageException>(() => reader.ReadAll().Pinned().GetEnumerator());
        Assert.False(reader.TryGetReaders(out IReadOnlyList<ReaderInfo>? readers));
        Assert.Null(readers);
        Assert.Throws<InvalidOperationException>(() => default(EntrySequence).Pinned());
        Assert.Throws<InvalidOperationException>(() => default(MergedSequence).Pinned());
    }

    [Fact]
    public void Pinned_InTheWritersProcess_IsAnEnumeration()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition at = region.Append("one");
        Assert.Equal(["one"], region.Entries.Pinned().Texts());
        using (region.Lease(at, pinned: true))
        {
            Assert.Throws<RegionBusyException>(region.Clear);
        }

        Assert.Empty(ReadersOf(stream));
        region.Clear();
    }

    [Fact]
    public void TryGetReaders_OfAReader_SaysWhichItIs()
    {
        using var folder = new TestFolder();
        DateTimeOffset before = DateTimeOffset.UtcNow.AddSeconds(-1);
        using PersistentStream stream = TestStreams.Create(folder.Stream, out _);
        PersistentStream first = PersistentStream.OpenReadOnly(folder.Stream);
        using PersistentStream second = PersistentStream.OpenReadOnly(folder.Stream);

        List<ReaderInfo> readers = ReadersOf(first);
        Assert.Equal([Environment.ProcessId, Environment.ProcessId], readers.Select(reader => reader.ProcessId));
        Assert.Single(readers, reader => reader.IsThisStream);
        Assert.All(readers, reader => Assert.InRange(reader.Since!.Value, before, DateTimeOffset.UtcNow));
        first.Dispose();
        Assert.Single(ReadersOf(stream));
        Assert.True(Assert.Single(ReadersOf(second)).IsThisStream);
        Assert.Throws<ObjectDisposedException>(() => first.TryGetReaders(out _));
    }

    private static List<ReaderInfo> ReadersOf(PersistentStream stream)
    {
        Assert.True(stream.TryGetReaders(out IReadOnlyList<ReaderInfo>? readers));
        return [.. readers];
    }
}
