using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary><c>info</c>, and <c>check</c> on a sound stream.</summary>
public sealed class InfoTests
{
    [Fact]
    public void Info_Piped_IsNamesAndExactValues()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, "one");

        string[] lines = Tool.Run("info", folder.Stream).Ok().Lines;

        using var stream = PersistentStream.OpenReadOnly(folder.Stream);
        Assert.All(lines, line => Assert.Matches("^[a-z-]+: ", line));
        Assert.Contains($"path: {folder.Stream}", lines);
        Assert.Contains($"size: {stream.Info.Size}", lines);
        Assert.Contains("regions: 1", lines);
        Assert.Contains("state: no damage known", lines);
        Assert.Contains($"durability: {stream.Info.MediumDescription}", lines);
        Assert.Contains(lines, line => line.Contains(stream.Info.Uuid.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Check_SoundStream_PrintsTheSummary()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, "one", "three");

        ToolResult result = Tool.Run("check", folder.Stream).Ok();

        string line = Assert.Single(result.Lines);
        Assert.Contains("1 region", line, StringComparison.Ordinal);
        Assert.Contains("2 entries", line, StringComparison.Ordinal);
        Assert.Contains("8 bytes", line, StringComparison.Ordinal);
        Assert.Contains("no problems", line, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void Check_SeveralDamagedEntries_PrintsEachAndIsCorruption()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(1 << 20, "first", "second", "third", "fourth", "fifth");
        folder.Damage(at[1].Offset + 24);
        folder.Damage(at[3].Offset + 24);

        ToolResult result = Tool.Run("check", folder.Stream).Failed(4, folder.Stream, "errors");

        Assert.Contains(result.Lines, line => line.Contains($"{at[1].Offset}", StringComparison.Ordinal));
        Assert.Contains(result.Lines, line => line.Contains($"{at[3].Offset}", StringComparison.Ordinal));
        Assert.Contains(result.Lines, line => line.Contains(TestFolder.Region, StringComparison.Ordinal));
    }
}
