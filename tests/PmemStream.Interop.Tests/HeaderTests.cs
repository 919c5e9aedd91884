using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>What the header of a stream says, and damage to it.</summary>
public sealed class HeaderTests
{
    [Fact]
    public void Open_NewerVersion_ThrowsStreamFormat()
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "one");
        StreamFile.SetVersion(folder.Stream, 2);
        foreach (Func<PersistentStream> open in BothWays(folder.Stream))
        {
            var failure = Assert.Throws<StreamFormatException>(open);
            Assert.Equal((StreamStatus.NewerVersion, 1ul, 2ul), (failure.Status, failure.Expected, failure.Found));
        }
    }

    [Fact]
    public void Open_UnknownIncompatibleFeature_ThrowsStreamFormat()
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "one");
        StreamFile.SetIncompatibleFeatures(folder.Stream, 1ul << 40);
        foreach (Func<PersistentStream> open in BothWays(folder.Stream))
        {
            var failure = Assert.Throws<StreamFormatException>(open);
            Assert.Equal((StreamStatus.UnknownFeature, 1ul << 40), (failure.Status, failure.Found));
        }
    }

    [Fact]
    public void Open_UnknownReadOnlyFeature_CanBeReadButNotWritten()
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "one");
        StreamFile.SetReadOnlyFeatures(folder.Stream, 4);
        var failure = Assert.Throws<StreamFormatException>(() => PersistentStream.Open(folder.Stream));
        Assert.Equal(StreamStatus.UnknownFeature, failure.Status);
        using PersistentStream stream = PersistentStream.OpenReadOnly(folder.Stream);
        Assert.Equal(4ul, stream.Info.ReadOnlyFeatures);
        Assert.Equal(["one"], stream.GetRegion(TestStreams.RegionName).Texts());
    }

    [Theory]
    [InlineData(StreamFile.HeaderA)]
    [InlineData(StreamFile.HeaderB)]
    public void Open_OneHeaderCopyDamaged_OpensAndSaysSoAndTheWriterRepairs(long header)
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "one");
        StreamFile.DestroyHeader(folder.Stream, header);
        using (PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream))
        {
            Assert.Equal(["one"], reader.GetRegion(TestStreams.RegionName).Texts());
            Assert.Equal(StreamConditions.HeaderDamaged, reader.Recovery.Conditions);
            StreamCheck check = reader.Check();
            Assert.Contains(check.Problems, problem => problem.Position == header);
        }

        using (PersistentStream writer = PersistentStream.Open(folder.Stream))
        {
            Assert.Equal(["one"], writer.GetRegion(TestStreams.RegionName).Texts());
            Assert.Equal(
                StreamConditions.HeaderDamaged | StreamConditions.HeaderRepaired, writer.Recovery.Conditions);
        }

        using PersistentStream again = PersistentStream.OpenReadOnly(folder.Stream);
        Assert.Equal(StreamConditions.None, again.Recovery.Conditions);
        Assert.Empty(again.Check().Problems);
    }

    [Fact]
    public void Open_BothHeaderCopiesDamaged_ThrowsAndKeepsTheFile()
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "one");
        StreamFile.Flip(folder.Stream, StreamFile.HeaderA + 70);
        StreamFile.Flip(folder.Stream, StreamFile.HeaderB + 70);
        byte[] content = StreamFile.ReadAllBytes(folder.Stream);
        foreach (Func<PersistentStream> open in BothWays(folder.Stream))
        {
            var failure = Assert.Throws<StreamCorruptException>(open);
            Assert.Equal(StreamStatus.Corrupt, failure.Status);
        }

        Assert.Throws<StreamCorruptException>(
            () => PersistentStream.OpenOrCreate(folder.Stream, new() { Size = 1 << 20 }));
        Assert.Equal(content, StreamFile.ReadAllBytes(folder.Stream));
    }

    private static Func<PersistentStream>[] BothWays(string path) =>
        [() => PersistentStream.Open(path), () => PersistentStream.OpenReadOnly(path)];
}
