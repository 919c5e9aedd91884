using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class OpenOrCreateTests
{
    [Fact]
    public void OpenOrCreate_Missing_Creates()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = PersistentStream.OpenOrCreate(folder.Stream, new() { Size = 1 << 20 });
        Assert.Equal(1 << 20, stream.Info.Size);
    }

    [Fact]
    public void OpenOrCreate_Existing_OpensWithItsOwnSize()
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "kept");
        using PersistentStream stream = PersistentStream.OpenOrCreate(folder.Stream, new() { Size = 8 << 20 });
        Assert.Equal(TestStreams.StreamBytes, stream.Info.Size);
        Assert.Equal(["kept"], stream.GetRegion(TestStreams.RegionName).Texts());
    }

    [Fact]
    public void OpenOrCreate_ExistingWithoutSize_Opens()
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream);
        using PersistentStream stream = PersistentStream.OpenOrCreate(folder.Stream, new());
        Assert.Single(stream.Regions);
    }

    [Fact]
    public void OpenOrCreate_MissingWithoutSize_ThrowsArgumentOutOfRange()
    {
        using var folder = new TestFolder();
        Assert.Throws<ArgumentOutOfRangeException>(
            "options", () => PersistentStream.OpenOrCreate(folder.Stream, new()));
    }

    [Fact]
    public void OpenOrCreate_Overwrite_ThrowsArgumentException()
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "kept");
        Assert.Throws<ArgumentException>(
            "options", () => PersistentStream.OpenOrCreate(folder.Stream, new() { Size = 1 << 20, Overwrite = true }));
    }

    [Fact]
    public void OpenOrCreate_SomebodysFile_ThrowsStreamFormatAndKeepsIt()
    {
        using var folder = new TestFolder();
        byte[] content = TestStreams.Payload(100_000, 1);
        File.WriteAllBytes(folder.Stream, content);
        var failure = Assert.Throws<StreamFormatException>(
            () => PersistentStream.OpenOrCreate(folder.Stream, new() { Size = 1 << 20 }));
        Assert.Equal(StreamStatus.NotAStream, failure.Status);
        Assert.Equal(content, StreamFile.ReadAllBytes(folder.Stream));
    }

    [Fact]
    public void OpenOrCreate_LinkToNowhere_ThrowsInTheEnd()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "allowed: making links takes a privilege on Windows");
        using var folder = new TestFolder();
        File.CreateSymbolicLink(folder.Stream, folder.File("nowhere/test.pms"));
        Assert.ThrowsAny<PmemStreamException>(
            () => PersistentStream.OpenOrCreate(folder.Stream, new() { Size = 1 << 20 }));
    }

    [Fact]
    public void OpenOrCreate_ManyThreads_OneCreatesTheOthersAreLocked()
    {
        using var folder = new TestFolder();
        for (int round = 0; round < 20; round++)
        {
            string path = folder.File($"{round}.pms");
            var streams = new PersistentStream?[4];
            Parallel.For(0, streams.Length, index =>
            {
                try
                {
                    streams[index] = PersistentStream.OpenOrCreate(path, new() { Size = 64 << 10 });
                }
                catch (StreamLockedException)
                {
                    // Another thread has it.
                }
            });
            PersistentStream winner = Assert.Single(streams, stream => stream is not null)!;
            Assert.Equal(64 << 10, winner.Info.Size);
            winner.Dispose();
        }

        Assert.Equal(20, folder.Names.Count());
    }
}
