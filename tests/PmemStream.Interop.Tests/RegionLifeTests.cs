using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Clearing and freeing.</summary>
public sealed class RegionLifeTests
{
    public static TheoryData<string> AllMedia => Media.All;

    [Fact]
    public void Free_Region_MakesEveryHandleStaleForEver()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition at = region.Append("old");
        StreamRegion other = stream.GetRegion(TestStreams.RegionName);
        region.Free();
        StreamRegion successor = stream.CreateRegion(TestStreams.RegionName, TestStreams.RegionBytes);
        Assert.Equal(region.Offset, successor.Offset);

        foreach (StreamRegion stale in new[] { region, other })
        {
            var failure = Assert.Throws<StaleRegionException>(() => stale.Append("lost"));
            Assert.Equal(StreamStatus.Stale, failure.Status);
            Assert.Throws<StaleRegionException>(() => stale.TryAppend([], out _));
            Assert.Throws<StaleRegionException>(() => stale.Reserve(1));
            Assert.Throws<StaleRegionException>(() => stale.Append(1, 0, (_, _) => { }));
            Assert.Throws<StaleRegionException>(() => stale.Texts());
            Assert.Throws<StaleRegionException>(() => stale.ReadToArray(at));
            Assert.Throws<StaleRegionException>(() => stale.EntriesAfter(at).Texts());
            Assert.Throws<StaleRegionException>(() => stale.AbandonReservation(at));
            Assert.Throws<StaleRegionException>(() => stale.Info);
            Assert.Throws<StaleRegionException>(() => stale.CommittedOffset);
            Assert.Throws<StaleRegionException>(() => stale.PersistedOffset);
            Assert.Throws<StaleRegionException>(stale.Clear);
            Assert.Throws<StaleRegionException>(stale.Free);
            Assert.Equal(TestStreams.RegionName, stale.Name);
        }

        Assert.Throws<EntryNotFoundException>(() => successor.ReadToArray(at));
        Assert.Empty(successor.Texts());
    }

    [Fact]
    public void Free_LastRegion_GivesEverythingBack()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        StreamInfo before = stream.Info;
        stream.CreateRegion("a", 1000).Free();
        Assert.Equal(before.LargestFreeBytes, stream.Info.LargestFreeBytes);
        Assert.Equal(before.FreeBytes, stream.Info.FreeBytes);
        Assert.Empty(stream.Regions);
    }

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Clear_Region_RemovesEntriesAndRefusesTheirPositions(string medium)
    {
        using var folder = new TestFolder(medium);
        EntryPosition old;
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            old = region.Append("old");
            ulong baseBefore = region.Info.BaseTimestamp;
            region.Clear();
            Assert.Empty(region.Texts());
            Assert.Equal(0, region.Info.UsedBytes);
            Assert.True(region.Info.BaseTimestamp > baseBefore);
            Assert.Throws<EntryNotFoundException>(() => region.ReadToArray(old));
            Assert.Throws<EntryNotFoundException>(() => region.EntriesAfter(old).Texts());
            EntryPosition at = region.Append("new");
            Assert.Equal(old.Offset, at.Offset);
            Assert.True(at.Timestamp > old.Timestamp);
            Assert.Throws<EntryNotFoundException>(() => region.ReadToArray(old));
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        StreamRegion reopened = again.GetRegion(TestStreams.RegionName);
        Assert.Equal(["new"], reopened.Texts());
        Assert.Throws<EntryNotFoundException>(() => reopened.EntriesFrom(old).Texts());
    }

    [Fact]
    public void Clear_OpenEnumeratorOrReservation_ThrowsRegionBusy()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("one");
        foreach (StreamEntry entry in region)
        {
            Assert.Equal(StreamStatus.Busy, Assert.Throws<RegionBusyException>(region.Clear).Status);
            Assert.Throws<RegionBusyException>(region.Free);
        }

        using (region.Reserve(10))
        {
            Assert.Throws<RegionBusyException>(region.Clear);
            Assert.Throws<RegionBusyException>(region.Free);
        }

        region.Append(1, region, (_, itself) => Assert.Throws<RegionBusyException>(itself.Clear));
        region.Clear();
        Assert.Empty(region.Texts());
    }
}
