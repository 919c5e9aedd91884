using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class CreateTests
{
    public static TheoryData<string> AllMedia => Media.All;

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Create_NewPath_IsEmptyStream(string medium)
    {
        using var folder = new TestFolder(medium);
        DateTimeOffset before = DateTimeOffset.UtcNow.AddSeconds(-1);
        using PersistentStream stream = TestStreams.Create(folder.Stream);

        StreamInfo info = stream.Info;
        Assert.Equal(folder.Stream, stream.Path);
        Assert.Equal(TestStreams.StreamBytes, info.Size);
        Assert.Equal(TestStreams.StreamBytes, new FileInfo(folder.Stream).Length);
        Assert.Equal(TestStreams.StreamBytes, info.FileSize);
        Assert.Equal(1, info.FormatVersion);
        Assert.NotEqual(Guid.Empty, info.Uuid);
        Assert.InRange(info.Created, before, DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.Equal(4096, info.BlockSize);
        Assert.Equal(0, info.RegionCount);
        Assert.InRange(info.LargestFreeBytes, TestStreams.StreamBytes / 2, info.FreeBytes);
        Assert.False(info.IsReadOnly);
        Assert.Equal(StreamConditions.None, info.Conditions);
        Assert.NotEqual(FlushPolicy.Automatic, info.FlushPolicy);
        Assert.NotEmpty(info.MediumDescription);
        Assert.Empty(stream.Regions);
        Assert.Equal(StreamConditions.None, stream.Recovery.Conditions);
        Assert.Equal(["test.pms", "test.pms-shm"], folder.Names.Order(StringComparer.Ordinal));
        stream.Dispose();
        Assert.Equal(["test.pms"], folder.Names);
    }

    [Fact]
    public void Create_OddSize_IsRoundedUpToBlocks()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, (1 << 20) + 1, 65536);
        Assert.Equal((1 << 20) + 65536, stream.Info.Size);
        Assert.Equal(65536, stream.Info.BlockSize);
        StreamRegion region = stream.CreateRegion("a", 1);
        Assert.Equal(65536, region.Info.TotalBytes);
    }

    [Fact]
    public void Create_SizeForOneBlock_HoldsOneRegion()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 16384 + 4096);
        StreamRegion region = stream.CreateRegion("only", 1);
        Assert.Equal(0, stream.Info.FreeBytes);
        Assert.Equal(0, stream.Info.LargestFreeBytes);
        region.Append("fits");
        Assert.Equal(["fits"], region.Texts());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(1L << 55)]
    [InlineData((1L << 55) - 4095)]
    public void Create_ImpossibleSize_ThrowsArgumentOutOfRange(long size)
    {
        using var folder = new TestFolder();
        var failure = Assert.Throws<ArgumentOutOfRangeException>(
            "options", () => TestStreams.Create(folder.Stream, size));
        Assert.Contains("Size", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData(1, 0, 20480)]
    [InlineData(16384, 0, 20480)]
    [InlineData(20479, 4096, 20480)]
    [InlineData(65536, 65536, 131072)]
    public void Create_SizeTooSmallForARegion_ThrowsArgumentOutOfRange(long size, int blockSize, long least)
    {
        using var folder = new TestFolder();
        var failure = Assert.Throws<ArgumentOutOfRangeException>(
            "options", () => PersistentStream.Create(folder.Stream, new() { Size = size, BlockSize = blockSize }));
        Assert.StartsWith($"Size is {least} to ", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));

        using var smallest = PersistentStream.Create(folder.Stream, new() { Size = least, BlockSize = blockSize });
        Assert.Equal(least, smallest.Info.Size);
    }

    [Fact]
    public void Create_HugeSize_SaysNoSpaceAndLeavesNothing()
    {
        using var folder = new TestFolder();
        var failure = Assert.ThrowsAny<StreamStorageException>(() => TestStreams.Create(folder.Stream, 1L << 50));
        Assert.Contains(failure.Status, new[] { StreamStatus.NoSpace, StreamStatus.NoMemory, StreamStatus.InputOutput });
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2048)]
    [InlineData(5000)]
    [InlineData(4 << 20)]
    [InlineData(-4096)]
    public void Create_ImpossibleBlockSize_ThrowsArgumentOutOfRange(int blockSize)
    {
        using var folder = new TestFolder();
        Assert.Throws<ArgumentOutOfRangeException>(
            "options", () => TestStreams.Create(folder.Stream, blockSize: blockSize));
    }

    [Fact]
    public void Create_ImpossibleOptions_ThrowArgumentOutOfRange()
    {
        using var folder = new TestFolder();
        foreach (PersistentStreamOptions options in new PersistentStreamOptions[]
        {
            new() { Size = 1 << 20, RequiredMedium = (MediumRequirement)9 },
            new() { Size = 1 << 20, FlushPolicy = (FlushPolicy)9 },
            new() { Size = 1 << 20, EntryAlignment = 12 },
            new() { Size = 1 << 20, EntryAlignment = 8192 },
            new() { Size = 1 << 20, WaitForWriter = TimeSpan.FromSeconds(-1) },
            new() { Size = 1 << 20, WaitForWriter = TimeSpan.MaxValue },
        })
        {
            Assert.Throws<ArgumentOutOfRangeException>(
                "options", () => PersistentStream.Create(folder.Stream, options));
            Assert.Throws<ArgumentOutOfRangeException>(
                "options", () => PersistentStream.OpenOrCreate(folder.Stream, options));
        }

        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Create_PathOfAFolder_NamesThePath()
    {
        using var folder = new TestFolder();
        var failure = Assert.Throws<ArgumentException>(
            "path", () => PersistentStream.Create(folder.Stream + Path.DirectorySeparatorChar, new() { Size = 1 << 20 }));
        Assert.Contains(folder.Stream, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_NullArguments_ThrowArgumentNull()
    {
        using var folder = new TestFolder();
        Assert.Throws<ArgumentNullException>("path", () => TestStreams.Create(null!));
        Assert.Throws<ArgumentNullException>("options", () => PersistentStream.Create(folder.Stream, null!));
        Assert.Throws<ArgumentNullException>("path", () => PersistentStream.OpenOrCreate(null!, new()));
        Assert.Throws<ArgumentNullException>("options", () => PersistentStream.OpenOrCreate(folder.Stream, null!));
    }

    [Fact]
    public void Create_ImpossiblePath_ThrowsArgumentException()
    {
        // Half of a surrogate pair cannot be written in an attribute.
        foreach (string path in new[] { "", "a\0b", $"a{(char)0xD800}b" })
        {
            Assert.Throws<ArgumentException>("path", () => TestStreams.Create(path));
            Assert.Throws<ArgumentException>("path", () => PersistentStream.OpenOrCreate(path, new() { Size = 1 << 20 }));
            Assert.Throws<ArgumentException>("path", () => PersistentStream.Open(path));
            Assert.Throws<ArgumentException>("path", () => PersistentStream.OpenReadOnly(path));
        }
    }

    [Fact]
    public void Create_PathWithManyScripts_Works()
    {
        using var folder = new TestFolder();
        string path = folder.File("größe 木 😀.pms");
        TestStreams.Create(path).Dispose();
        Assert.True(File.Exists(path));
        using PersistentStream stream = PersistentStream.Open(path);
        Assert.Equal(path, stream.Path);
    }

    [Fact]
    public void Create_ExistingFile_ThrowsStreamExistsAndKeepsIt()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder.Stream, "somebody's text");
        var failure = Assert.Throws<StreamExistsException>(() => TestStreams.Create(folder.Stream));
        Assert.Equal(StreamStatus.AlreadyExists, failure.Status);
        Assert.Equal(folder.Stream, failure.Path);
        Assert.Contains(folder.Stream, failure.Message, StringComparison.Ordinal);
        Assert.Equal("somebody's text", File.ReadAllText(folder.Stream));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Create_ExistingEmptyFile_ThrowsStreamExists()
    {
        using var folder = new TestFolder();
        File.WriteAllBytes(folder.Stream, []);
        Assert.Throws<StreamExistsException>(() => TestStreams.Create(folder.Stream));
    }

    [Fact]
    public void Create_ExistingStreamWithOverwrite_ReplacesIt()
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "old");
        using PersistentStream stream = PersistentStream.Create(
            folder.Stream, new PersistentStreamOptions { Size = 2 << 20, Overwrite = true });
        Assert.Empty(stream.Regions);
        Assert.Equal(2 << 20, stream.Info.Size);
    }

    [Fact]
    public void Create_OverwriteWhatIsOpen_ThrowsStreamLockedAndKeepsIt()
    {
        using var folder = new TestFolder();
        using PersistentStream first = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("kept");
        Assert.Throws<StreamLockedException>(() => PersistentStream.Create(
            folder.Stream, new PersistentStreamOptions { Size = 1 << 20, Overwrite = true }));
        region.Append("too");
        Assert.Equal(["kept", "too"], region.Texts());
    }

    [Fact]
    public void Create_MissingFolder_ThrowsStreamNotFound()
    {
        using var folder = new TestFolder();
        string path = folder.File(Path.Combine("missing", "test.pms"));
        var failure = Assert.Throws<StreamNotFoundException>(() => TestStreams.Create(path));
        Assert.Equal(StreamStatus.NotFound, failure.Status);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Throws<StreamNotFoundException>(
            () => PersistentStream.OpenOrCreate(path, new() { Size = 1 << 20 }));
    }

    [Fact]
    public void Create_Folder_ThrowsStreamExists()
    {
        using var folder = new TestFolder();
        Assert.ThrowsAny<PmemStreamException>(() => TestStreams.Create(folder.Path));
        Assert.True(Directory.Exists(folder.Path));
    }

    [Fact]
    public void Create_RequiredPersistentMemoryOnTmpfs_ThrowsStreamMedium()
    {
        using var folder = new TestFolder(Media.Disk);
        var failure = Assert.Throws<StreamMediumException>(() => PersistentStream.Create(
            folder.Stream, new() { Size = 1 << 20, RequiredMedium = MediumRequirement.PersistentMemory }));
        Assert.Equal(StreamStatus.WrongMedium, failure.Status);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Create_RequiredDurableOnVolatileMemory_ThrowsStreamMedium()
    {
        Assert.SkipUnless(Media.HasMemory, "allowed: there is no /dev/shm");
        using var folder = new TestFolder();
        Assert.Throws<StreamMediumException>(() => PersistentStream.Create(
            folder.Stream, new() { Size = 1 << 20, RequiredMedium = MediumRequirement.Durable }));
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        Assert.Equal(MediumKind.Volatile, stream.Info.Medium);
    }

    [Fact]
    public void CoreVersion_Library_IsAVersion() => Assert.True(Version.TryParse(PersistentStream.CoreVersion, out _));
}
