using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary><c>region clear</c>, <c>region free</c>, and regions without a name.</summary>
public sealed class RegionCommandTests
{
    [Fact]
    public void Clear_RemovesTheEntriesAndKeepsTheRegion()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10, "one", "two");

        ToolResult result = Tool.Run("region", "clear", folder.Stream, TestFolder.Region).Ok();

        Assert.StartsWith("cleared region 'log'", result.Text, StringComparison.Ordinal);
        Assert.Empty(folder.Entries());
        Tool.RunOn("three"u8.ToArray(), "append", folder.Stream, TestFolder.Region).Ok();
        Assert.Equal(["three"u8.ToArray()], folder.Entries());
    }

    [Fact]
    public void Free_GivesTheSpaceBack()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10, "one");

        ToolResult result = Tool.Run("region", "free", folder.Stream, TestFolder.Region).Ok();

        Assert.StartsWith("freed region 'log'", result.Text, StringComparison.Ordinal);
        using var stream = PersistentStream.OpenReadOnly(folder.Stream);
        Assert.Empty(stream.Regions);
        Tool.Run("region", "clear", folder.Stream, TestFolder.Region).Failed(3, TestFolder.Region);
    }

    [Fact]
    public void ClearAndFree_WhileAWriterHasItOpen_AreBusyAndChangeNothing()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10, "one");
        using var writer = PersistentStream.Open(folder.Stream);

        Tool.Run("region", "clear", folder.Stream, TestFolder.Region).Failed(5, folder.Stream);
        Tool.Run("region", "free", folder.Stream, TestFolder.Region).Failed(5, folder.Stream);

        Assert.Single(folder.Entries());
    }

    [Fact]
    public void ClearAndFree_DamagedRegion_AreCorruptionAndChangeNothing()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(64 << 10, "one", "two", "three");
        folder.Damage(at[2].Offset);
        byte[] before = File.ReadAllBytes(folder.Stream);

        Tool.Run("region", "clear", folder.Stream, TestFolder.Region).Failed(4, folder.Stream);
        Tool.Run("region", "free", folder.Stream, TestFolder.Region).Failed(4, folder.Stream);

        Assert.Equal(before, File.ReadAllBytes(folder.Stream));
    }

    [Fact]
    public void RegionWithoutAName_IsCalledByItsOffset()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10, "one\n");
        string name;
        using (var stream = PersistentStream.Open(folder.Stream))
        {
            name = $"@{stream.CreateRegion(null, 64 << 10).Offset}";
        }

        Tool.RunOn("two\n"u8.ToArray(), "append", folder.Stream, name).Ok();

        Assert.Equal("two\n", Tool.Run("read", folder.Stream, name).Ok().Text);
        Assert.Contains($"\"region\":\"{name}\"", Tool.Run("read", folder.Stream, "--format", "json").Ok().Lines[1], StringComparison.Ordinal);
        Tool.Run("region", "clear", folder.Stream, name).Ok();
        Assert.Equal("one\n", Tool.Run("read", folder.Stream).Ok().Text);
        Tool.Run("region", "free", folder.Stream, name).Ok();
        Assert.Single(folder.Entries());
    }

    [Fact]
    public void NameThatLooksLikeAnOffset_ComesFirst()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10, "one");
        Tool.Run("region", "create", folder.Stream, "@16384", "--size", "64KiB").Ok();
        Tool.RunOn("two"u8.ToArray(), "append", folder.Stream, "@16384").Ok();

        Assert.Equal("two", Tool.Run("read", folder.Stream, "@16384").Ok().Text);
    }
}
