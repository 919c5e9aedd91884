using System.Diagnostics;
using System.Text;
using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary>Two terminals: one appends, the other follows or watches.</summary>
public sealed class FollowTests
{
    [Fact]
    public async Task ReadFollow_BesideAnAppendThatGoesOn_WritesEachLineAsItComes()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, "before\n");
        using Process writer = Process.Start(
            Tool.Built.Command("append", folder.Stream, TestFolder.Region, "--group-commit"))!;
        using Process reader = Process.Start(Tool.Built.Command("read", folder.Stream, TestFolder.Region, "--follow"))!;
        try
        {
            Assert.Equal("before", await Line(reader));
            for (int i = 0; i < 5; i++)
            {
                writer.StandardInput.Write($"line {i}\n");
                writer.StandardInput.Flush();
                Assert.Equal($"line {i}", await Line(reader));
            }

            Assert.False(reader.HasExited);
            writer.StandardInput.Close();
            Assert.Contains("appended 5 entries", await writer.StandardError.ReadToEndAsync(Test), StringComparison.Ordinal);
        }
        finally
        {
            reader.Kill();
            writer.Kill();
        }
    }

    [Fact]
    public async Task ReadFollow_From_WaitsBehindWhatIsNotWanted()
    {
        using var folder = TestFolder.InMemory();
        EntryPosition[] at = folder.CreateStream(1 << 20, "one", "two");
        using Process reader = Process.Start(Tool.Built.Command(
            "read", folder.Stream, TestFolder.Region, "--follow", "--format", "text", "--from", $"{at[1].Timestamp + 1}"))!;
        try
        {
            Tool.RunOn("three"u8.ToArray(), "append", folder.Stream, TestFolder.Region).Ok();
            Assert.EndsWith("\tthree", await Line(reader), StringComparison.Ordinal);
        }
        finally
        {
            reader.Kill();
        }
    }

    [Theory]
    [InlineData("--follow")]
    [InlineData("--follow --merged")]
    public void ReadFollow_WithoutOneRegion_IsMisuse(string options)
    {
        using var folder = TestFolder.InMemory();
        folder.CreateStream();
        Tool.Run(["read", folder.Stream, .. options.Split(' ')]).Failed(2, "--follow");
    }

    [Fact]
    public void AppendGroupCommit_ALongInput_IsThereWholeAndDurable()
    {
        string input = string.Concat(Enumerable.Range(0, 20_000).Select(line => $"line number {line}\n"));
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(4 << 20);

        ToolResult result = Tool.RunOn(
            Encoding.ASCII.GetBytes(input), "append", folder.Stream, TestFolder.Region, "--group-commit").Ok();

        Assert.StartsWith("appended 20000 entries", result.Error, StringComparison.Ordinal);
        Assert.Equal(input, Encoding.ASCII.GetString([.. folder.Entries().SelectMany(entry => entry)]));
    }

    [Fact]
    public void AppendGroupCommit_AndTheRegionFills_SaysHowManyWereAppended()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10);
        byte[] input = new byte[5_000];
        Array.Fill(input, (byte)'\n');

        ToolResult result = Tool.RunOn(input, "append", folder.Stream, TestFolder.Region, "--group-commit");

        result.Failed(6, "full", $"appended {folder.Entries().Count} entries");
        Tool.Run("append", folder.Stream, TestFolder.Region, "--group", "--group-commit").Failed(2, "--group-commit");
    }

    [Fact]
    public void Watch_NotOnATerminal_IsATableForEachLook()
    {
        using var folder = TestFolder.InMemory();
        folder.CreateStream(1 << 20, new string('x', 1000));

        string[] lines = Tool.Run("watch", folder.Stream, "--count", "2", "--interval", "0.01").Ok().Text.Split('\n');

        const string columns =
            "name\tused\tusable\tbytes-per-second\tcommitted\tpersisted\tlast-timestamp\tstable-timestamp\treaders\tpins";
        Assert.Equal([columns, columns], [lines[0], lines[3]]);
        Assert.Equal(["", "", ""], [lines[2], lines[5], lines[6]]);
        string[] row = lines[4].Split('\t');
        Assert.Equal([TestFolder.Region, "1024"], row[..2]);
        Assert.Equal("0", row[3]);
        Assert.Equal(["-", "-"], row[^2..]); // nobody writes, so nobody says who reads
    }

    [Theory]
    [InlineData("--count", "0")]
    [InlineData("--interval", "0")]
    [InlineData("--interval", "x")]
    [InlineData("--interval", "4000")]
    public void Watch_BadOption_IsMisuse(string option, string value)
    {
        using var folder = TestFolder.InMemory();
        folder.CreateStream();
        Tool.Run("watch", folder.Stream, option, value).Failed(2, option);
    }

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    // What does not come in time is a test that is ended by the time limit of the run: none is asserted here.
    private static async Task<string?> Line(Process process) => await process.StandardOutput.ReadLineAsync(Test);
}
