using System.Diagnostics;
using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary>What a person sees: tables, pictures and progress on a terminal, and nothing of it elsewhere.</summary>
public sealed class TerminalTests
{
    private const char Escape = '\u001b';

    [Fact]
    public void RegionList_OnATerminal_IsATableAndAPicture()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, new string('x', 500_000));

        string text = OnATerminal(folder, "$TOOL region list $STREAM");

        Assert.Contains("╭", text, StringComparison.Ordinal);
        Assert.Contains("1MiB", text, StringComparison.Ordinal);
        Assert.Contains("██████████░░░░░░░░░░", text, StringComparison.Ordinal);
        Assert.Contains("▕", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_OnATerminal_DrawsHowFullTheRegionsAre()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, "tiny");
        Tool.Run("region", "create", folder.Stream, "empty", "--size", "64KiB").Ok();

        string text = OnATerminal(folder, "$TOOL info $STREAM");

        Assert.Contains("█░░░░░░░░░░░░░░░░░░░", text, StringComparison.Ordinal);
        Assert.Contains("░░░░░░░░░░░░░░░░░░░░", text, StringComparison.Ordinal);
        Assert.Contains("▒", text, StringComparison.Ordinal);
        Assert.Contains("2MiB", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Dump_OnATerminal_HasColumns()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10, "one");

        string text = OnATerminal(folder, "$TOOL dump $STREAM");

        Assert.Contains("          8384              8 stream-size         whole", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\t', text);
    }

    [Fact]
    public void Append_OfALongFile_ShowsABarOnATerminalAlone()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 20);

        // The bar is shown only for work that takes long; how many lines that are depends on the disk.
        string text;
        int lines = 3_000;
        do
        {
            lines *= 4;
            File.WriteAllLines(folder["input"], Enumerable.Range(0, lines).Select(i => $"{i}"));
            Tool.Run("region", "clear", folder.Stream, TestFolder.Region).Ok();
            text = OnATerminal(folder, "$TOOL append $STREAM log $STREAM.input");
            Assert.Contains($"appended {lines} entries", text, StringComparison.Ordinal);
            Assert.Equal(lines, folder.Entries().Count);
        }
        while (!text.Contains('%', StringComparison.Ordinal) && lines < 500_000);

        Assert.Contains(Escape, text);
        Assert.Contains('%', text);

        Tool.Run("region", "clear", folder.Stream, TestFolder.Region).Ok();
        ToolResult plain = Tool.Run("append", folder.Stream, TestFolder.Region, folder["input"]).Ok();
        Assert.DoesNotContain(Escape, plain.Error);
        Assert.Single(plain.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Append_FailureWhileTheBarIsShown_IsReportedAsEver()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(512 << 10);
        File.WriteAllLines(folder["input"], Enumerable.Range(0, 12_000).Select(i => $"{i}"));

        string text = OnATerminal(folder, "$TOOL append $STREAM log $STREAM.input; echo code $?");

        Assert.Contains("pmemstream: the region is full", text, StringComparison.Ordinal);
        Assert.Contains("code 6", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_AndReadToAFile_OnATerminal_LeaveTheirResultAlone()
    {
        using var folder = TestFolder.InMemory();
        folder.CreateStream(300 << 20);
        using (var stream = PersistentStream.Open(folder.Stream))
        {
            StreamRegion region = stream.GetRegion(TestFolder.Region);
            while (region.TryAppend(new byte[200], out _))
            {
            }
        }

        Assert.Contains("no problems", OnATerminal(folder, "$TOOL check $STREAM"), StringComparison.Ordinal);
        _ = OnATerminal(folder, "$TOOL read $STREAM --format text > $STREAM.out");

        string[] lines = File.ReadAllLines(folder.Stream + ".out");
        Assert.Equal(folder.Entries().Count, lines.Length);
        Assert.DoesNotContain(lines, line => line.Contains(Escape, StringComparison.Ordinal));
    }

    // script(1) makes the terminal. The input of a test is called $STREAM.input, by a link.
    private static string OnATerminal(TestFolder folder, string script)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "needs script(1) to make a terminal");
        if (File.Exists(folder["input"]) && !File.Exists(folder.Stream + ".input"))
        {
            File.CreateSymbolicLink(folder.Stream + ".input", folder["input"]);
        }

        ProcessStartInfo start = Tool.Redirected("/usr/bin/script", ["-qec", script, "/dev/null"]);
        start.Environment["TERM"] = "xterm";
        start.Environment["TOOL"] = $"{Tool.Dotnet} {Tool.Built.AssemblyPath}";
        start.Environment["STREAM"] = folder.Stream;
        start.Environment["SHELL"] = "/bin/sh";
        ToolResult result = Tool.Finish(start, []);
        Assert.Equal(0, result.ExitCode);
        return result.Text;
    }
}
