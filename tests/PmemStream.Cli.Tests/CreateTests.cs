using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary><c>create</c>, <c>region create</c> and <c>region list</c>.</summary>
public sealed class CreateTests
{
    [Fact]
    public void Create_NewPath_MakesAStreamAndSaysWhatMakesItDurable()
    {
        using var folder = TestFolder.OnDisk();

        ToolResult result = Tool.Run("create", folder.Stream, "--size", "2MiB").Ok();

        Assert.StartsWith($"created {folder.Stream}: 2MiB, ", result.Text, StringComparison.Ordinal);
        Assert.Empty(result.Error);
        using var stream = PersistentStream.Open(folder.Stream);
        Assert.Contains(stream.Info.MediumDescription, result.Text, StringComparison.Ordinal);
        Assert.Empty(stream.Regions);
    }

    [Fact]
    public void Create_SomethingIsThere_IsMisuseAndLeavesIt()
    {
        using var folder = TestFolder.OnDisk();
        File.WriteAllText(folder.Stream, "precious");

        Tool.Run("create", folder.Stream, "--size", "2MiB").Failed(2, folder.Stream, "--overwrite");

        Assert.Equal("precious", File.ReadAllText(folder.Stream));
    }

    [Fact]
    public void Create_Overwrite_ReplacesWhatIsThere()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(entries: "old");

        Tool.Run("create", folder.Stream, "--size", "2MiB", "--overwrite").Ok();

        using var stream = PersistentStream.OpenReadOnly(folder.Stream);
        Assert.Empty(stream.Regions);
    }

    [Fact]
    public void RegionCreate_Twice_IsMisuseAndNamesTheRegion()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();
        Tool.Run("region", "create", folder.Stream, "other", "--size", "64KiB").Ok();

        Tool.Run("region", "create", folder.Stream, "other", "--size", "64KiB").Failed(2, "other");
    }

    [Fact]
    public void RegionCreate_Alignment_IsTheRegionsAlignment()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("region", "create", folder.Stream, "packed", "--size", "64KiB", "--alignment", "8").Ok();

        using var stream = PersistentStream.OpenReadOnly(folder.Stream);
        Assert.Equal(8, stream.GetRegion("packed").Info.EntryAlignment);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("0")]
    [InlineData("-8")]
    [InlineData("8192")]
    [InlineData("eight")]
    public void RegionCreate_BadAlignment_IsMisuse(string alignment)
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("region", "create", folder.Stream, "odd", "--size", "64KiB", "--alignment", alignment).Failed(2);
    }

    [Fact]
    public void RegionCreate_NameTooLong_IsMisuse()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("region", "create", folder.Stream, new string('n', 64), "--size", "64KiB").Failed(2);
    }

    [Fact]
    public void RegionCreate_LargerThanWhatIsFree_IsIo()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("region", "create", folder.Stream, "big", "--size", "1GiB").Failed(6);
    }

    [Fact]
    public void RegionList_Piped_IsALineARegionInAddressOrder()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(entries: ["one", "two"]);
        Tool.Run("region", "create", folder.Stream, "odd\tname", "--size", "64KiB").Ok();

        string[] lines = Tool.Run("region", "list", folder.Stream).Ok().Lines;

        Assert.Equal(3, lines.Length);
        string[] columns = lines[0].Split('\t');
        Assert.Equal("name", columns[0]);
        Assert.All(lines, line => Assert.Equal(columns.Length, line.Split('\t').Length));
        Assert.StartsWith(TestFolder.Region + "\t", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("odd\\tname\t", lines[2], StringComparison.Ordinal);
    }
}
