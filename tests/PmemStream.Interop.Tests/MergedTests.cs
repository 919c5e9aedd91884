using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Reading all regions in the order of timestamps.</summary>
public sealed class MergedTests
{
    [Theory]
    [MemberData(nameof(Media.All), MemberType = typeof(Media))]
    public void ReadAll_ManyRegions_IsEverythingInTheOrderOfTimestamps(string medium) => TestSeed.Run(random =>
    {
        using var folder = new TestFolder(medium);
        using PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        int[] alignments = [8, 64, 256, 4096];
        StreamRegion[] regions =
        [
            .. Enumerable.Range(0, 20).Select(i => stream.CreateRegion(i % 3 == 0 ? null : $"{i}", 90_000, alignments[i % 4])),
        ];
        var expected = new List<ReadEntry>();
        for (int index = 0; index < 300; index++)
        {
            StreamRegion region = regions[random.Next(random.Next(1, 20))];
            byte[] data = TestStreams.Payload(random.Next(400), index);
            if (region.TryAppend(data, out EntryPosition at))
            {
                expected.Add(new ReadEntry(region.Offset, at, data));
            }
        }

        AssertSame(expected, stream.ReadAll().ToList());
        AssertSame(expected, stream.ReadAll().Unverified().ToList());
        foreach (int from in Enumerable.Range(0, 30).Select(_ => random.Next(expected.Count)))
        {
            AssertSame(expected[from..], stream.ReadAll(expected[from].Position.Timestamp).ToList());
            AssertSame(expected[(from + 1)..], stream.ReadAll(expected[from].Position.Timestamp + 1).Unverified().ToList());
        }

        Assert.Empty(stream.ReadAll(ulong.MaxValue).ToList());
    });

    [Fact]
    public void ReadAll_NothingThere_IsEmpty()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        Assert.Empty(stream.ReadAll().ToList());
        stream.CreateRegion("a", 4096);
        StreamRegion region = stream.CreateRegion("b", 4096);
        Assert.Empty(stream.ReadAll().ToList());
        region.Append("x");
        region.Clear();
        Assert.Empty(stream.ReadAll().ToList());
    }

    [Fact]
    public void ReadAll_OpenReservation_EndsBeforeItAndIsNeverOvertaken()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion one);
        StreamRegion two = stream.CreateRegion("two", 4096);
        one.Append("1");
        EntryReservation first = ReservationTests.Written(two, "2");
        one.Append("3");
        using EntryReservation second = ReservationTests.Written(one, "4");
        two.Append("5");
        Assert.Equal(["1"], stream.ReadAll().Texts());
        Assert.Equal(first.Position.Timestamp - 1, stream.StableTimestamp);
        List<ulong> merged = stream.ReadAll().Timestamps(), sorted = stream.SortedTimestamps();
        first.Publish();
        Assert.Equal(["1", "2", "3"], stream.ReadAll().Texts());
        Assert.True(merged.IsBeginningOf(stream.ReadAll().Timestamps()));

        // The control: who sorts what is visible, without a bound, is overtaken.
        Assert.False(sorted.IsBeginningOf(stream.SortedTimestamps()));
        second.Abandon();
        Assert.Equal(["1", "2", "3", "5"], stream.ReadAll().Texts());
        Assert.Equal(stream.Info.NextTimestamp - 1, stream.StableTimestamp);
    }

    [Fact]
    public void MoveNext_AppendedSinceItBegan_IsLeftToTheNextReading()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion one);
        StreamRegion two = stream.CreateRegion("two", 4096);
        one.Append("1");
        two.Append("2");
        ulong last = 0;
        using (MergedEnumerator entries = stream.ReadAll().GetEnumerator())
        {
            one.Append("3");
            stream.CreateRegion("three", 4096).Append("4");
            Assert.True(entries.MoveNext() && entries.MoveNext());
            last = entries.Current.Timestamp;
            Assert.Equal("two", entries.Current.Region.Name);
            Assert.False(entries.MoveNext());
            one.Append("5");
            Assert.False(entries.MoveNext());
        }

        Assert.Equal(["3", "4", "5"], stream.ReadAll(last + 1).Texts());
    }

    [Fact]
    public void Current_AtNoEntry_IsEmptyAndHasNoRegion()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("1");
        using MergedEnumerator entries = stream.ReadAll().GetEnumerator();
        AssertAtNone(entries);
        Assert.True(entries.MoveNext());
        Assert.Equal(region.Offset, entries.Current.Region.Offset);
        Assert.False(entries.MoveNext());
        AssertAtNone(entries);
        AssertAtNone(default);

        static void AssertAtNone(MergedEnumerator entries)
        {
            Assert.True(entries.Current.Data.IsEmpty && entries.Current.Position.IsDefault);
            try
            {
                _ = entries.Current.Region;
                Assert.Fail("There is a region.");
            }
            catch (InvalidOperationException)
            {
                // As it should.
            }
        }
    }

    [Fact]
    public void GetEnumerator_WhileOpen_KeepsEveryRegionFromBeingCleared()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion one);
        StreamRegion empty = stream.CreateRegion("empty", 4096);
        one.Append("1");
        MergedEnumerator entries = stream.ReadAll().GetEnumerator();
        MergedEnumerator copy = entries;
        Assert.True(entries.MoveNext());
        Assert.True(copy.Current.Data.SequenceEqual("1"u8));
        Assert.Throws<RegionBusyException>(one.Clear);
        Assert.Throws<RegionBusyException>(empty.Free);
        Assert.False(copy.MoveNext());
        Assert.Throws<RegionBusyException>(one.Clear);
        copy.Dispose();
        entries.Dispose();
        Assert.True(ThrowsDisposed(entries) && ThrowsDisposed(copy) && ThrowsDisposed(default));
        one.Clear();
        empty.Free();

        static bool ThrowsDisposed(MergedEnumerator entries)
        {
            try
            {
                entries.MoveNext();
                return false;
            }
            catch (ObjectDisposedException)
            {
                return true;
            }
        }
    }

    [Fact]
    public void ReadAll_DefaultSequenceAndDisposedStream_Throw()
    {
        using var folder = new TestFolder();
        PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("1");
        region.Append("2");
        Assert.Throws<InvalidOperationException>(() => default(MergedSequence).ToList());
        Assert.Throws<InvalidOperationException>(() => default(MergedSequence).Unverified());
        MergedSequence sequence = stream.ReadAll();
        MergedEnumerator entries = sequence.GetEnumerator();
        Assert.True(entries.MoveNext());
        stream.Dispose();
        bool disposed = false;
        try
        {
            entries.MoveNext();
        }
        catch (ObjectDisposedException)
        {
            disposed = true;
        }

        entries.Dispose();
        Assert.True(disposed);
        Assert.Throws<ObjectDisposedException>(() => sequence.ToList());
        Assert.Throws<ObjectDisposedException>(() => stream.StableTimestamp);
    }

    private static void AssertSame(List<ReadEntry> expected, List<ReadEntry> found)
    {
        Assert.Equal(
            expected.Select(entry => (entry.Region, entry.Position)), found.Select(entry => (entry.Region, entry.Position)));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Data, pair.Second.Data));
    }
}
