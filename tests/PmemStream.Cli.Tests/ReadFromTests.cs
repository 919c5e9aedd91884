using System.Diagnostics;
using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary><c>read</c>: where it begins, where it ends, and <c>--format hex</c>.</summary>
public sealed class ReadFromTests
{
    [Fact]
    public void Read_After_BeginsBehindThePosition()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(64 << 10, "a", "b", "c");

        Assert.Equal("bc", Tool.Run("read", folder.Stream, TestFolder.Region, "--after", $"{at[0]}").Ok().Text);
        Assert.Empty(Tool.Run("read", folder.Stream, TestFolder.Region, "--after", $"{at[2]}").Ok().Text);
        Assert.Equal("abc", Tool.Run("read", folder.Stream, TestFolder.Region, "--after", "0@0").Ok().Text);
    }

    [Fact]
    public void Read_AfterAPositionThatIsStale_IsNotFound()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(64 << 10, "a", "b");
        Tool.Run("region", "clear", folder.Stream, TestFolder.Region).Ok();
        Tool.RunOn("c"u8.ToArray(), "append", folder.Stream, TestFolder.Region).Ok();

        Tool.Run("read", folder.Stream, TestFolder.Region, "--after", $"{at[0]}").Failed(3, $"{at[0].Offset}");
        Tool.Run("read", folder.Stream, TestFolder.Region, "--after", "16897@5").Failed(3, "16897");
    }

    [Fact]
    public void Read_From_BeginsAtTheTimestampInEachRegion()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(64 << 10, "a", "b", "c");
        Tool.Run("region", "create", folder.Stream, "later", "--size", "64KiB").Ok();
        Tool.RunOn("d"u8.ToArray(), "append", folder.Stream, "later").Ok();

        Assert.Equal("bcd", Tool.Run("read", folder.Stream, "--from", $"{at[1].Timestamp}").Ok().Text);
        Assert.Equal("d", Tool.Run("read", folder.Stream, "--from", $"{at[2].Timestamp + 1}").Ok().Text);
        Assert.Equal("abc", Tool.Run("read", folder.Stream, TestFolder.Region, "--from", "0").Ok().Text);
        Assert.Empty(Tool.Run("read", folder.Stream, "--from", $"{ulong.MaxValue}").Ok().Text);
    }

    [Fact]
    public void Read_Hex_IsAHeaderLineAndTheBytesAsHexdumpWritesThem()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(64 << 10, "0123456789abcdef\n\u001b~", string.Empty, new string('z', 50));

        string text = Tool.Run("read", folder.Stream, TestFolder.Region, "--format", "hex").Ok().Text;

        Assert.Equal(
            $"""
            # position {at[0]}, timestamp {at[0].Timestamp}, 19 bytes
            00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|
            00000010  0a 1b 7e                                          |..~|
            00000013

            # position {at[1]}, timestamp {at[1].Timestamp}, 0 bytes

            # position {at[2]}, timestamp {at[2].Timestamp}, 50 bytes
            00000000  7a 7a 7a 7a 7a 7a 7a 7a  7a 7a 7a 7a 7a 7a 7a 7a  |zzzzzzzzzzzzzzzz|
            *
            00000030  7a 7a                                             |zz|
            00000032


            """.ReplaceLineEndings("\n"),
            text);
        Assert.StartsWith(
            "# region log, position ", Tool.Run("read", folder.Stream, "--format", "hex").Ok().Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_IntoItsOwnRegion_Ends()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        using var folder = TestFolder.InMemory();
        folder.CreateStream(8 << 20, [.. Enumerable.Range(0, 5_000).Select(i => $"{i}\n")]);
        ProcessStartInfo start = Tool.Redirected("/bin/sh", ["-c", "$TOOL read $STREAM | $TOOL append $STREAM log"]);
        start.Environment["TOOL"] = $"{Tool.Dotnet} {Tool.Built.AssemblyPath}";
        start.Environment["STREAM"] = folder.Stream;

        Tool.Finish(start, []).Ok();

        List<byte[]> entries = folder.Entries();
        Assert.Equal(10_000, entries.Count);
        Assert.Equal(entries.Take(5_000), entries.Skip(5_000));
    }

    [Fact]
    public async Task Read_WhileAWriterNeverPauses_EndsAtWhatWasCommitted()
    {
        using var folder = TestFolder.InMemory();
        folder.CreateStream(256 << 20);
        using var writer = PersistentStream.Open(folder.Stream);
        StreamRegion region = writer.GetRegion(TestFolder.Region);
        region.Append(new byte[1000]);
        using var stop = new CancellationTokenSource();
        Task appending = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested && region.TryAppend(new byte[1000], out _))
                {
                }
            },
            CancellationToken.None);

        ToolResult result = Tool.Run("read", folder.Stream).Ok();
        await stop.CancelAsync();
        await appending;

        Assert.NotEmpty(result.Output);
        Assert.True(result.Output.Length <= region.Info.UsedBytes);
    }
}
