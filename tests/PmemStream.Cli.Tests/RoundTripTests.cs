using System.Text;

namespace PmemStream.Cli.Tests;

/// <summary>Bytes in are bytes out, whatever they are and however they are cut.</summary>
public sealed class RoundTripTests
{
    private const int Seed = 20_240_517;

    public static TheoryData<string> Inputs => new(Samples.Keys);

    private static Dictionary<string, byte[]> Samples { get; } = new()
    {
        ["nothing"] = [],
        ["one newline"] = "\n"u8.ToArray(),
        ["empty lines"] = "\n\n\na\n\n"u8.ToArray(),
        ["no final newline"] = "first\nsecond"u8.ToArray(),
        ["one line without newline"] = "alone"u8.ToArray(),
        ["CRLF"] = "one\r\ntwo\r\n\r\n"u8.ToArray(),
        ["mixed ends"] = "unix\ndos\r\nmac\rend"u8.ToArray(),
        ["NUL bytes"] = "\0\0\n\0a\0\n\0"u8.ToArray(),
        ["byte order mark"] = "\uFEFFtext\n"u8.ToArray(),
        ["invalid UTF-8"] = [0xC3, 0x28, (byte)'\n', 0xFF, 0xFE, 0x80, (byte)'\n', 0xE2, 0x82],
        ["every byte"] = [.. Enumerable.Range(0, 256).Select(value => (byte)value)],
        ["a line longer than every buffer"] = [.. Enumerable.Repeat((byte)'x', 300_000), (byte)'\n', (byte)'y'],
        ["random"] = RandomBytes(100_000),
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Append_Lines_ReadGivesTheSameBytes(string sample)
    {
        byte[] input = Samples[sample];
        using var folder = TestFolder.InMemory();
        folder.CreateStream();

        Tool.RunOn(input, "append", folder.Stream, TestFolder.Region).Ok();
        ToolResult read = Tool.Run("read", folder.Stream, TestFolder.Region).Ok();

        Assert.Equal(input, read.Output);
        Assert.Empty(read.Error);
        List<byte[]> entries = folder.Entries();
        int lines = input.Count(value => value == '\n') + (input is [.., not (byte)'\n'] ? 1 : 0);
        Assert.Equal(lines, entries.Count);
        Assert.All(entries, entry => Assert.DoesNotContain((byte)'\n', entry[..^1]));
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Append_Whole_IsOneEntryWithTheSameBytes(string sample)
    {
        byte[] input = Samples[sample];
        using var folder = TestFolder.InMemory();
        folder.CreateStream();

        Tool.RunOn(input, "append", folder.Stream, TestFolder.Region, "--whole").Ok();

        Assert.Equal(input, Assert.Single(folder.Entries()));
        Assert.Equal(input, Tool.Run("read", folder.Stream).Ok().Output);
    }

    [Theory]
    [InlineData("1", 300)]
    [InlineData("7", 1000)]
    [InlineData("7", 1001)]
    [InlineData("4KiB", 100_000)]
    [InlineData("64KiB", 65_536)]
    [InlineData("1MiB", 100_000)]
    public void Append_Records_AreOfThatSizeAndTheLastIsShorter(string size, int inputBytes)
    {
        byte[] input = RandomBytes(inputBytes);
        using var folder = TestFolder.InMemory();
        folder.CreateStream();

        Tool.RunOn(input, "append", folder.Stream, TestFolder.Region, "-", "--record-size", size).Ok();

        List<byte[]> entries = folder.Entries();
        Assert.Single(entries.SkipLast(1).Append(entries[0]).Select(entry => entry.Length).Distinct());
        Assert.InRange(entries[^1].Length, 1, entries[0].Length);
        Assert.Equal(input, entries.SelectMany(entry => entry));
        Assert.Equal(input, Tool.Run("read", folder.Stream, TestFolder.Region).Ok().Output);
    }

    [Fact]
    public void Append_RecordsOfNothing_AppendsNothing()
    {
        using var folder = TestFolder.InMemory();
        folder.CreateStream();

        Tool.Run("append", folder.Stream, TestFolder.Region, "--record-size", "8").Ok();

        Assert.Empty(folder.Entries());
    }

    [Fact]
    public void Append_SeveralRegions_ReadWithoutRegionGivesAllInAddressOrder()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10, "a1\n");
        Tool.Run("region", "create", folder.Stream, "second", "--size", "64KiB").Ok();
        File.WriteAllText(folder["b"], "b1\r\nb2");

        Tool.Run("append", folder.Stream, "second", folder["b"]).Ok();
        Tool.RunOn("a2\n"u8.ToArray(), "append", folder.Stream, TestFolder.Region, "-").Ok();

        Assert.Equal("a1\na2\nb1\r\nb2", Tool.Run("read", folder.Stream).Ok().Text);
        Assert.Equal("b1\r\nb2", Tool.Run("read", folder.Stream, "second").Ok().Text);
    }

    [Fact]
    public void Append_ThousandsOfLines_AreReadBackInOrder()
    {
        string input = string.Concat(Enumerable.Range(0, 20_000).Select(line => $"line {line}\n"));
        using var folder = TestFolder.InMemory();
        folder.CreateStream(4 << 20);

        byte[] bytes = Encoding.ASCII.GetBytes(input);
        ToolResult appended = Tool.RunOn(bytes, "append", folder.Stream, TestFolder.Region).Ok();

        Assert.Equal($"appended 20000 entries ({input.Length} bytes) to region 'log'\n", appended.Error);
        Assert.Empty(appended.Output);
        Assert.Equal(input, Tool.Run("read", folder.Stream).Ok().Text);
    }

    private static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(Seed).NextBytes(bytes);
        return bytes;
    }
}
