using System.Globalization;
using System.Text;
using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary><c>read</c>.</summary>
public sealed class ReadTests
{
    [Fact]
    public void Read_Text_IsALineAnEntryWithPositionTimestampAndEscapedPayload()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(
            1 << 20, "plain\n", "tab\tback\\slash\r\n", string.Empty, "µ\0\u001b[1m\u200b");

        string[] lines = Tool.Run("read", folder.Stream, TestFolder.Region, "--format", "text").Ok().Lines;

        string[] payloads = ["plain\\n", "tab\\tback\\\\slash\\r\\n", string.Empty, "µ\\x00\\x1b[1m\\xe2\\x80\\x8b"];
        Assert.Equal(
            at.Zip(payloads, (position, payload) =>
                string.Create(CultureInfo.InvariantCulture, $"{position}\t{position.Timestamp}\t{payload}")),
            lines);
        Assert.Equal(at[1], EntryPosition.Parse(lines[1].Split('\t')[0], CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Read_TextOfInvalidUtf8_EscapesTheBadBytesAlone()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();
        Tool.RunOn([0xC3, 0x28, 0xFF, 0xC3, 0xA9, 0xE2, 0x82], "append", folder.Stream, TestFolder.Region).Ok();

        string line = Assert.Single(Tool.Run("read", folder.Stream, TestFolder.Region, "--format", "text").Ok().Lines);

        Assert.EndsWith("\t\\xc3(\\xffé\\xe2\\x82", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TextOfAllRegions_BeginsWithTheRegion()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10, "a");
        Tool.Run("region", "create", folder.Stream, "second region", "--size", "64KiB").Ok();
        Tool.RunOn("b"u8.ToArray(), "append", folder.Stream, "second region").Ok();

        string[] lines = Tool.Run("read", folder.Stream, "--format", "text").Ok().Lines;

        Assert.Equal(["log", "second region"], lines.Select(line => line.Split('\t')[0]));
        Assert.Equal(["a", "b"], lines.Select(line => line.Split('\t')[3]));
    }

    [Fact]
    public void Read_EmptyRegion_WritesNothing()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Assert.Empty(Tool.Run("read", folder.Stream, TestFolder.Region).Ok().Output);
    }

    [Fact]
    public void Read_WhileAWriterHasItOpen_GivesWhatIsCommitted()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();
        using var writer = PersistentStream.Open(folder.Stream);
        writer.GetRegion(TestFolder.Region).Append("now\n"u8);

        Assert.Equal("now\n", Tool.Run("read", folder.Stream, TestFolder.Region).Ok().Text);
    }

    [Fact]
    public void Read_DoesNotChangeTheFile()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10, "one", "two");
        byte[] before = File.ReadAllBytes(folder.Stream);

        Tool.Run("read", folder.Stream).Ok();
        Tool.Run("info", folder.Stream).Ok();
        Tool.Run("check", folder.Stream).Ok();
        Tool.Run("region", "list", folder.Stream).Ok();

        Assert.Equal(before, File.ReadAllBytes(folder.Stream));
    }

    [Fact]
    public void Read_DamagedEntry_WritesTheGoodOnesAndIsCorruption()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(1 << 20, "first\n", "second\n", "third\n");
        folder.Damage(at[1].Offset + 24);

        ToolResult result = Tool.Run("read", folder.Stream, TestFolder.Region)
            .Failed(4, folder.Stream, at[1].Offset.ToString(CultureInfo.InvariantCulture));

        Assert.Equal("first\n", result.Text);
    }

    [Fact]
    public void Read_BadFormat_IsMisuseAndNamesTheGoodOnes()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("read", folder.Stream, "--format", "xml").Failed(2, "raw", "text", "hex", "json");
    }

    [Fact]
    public void Read_LargeEntry_IsComplete()
    {
        byte[] input = new byte[20 << 20];
        new Random(7).NextBytes(input);
        using var folder = TestFolder.InMemory();
        folder.CreateStream(24 << 20);
        File.WriteAllBytes(folder["large"], input);

        Tool.Run("append", folder.Stream, TestFolder.Region, folder["large"], "--whole").Ok();

        Assert.True(input.AsSpan().SequenceEqual(Tool.Run("read", folder.Stream).Ok().Output));
    }
}
