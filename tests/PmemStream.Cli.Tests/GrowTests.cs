using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary><c>grow</c>.</summary>
public sealed class GrowTests
{
    [Fact]
    public void Grow_Size_IsTheNewSizeAndKeepsTheEntries()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, "one", "two");

        ToolResult result = Tool.Run("grow", folder.Stream, "8MiB").Ok();

        Assert.StartsWith($"grew {folder.Stream} from 2MiB to 8MiB: ", result.Text, StringComparison.Ordinal);
        Assert.Empty(result.Error);
        Assert.Equal(8 << 20, new FileInfo(folder.Stream).Length);
        Assert.Equal(["one"u8.ToArray(), "two"u8.ToArray()], folder.Entries());
        Tool.Run("region", "create", folder.Stream, "more", "--size", "5MiB").Ok();
        Tool.Run("check", folder.Stream).Ok();
    }

    [Fact]
    public void Grow_SizeThatItHas_SaysSo()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Assert.Equal($"{folder.Stream} has 2MiB already\n", Tool.Run("grow", folder.Stream, "2MiB").Ok().Text);
    }

    [Fact]
    public void Grow_ReaderThatIsOpen_ReadsTheNewRegion()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, "one");
        using var reader = PersistentStream.OpenReadOnly(folder.Stream);

        Tool.Run("grow", folder.Stream, "8MiB").Ok();
        Tool.Run("region", "create", folder.Stream, "more", "--size", "5MiB").Ok();
        Tool.RunOn("two"u8.ToArray(), "append", folder.Stream, "more").Ok();

        Assert.Equal(8 << 20, reader.Info.Size);
        using EntryEnumerator entries = reader.GetRegion("more").GetEnumerator();
        Assert.True(entries.MoveNext());
        Assert.Equal("two"u8, entries.Current.Data);
    }

    [Fact]
    public void Grow_Smaller_IsMisuseAndChangesNothing()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, "one");
        byte[] before = File.ReadAllBytes(folder.Stream);

        Tool.Run("grow", folder.Stream, "1MiB").Failed(2, "2097152", "does not shrink");

        Assert.Equal(before.Length, new FileInfo(folder.Stream).Length);
        Assert.Equal(["one"u8.ToArray()], folder.Entries());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+1MiB")]
    [InlineData("much")]
    public void Grow_BadSize_IsMisuse(string size)
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("grow", folder.Stream, size).Failed(2);

        Assert.Equal(2 << 20, new FileInfo(folder.Stream).Length);
    }

    [Fact]
    public void Grow_WithoutASize_IsMisuse() => Tool.Run("grow", "orders.pms").Failed(2, "'grow'");

    [Fact]
    public void Grow_NoStream_IsNotFound()
    {
        using var folder = TestFolder.OnDisk();

        Tool.Run("grow", folder.Stream, "8MiB").Failed(3, folder.Stream);
    }

    [Fact]
    public void Grow_NoSpace_IsIoAndChangesNothing()
    {
        const string memory = "/dev/shm";
        Assert.SkipUnless(
            !OperatingSystem.IsWindows() && Directory.Exists(memory), "needs a file system in memory");
        long size = new DriveInfo(memory).TotalSize + (1L << 30);
        Assert.SkipUnless(size < 60L << 30, "allowed: needs a file system in memory of less than 60 GiB");
        using var folder = TestFolder.InMemory();
        folder.CreateStream(1 << 20, "one");

        Tool.Run("grow", folder.Stream, $"{size}").Failed(6, folder.Stream);

        Assert.Equal(2 << 20, new FileInfo(folder.Stream).Length);
        Assert.Equal(["one"u8.ToArray()], folder.Entries());
    }
}
