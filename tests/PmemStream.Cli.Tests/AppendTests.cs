using System.Diagnostics;
using System.Text;
using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary><c>append</c>.</summary>
public sealed class AppendTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Append_OneEntry_IsCountedInTheSingular()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        ToolResult result = Tool.RunOn("x"u8.ToArray(), "append", folder.Stream, TestFolder.Region).Ok();

        Assert.Equal("appended 1 entry (1 byte) to region 'log'\n", result.Error);
    }

    [Fact]
    public void Append_RegionFills_IsIoAndSaysHowManyWereAppended()
    {
        string input = string.Concat(Enumerable.Range(0, 5_000).Select(line => $"line number {line}\n"));
        using var folder = TestFolder.InMemory();
        folder.CreateStream(64 << 10);

        ToolResult result = Tool.RunOn(Encoding.ASCII.GetBytes(input), "append", folder.Stream, TestFolder.Region);

        List<byte[]> entries = folder.Entries();
        Assert.InRange(entries.Count, 1_000, 4_999);
        result.Failed(6, "full", $"appended {entries.Count} entries", TestFolder.Region);
        string text = string.Concat(entries.Select(Encoding.ASCII.GetString));
        Assert.StartsWith(text, input, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData()]
    [InlineData("--whole")]
    [InlineData("--record-size", "200KB")]
    public void Append_EntryLargerThanTheRegion_IsRefused(params string[] options)
    {
        using var folder = TestFolder.InMemory();
        folder.CreateStream(64 << 10);
        string[] size = [.. options.Select(option => option.Replace("KB", "KiB", StringComparison.Ordinal))];

        Tool.RunOn(new byte[200 << 10], ["append", folder.Stream, TestFolder.Region, "-", .. size])
            .Failed(6, "appended 0 entries");

        Assert.Empty(folder.Entries());
    }

    [Fact]
    public void Append_WholeAndRecordSize_IsMisuse()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("append", folder.Stream, TestFolder.Region, "--whole", "--record-size", "8")
            .Failed(2, "--whole", "--record-size");
    }

    [Fact]
    public void Append_Group_IsAllOfTheInputAtOnce()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        ToolResult result = Tool.RunOn("a\nbc\nd"u8.ToArray(), "append", folder.Stream, TestFolder.Region, "--group").Ok();

        Assert.Equal("appended 3 entries (6 bytes) to region 'log' as one group\n", result.Error);
        Assert.Equal(["a\n", "bc\n", "d"], folder.Entries().Select(Encoding.ASCII.GetString));
        using PersistentStream stream = PersistentStream.OpenReadOnly(folder.Stream);
        Assert.Equal(
            [true, true, false],
            stream.EnumerateStored().Where(item => item.Kind == StoredKind.Data).Select(item => item.GroupContinues));
    }

    [Fact]
    public void Append_GroupWithoutRoom_AppendsNothing()
    {
        string input = string.Concat(Enumerable.Range(0, 5_000).Select(line => $"line number {line}\n"));
        using var folder = TestFolder.InMemory();
        folder.CreateStream(64 << 10);

        Tool.RunOn(Encoding.ASCII.GetBytes(input), "append", folder.Stream, TestFolder.Region, "--group")
            .Failed(6, "full", "group", "appended 0 entries");
        Tool.RunOn(new byte[200 << 10], "append", folder.Stream, TestFolder.Region, "--group", "--record-size", "1KiB")
            .Failed(6, "full", "appended 0 entries");

        Assert.Empty(folder.Entries());
    }

    [Fact]
    public void Append_GroupOfTooManyOrNoEntries_AppendsNothing()
    {
        using var folder = TestFolder.InMemory();
        folder.CreateStream(8 << 20);
        byte[] input = new byte[65_537];
        Array.Fill(input, (byte)'\n');

        Tool.RunOn(input, "append", folder.Stream, TestFolder.Region, "--group").Failed(2, "65536", "appended 0 entries");
        Assert.Empty(folder.Entries());
        Tool.RunOn([], "append", folder.Stream, TestFolder.Region, "--group").Ok();
        Assert.Empty(folder.Entries());
        Tool.RunOn(input[1..], "append", folder.Stream, TestFolder.Region, "--group").Ok();
        Assert.Equal(65_536, folder.Entries().Count);
    }

    [Fact]
    public void Append_GroupWhoseInputIsCutShort_AppendsNothing()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(4 << 20);
        using Process tool = Process.Start(Tool.Built.Command("append", folder.Stream, TestFolder.Region, "--group"))!;

        // More than a pipe holds: when it is written, the tool has read most of it.
        byte[] input = new byte[1 << 20];
        Array.Fill(input, (byte)'x');
        for (int end = 99; end < input.Length; end += 100)
        {
            input[end] = (byte)'\n';
        }

        tool.StandardInput.BaseStream.Write(input);
        Assert.False(tool.HasExited);
        Assert.Empty(folder.Entries());
        tool.Kill();
        tool.WaitForExit();

        Assert.Empty(folder.Entries());
        Tool.Run("check", folder.Stream).Ok();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Append_PersistEvery_AppendsTheSame(int count)
    {
        string input = string.Concat(Enumerable.Range(0, 500).Select(line => $"line number {line}\n"));
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        ToolResult result = Tool.RunOn(
            Encoding.ASCII.GetBytes(input), "append", folder.Stream, TestFolder.Region, "--persist-every", $"{count}").Ok();

        Assert.StartsWith("appended 500 entries", result.Error, StringComparison.Ordinal);
        Assert.Equal(input, Encoding.ASCII.GetString([.. folder.Entries().SelectMany(entry => entry)]));
    }

    [Fact]
    public void Append_PersistEveryAndTheRegionFills_SaysHowManyWereAppended()
    {
        using var folder = TestFolder.InMemory();
        folder.CreateStream(64 << 10);
        byte[] input = new byte[5_000];
        Array.Fill(input, (byte)'\n');

        ToolResult result = Tool.RunOn(input, "append", folder.Stream, TestFolder.Region, "--persist-every", "1000");

        result.Failed(6, "full", $"appended {folder.Entries().Count} entries");
    }

    [Fact]
    public void Append_GroupAndPersistEvery_IsMisuse()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("append", folder.Stream, TestFolder.Region, "--group", "--persist-every", "8")
            .Failed(2, "--group", "--persist-every");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("")]
    public void Append_BadPersistEvery_IsMisuse(string count)
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("append", folder.Stream, TestFolder.Region, "--persist-every", count).Failed(2, "--persist-every");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("x")]
    [InlineData("2GiB")]
    public void Append_BadRecordSize_IsMisuse(string size)
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("append", folder.Stream, TestFolder.Region, "--record-size", size).Failed(2, "--record-size");
    }

    [Fact]
    public void Append_PipeThatStaysOpen_AppendsEachLineAsItComes()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();
        using Process tool = Process.Start(Tool.Built.Command("append", folder.Stream, TestFolder.Region))!;
        using Stream input = tool.StandardInput.BaseStream;

        input.Write("first\nsecond\nnot yet"u8);
        input.Flush();
        WaitForEntries(folder, 2, tool);
        input.Write(" a line\n"u8);
        input.Flush();
        WaitForEntries(folder, 3, tool);
        tool.StandardInput.Close();

        Assert.True(tool.WaitForExit(Patience));
        Assert.Equal(0, tool.ExitCode);
        Assert.Equal("not yet a line\n"u8.ToArray(), folder.Entries()[2]);
    }

    [Fact]
    public void Append_Killed_LeavesTheFirstLinesWhole()
    {
        byte[] input = Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Range(0, 200_000).Select(line => $"line {line} of a text that goes on\n")));
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(32 << 20);
        using Process tool = Process.Start(Tool.Built.Command("append", folder.Stream, TestFolder.Region))!;
        Task feeding = tool.StandardInput.BaseStream.WriteAsync(input).AsTask();

        WaitForEntries(folder, 100, tool);
        tool.Kill();
        tool.WaitForExit();
        Assert.ThrowsAny<IOException>(() => feeding.GetAwaiter().GetResult());

        Tool.Run("check", folder.Stream).Ok();
        byte[] output = Tool.Run("read", folder.Stream).Ok().Output;
        Assert.True(input.AsSpan().StartsWith(output));
        Assert.Equal((byte)'\n', output[^1]);
        Tool.RunOn(input[output.Length..(output.Length + 1000)], "append", folder.Stream, TestFolder.Region).Ok();
        Assert.True(input.AsSpan().StartsWith(Tool.Run("read", folder.Stream).Ok().Output));
    }

    [Fact]
    public void Append_LongInput_NeedsLittleMemory()
    {
        byte[] input = new byte[100 << 20];
        new Random(11).NextBytes(input);
        using var folder = TestFolder.InMemory();
        folder.CreateStream(112 << 20);

        // The collector may not use more than 24 MiB.
        Tool.Built.RunWith(
            input,
            ["append", folder.Stream, TestFolder.Region, "--record-size", "64KiB"],
            ("DOTNET_GCHeapHardLimit", "0x1800000")).Ok();

        Assert.True(input.AsSpan().SequenceEqual(Tool.Run("read", folder.Stream).Ok().Output));
    }

    private static void WaitForEntries(TestFolder folder, int count, Process tool)
    {
        var clock = Stopwatch.StartNew();
        while (folder.Entries().Count < count)
        {
            Assert.True(clock.Elapsed < Patience, $"{count} entries are not there after {Patience}");
            Assert.False(tool.HasExited, "the tool ended");
            Thread.Sleep(20);
        }
    }
}
