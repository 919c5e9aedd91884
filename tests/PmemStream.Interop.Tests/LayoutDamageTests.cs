using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Damage to what is not an entry.</summary>
public sealed class LayoutDamageTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(StreamFile.RegionNameAt)]
    [InlineData(StreamFile.RegionExtentAt)]
    [InlineData(StreamFile.RegionExtentAt + 7)]
    public void Open_RegionHeaderDamaged_KeepsTheOtherRegionsAndSaysSo(int byteOfHeader)
    {
        using var folder = new TestFolder();
        long damaged;
        using (PersistentStream stream = TestStreams.Create(folder.Stream))
        {
            stream.CreateRegion("first", 8192).Append("first");
            StreamRegion middle = stream.CreateRegion("middle", 8192);
            middle.Append("middle");
            damaged = middle.Offset;
            stream.CreateRegion("last", 8192).Append("last");
        }

        StreamFile.Flip(folder.Stream, damaged + byteOfHeader);
        foreach (Func<PersistentStream> open in new[]
        {
            () => PersistentStream.OpenReadOnly(folder.Stream),
            () => PersistentStream.Open(folder.Stream),
        })
        {
            using PersistentStream stream = open();
            Assert.Equal(["first"], stream.GetRegion("first").Texts());
            Assert.Equal(["last"], stream.GetRegion("last").Texts());
            Assert.True(stream.Info.Conditions.HasFlag(StreamConditions.LayoutDamaged));
            Assert.Throws<StreamCorruptException>(() => stream.GetRegion("not there"));
            foreach (StreamRegion region in stream.Regions.Where(region => region.Offset == damaged))
            {
                Assert.True(region.Info.Conditions.HasFlag(StreamConditions.HeaderDamaged));
                if (!stream.Info.IsReadOnly)
                {
                    Assert.Throws<StreamCorruptException>(() => region.Append("lost"));
                    Assert.Throws<StreamCorruptException>(region.Free);
                    Assert.Throws<StreamCorruptException>(region.Clear);
                }
            }

            if (!stream.Info.IsReadOnly)
            {
                stream.GetRegion("first").Append("more");
                Assert.Throws<StreamCorruptException>(() => stream.CreateRegion("new", 4096));
            }

            StreamCheck check = stream.Check();
            Assert.Contains(check.Problems, problem =>
                problem.Severity == ProblemSeverity.Error && problem.Position >= damaged && problem.Position < damaged + 512);
        }
    }

    [Theory]
    [InlineData(StreamFile.CeilingA)]
    [InlineData(StreamFile.CeilingB)]
    public void Open_OneCeilingCopyDamaged_OpensAndRepairs(long ceiling)
    {
        using var folder = new TestFolder();
        string[] texts = ["a", "b", "c"];
        EntryPosition[] at = TestStreams.CreateWith(folder.Stream, texts);
        StreamFile.Flip(folder.Stream, ceiling);
        using (PersistentStream stream = PersistentStream.Open(folder.Stream))
        {
            Assert.True(stream.Recovery.Conditions.HasFlag(StreamConditions.CeilingDamaged));
            Assert.Equal(texts, stream.GetRegion(TestStreams.RegionName).Texts());
            Assert.True(stream.GetRegion(TestStreams.RegionName).Append("more") > at[^1]);
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal(StreamConditions.None, again.Recovery.Conditions);
    }

    [Fact]
    public void Open_CheckpointDamaged_WalksFromTheStart()
    {
        using var folder = new TestFolder();
        string[] texts = ["a", "b", "c"];
        TestStreams.CreateWith(folder.Stream, texts);
        long regionOffset;
        using (PersistentStream stream = PersistentStream.OpenReadOnly(folder.Stream))
        {
            regionOffset = stream.GetRegion(TestStreams.RegionName).Offset;
        }

        StreamFile.Flip(folder.Stream, regionOffset + StreamFile.RegionCheckpointAt);
        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.True(again.Recovery.Conditions.HasFlag(StreamConditions.CheckpointDamaged));
        Assert.Equal(texts, again.GetRegion(TestStreams.RegionName).Texts());
    }
}
