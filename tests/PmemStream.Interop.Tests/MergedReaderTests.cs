using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Reading all regions of a stream that is damaged, or that somebody else writes.</summary>
public sealed class MergedReaderTests
{
    [Fact]
    public void MoveNext_DamagedEntry_StopsEverythingThereAndNamesRegionAndPosition()
    {
        using var folder = new TestFolder();
        EntryPosition bad;
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion one))
        {
            StreamRegion two = stream.CreateRegion("two", 8192);
            one.Append("1");
            two.Append("2");
            one.Append("3");
            bad = two.Append("4");
            one.Append("5");
            two.Append("6");
        }

        StreamFile.Flip(folder.Stream, bad.Offset + StreamFile.EntryHeaderBytes);
        foreach (bool writes in new[] { false, true })
        {
            using PersistentStream stream =
                writes ? PersistentStream.Open(folder.Stream) : PersistentStream.OpenReadOnly(folder.Stream);
            MergedEnumerator entries = stream.ReadAll().GetEnumerator();
            Assert.True(entries.MoveNext());
            Assert.True(entries.MoveNext());
            Assert.True(entries.Current.Data.SequenceEqual("2"u8));
            for (int round = 0; round < 3; round++)
            {
                StreamCorruptException failure = DamageAt(ref entries);
                Assert.Equal((bad.Offset, "two"), (failure.Position, failure.RegionName));
                Assert.Contains("'two'", failure.Message, StringComparison.Ordinal);
                Assert.True(entries.Current.Data.IsEmpty);
            }

            entries.Dispose();
            Assert.Equal(6, stream.ReadAll().Unverified().ToList().Count);
            Assert.Equal(["5", "6"], stream.ReadAll(bad.Timestamp + 1).Texts());
        }
    }

    [Fact]
    public void MoveNext_FirstEntryDamaged_StopsBeforeAnyOther()
    {
        using var folder = new TestFolder();
        EntryPosition bad;
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion one))
        {
            one.Append("1");
            one.Append("2");
            bad = stream.CreateRegion("two", 8192).Append("3");
            stream.GetRegion("two").Append("4");
            stream.CreateRegion("three", 8192).Append("5");
        }

        StreamFile.Flip(folder.Stream, bad.Offset + StreamFile.EntryHeaderBytes);
        using PersistentStream damaged = PersistentStream.Open(folder.Stream);
        MergedEnumerator entries = damaged.ReadAll().GetEnumerator();
        Assert.Equal(bad.Offset, DamageAt(ref entries).Position);
        Assert.Equal(bad.Offset, DamageAt(ref entries).Position);
        entries.Dispose();
        Assert.Equal(["4", "5"], damaged.ReadAll(bad.Timestamp + 1).Texts());
    }

    [Fact]
    public void GetEnumerator_RegionThatCannotBeRead_ThrowsAndLeavesNothingOpen()
    {
        using var folder = new TestFolder();
        long offset;
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion one))
        {
            one.Append("1");
            StreamRegion two = stream.CreateRegion("two", 8192);
            two.Append("2");
            offset = two.Offset;
        }

        StreamFile.Flip(folder.Stream, offset);
        using PersistentStream damaged = PersistentStream.Open(folder.Stream);
        var failure = Assert.Throws<StreamCorruptException>(() => damaged.ReadAll().ToList());
        Assert.Equal(offset, failure.Position);
        damaged.GetRegion(TestStreams.RegionName).Clear();
    }

    [Fact]
    public void ReadAll_ReadOnlyWithoutAWriter_IsEverything()
    {
        using var folder = new TestFolder();
        string killed = folder.File("killed.pms");
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion one))
        {
            StreamRegion two = stream.CreateRegion("two", 8192);
            one.Append("1");
            using EntryReservation leaked = two.Reserve(10);
            two.Append("2");
            one.Append("3");
            File.Copy(folder.Stream, killed);
        }

        foreach (string path in new[] { folder.Stream, killed })
        {
            using PersistentStream reader = PersistentStream.OpenReadOnly(path);
            Assert.Equal(["1", "2", "3"], reader.ReadAll().Texts());
        }
    }

    [Fact]
    public void ReadAll_ReadOnlyBesideAWriter_GoesUpToWhatIsStable()
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "1", "2");
        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        ulong before = reader.StableTimestamp;
        using (PersistentStream writer = PersistentStream.Open(folder.Stream))
        {
            writer.GetRegion(TestStreams.RegionName).Append("3");
            writer.CreateRegion("two", 8192).Append("4");
            Assert.Equal(before, reader.StableTimestamp);
            Assert.Equal(["1", "2"], reader.ReadAll().Texts());
        }

        Assert.Equal(["1", "2", "3", "4"], reader.ReadAll().Texts());
    }

    [Fact]
    public void MoveNext_RegionClearedByAnotherWriter_IsStaleAndNamesIt()
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "1", "2", "3");
        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        MergedEnumerator entries = reader.ReadAll().GetEnumerator();
        Assert.True(entries.MoveNext());
        using PersistentStream writer = PersistentStream.Open(folder.Stream);
        writer.GetRegion(TestStreams.RegionName).Clear();
        string? stale = null;
        try
        {
            entries.MoveNext();
        }
        catch (StaleRegionException failure)
        {
            stale = failure.RegionName;
        }

        entries.Dispose();
        Assert.Equal(TestStreams.RegionName, stale);
        writer.GetRegion(TestStreams.RegionName).Free();
        Assert.Empty(reader.ReadAll().ToList());
    }

    private static StreamCorruptException DamageAt(ref MergedEnumerator entries)
    {
        try
        {
            Assert.False(entries.MoveNext(), "An entry was returned.");
        }
        catch (StreamCorruptException failure)
        {
            return failure;
        }

        throw new InvalidOperationException("It ended as if nothing was damaged.");
    }
}
