using System.Globalization;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>What takes another process.</summary>
public sealed class ProcessTests
{
    public static TheoryData<string, int, bool> Kills =>
        [.. Media.All.SelectMany(
            medium => new[] { (1, false), (200, false), (150, true) },
            (medium, kill) => (medium.Data, kill.Item1, kill.Item2))];

    [Theory]
    [MemberData(nameof(Kills))]
    public void Append_KilledInTheMiddle_KeepsEverythingAcknowledged(string medium, int acknowledgedLeast, bool reserveFirst)
    {
        using var folder = new TestFolder(medium);
        TestStreams.Create(folder.Stream, 64 << 20).Dispose();
        using (PersistentStream stream = PersistentStream.Open(folder.Stream))
        {
            stream.CreateRegion(TestStreams.RegionName, 60 << 20);
        }

        int next = 0;
        for (int crash = 0; crash < 3; crash++)
        {
            int acknowledged = AppendAndKill(folder.Stream, acknowledgedLeast, reserveFirst);
            using PersistentStream stream = PersistentStream.Open(folder.Stream);
            StreamRegion region = stream.GetRegion(TestStreams.RegionName);
            List<byte[]> found = region.Arrays();
            Assert.True(found.Count - next > acknowledged, $"Acknowledged up to {acknowledged}, found {found.Count - next}");
            Assert.Equal(
                Enumerable.Range(0, found.Count - next).Select(ChildTasks.NumberedEntry), found.Skip(next));
            Assert.Equal(reserveFirst ? 1 : 0, stream.Recovery.PendingSkipped);
            Assert.Equal(0, stream.Recovery.DamagedRegions);
            StreamCheck check = stream.Check();
            Assert.True(check.IsSound, string.Join('\n', check.Problems));
            Assert.Equal(found.Count, check.EntryCount);
            next = found.Count;
        }
    }

    [Fact]
    public void Open_SecondWriterInAnotherProcess_ThrowsStreamLockedUntilItEnds()
    {
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "one");
        using ChildProcess other = ChildProcess.Start(ChildTasks.HoldOpen, folder.Stream);
        Assert.Equal(ChildTasks.Opened, other.ReadLine());
        Assert.Throws<StreamLockedException>(() => PersistentStream.Open(folder.Stream));
        Assert.Throws<StreamLockedException>(
            () => PersistentStream.OpenOrCreate(folder.Stream, new() { Size = 1 << 20 }));
        using (PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream))
        {
            Assert.Equal(["one"], reader.GetRegion(TestStreams.RegionName).Texts());
        }

        other.Kill();
        using PersistentStream writer = PersistentStream.Open(folder.Stream);
        Assert.Equal(["one"], writer.GetRegion(TestStreams.RegionName).Texts());
        using ChildProcess third = ChildProcess.Start(ChildTasks.TryOpen, folder.Stream);
        Assert.StartsWith(nameof(StreamLockedException), third.ReadLine(), StringComparison.Ordinal);
        third.WaitForSuccess();
    }

    [Fact]
    public void Open_ReadOnlyFileByAnotherUser_IsDeniedButCanBeRead()
    {
        Assert.SkipUnless(Unix.IsRoot, "allowed: only root can become another user");
        using var folder = new TestFolder();
        TestStreams.CreateWith(folder.Stream, "one", "two");
        Unix.SetMode(
            folder.Stream, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        string warmUp = folder.File("warm-up.pms");
        TestStreams.CreateWith(warmUp, "x");
        byte[] content = StreamFile.ReadAllBytes(folder.Stream);

        using ChildProcess nobody = ChildProcess.Start(ChildTasks.OpenAsNobody, folder.Stream, warmUp);
        List<string> lines = nobody.ReadToEnd();
        nobody.WaitForSuccess();
        Assert.Equal(2, lines.Count);
        Assert.StartsWith(nameof(StreamAccessDeniedException), lines[0], StringComparison.Ordinal);
        Assert.Contains(folder.Stream, lines[0], StringComparison.Ordinal);
        Assert.Equal($"{ChildTasks.Opened} one,two", lines[1]);
        Assert.Equal(content, StreamFile.ReadAllBytes(folder.Stream));
    }

    [Fact]
    public void Create_InAFolderOfAnotherUser_IsDenied()
    {
        Assert.SkipUnless(Unix.IsRoot, "allowed: only root can become another user");
        using var folder = new TestFolder();
        Unix.SetMode(
            folder.Path,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        string warmUp = folder.File("warm-up.pms");
        TestStreams.CreateWith(warmUp, "x");
        using ChildProcess nobody = ChildProcess.Start(ChildTasks.CreateAsNobody, folder.Stream, warmUp);
        Assert.StartsWith(nameof(StreamAccessDeniedException), nobody.ReadLine(), StringComparison.Ordinal);
        nobody.WaitForSuccess();
        Assert.False(File.Exists(folder.Stream));
    }

    [Fact]
    public void Create_FullFileSystem_ThrowsStreamNoSpaceAndLeavesNothing()
    {
        Assert.SkipUnless(Unix.IsRoot, "allowed: only root can mount a small file system");
        using var folder = new TestFolder(Media.Disk);
        string small = folder.File("small");
        Directory.CreateDirectory(small);
        Assert.SkipUnless(Unix.TryMountTmpfs(small, 1 << 20), "allowed: mounting is not permitted here");
        try
        {
            string path = Path.Combine(small, "test.pms");
            var failure = Assert.Throws<StreamNoSpaceException>(() => TestStreams.Create(path, 2 << 20));
            Assert.Equal(StreamStatus.NoSpace, failure.Status);
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(small));

            // What was created has all of its space: filling it to the last byte needs no more.
            using PersistentStream stream = TestStreams.Create(path, 512 << 10);
            StreamRegion region = stream.CreateRegion("all", stream.Info.LargestFreeBytes);
            File.WriteAllBytes(Path.Combine(small, "rest"), new byte[200 << 10]);
            while (region.TryAppend(TestStreams.Payload(1000, 1), out _))
            {
            }

            Assert.True(region.Arrays().Count > 400);
        }
        finally
        {
            Unix.Unmount(small);
        }
    }

    // Returns the number of the last entry whose append returned.
    private static int AppendAndKill(string path, int acknowledgedLeast, bool reserveFirst)
    {
        using ChildProcess writer = reserveFirst
            ? ChildProcess.Start(ChildTasks.Append, path, "reserve")
            : ChildProcess.Start(ChildTasks.Append, path);
        int acknowledged = -1;
        while (acknowledged < acknowledgedLeast)
        {
            acknowledged = int.Parse(writer.ReadLine()!, CultureInfo.InvariantCulture);
        }

        writer.Kill();

        // What it still said before it died counts as well; the last line may be cut off.
        string[] rest = [.. writer.ReadToEnd()];
        return rest.Length > 1 ? int.Parse(rest[^2], CultureInfo.InvariantCulture) : acknowledged;
    }
}
