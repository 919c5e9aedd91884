using System.Diagnostics;

namespace PmemStream.Cli.Tests;

/// <summary>What a person sees: tables, pictures and progress on a terminal, and nothing of it elsewhere.</summary>
/// <remarks>
/// Runs beside no other test. A terminal is a session of its own, and named mutexes are per session: under coverage, the one
/// by which ending processes take turns at the counters would not keep these from the others.
/// </remarks>
[Collection(Alone)]
[CollectionDefinition(Alone, DisableParallelization = true)]
public sealed class TerminalTests
{
    private const string Alone = nameof(TerminalTests);
    private const char Escape = '\u001b';
    private const string ShowAfter = "PMEMSTREAM_PROGRESS_AFTER_MS";

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
    public void Watch_OnATerminal_DrawsTheRegionsAgainAndAgain()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, new string('x', 500_000));

        string text = OnATerminal(folder, "$TOOL watch $STREAM --count 3 --interval 0.05");

        Assert.Contains("durable to", text, StringComparison.Ordinal);
        Assert.Contains("██████████░░░░░░░░░░", text, StringComparison.Ordinal);
        Assert.Contains("0 bytes/s", text, StringComparison.Ordinal);
        Assert.Contains($"{Escape}[?25h", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Append_OfALongFile_ShowsABarOnATerminalAlone()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();
        File.WriteAllLines(folder["input"], Enumerable.Range(0, 40).Select(i => $"{i}"));

        string text = OnATerminal(folder, "$TOOL append $STREAM log $STREAM.input");

        Assert.Contains("appended 40 entries", text, StringComparison.Ordinal);
        Assert.Contains(Escape, text);
        Assert.Contains('%', text);
        Assert.Equal(40, folder.Entries().Count);

        ToolResult plain = Tool.Built.RunWith(
            [], ["append", folder.Stream, TestFolder.Region, folder["input"]], (ShowAfter, "0")).Ok();
        Assert.DoesNotContain(Escape, plain.Error);
        Assert.Single(plain.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Append_ShortOnATerminal_ShowsNoBar()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();
        File.WriteAllText(folder["input"], "one line\n");

        string text = OnATerminal(folder, "$TOOL append $STREAM log $STREAM.input", showAfter: "60000");

        Assert.Contains("appended 1 entry", text, StringComparison.Ordinal);
        Assert.DoesNotContain('%', text);
    }

    [Fact]
    public void Append_FailureWhileTheBarIsShown_IsReportedAsEver()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10);
        File.WriteAllLines(folder["input"], Enumerable.Repeat(new string('x', 4_000), 20));

        string text = OnATerminal(folder, "$TOOL append $STREAM log $STREAM.input; echo code $?");

        Assert.Contains('%', text);
        Assert.Contains("pmemstream: the region is full", text, StringComparison.Ordinal);
        Assert.Contains("code 6", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_AndReadToAFile_OnATerminal_LeaveTheirResultAlone()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, "one", "two", "three");

        string check = OnATerminal(folder, "$TOOL check $STREAM");
        string read = OnATerminal(folder, "$TOOL read $STREAM --format text > $STREAM.out");

        Assert.Contains("checking", check, StringComparison.Ordinal);
        Assert.Contains("no problems", check, StringComparison.Ordinal);
        Assert.Contains('%', read);
        string[] lines = File.ReadAllLines(folder.Stream + ".out");
        Assert.Equal(3, lines.Length);
        Assert.DoesNotContain(lines, line => line.Contains(Escape, StringComparison.Ordinal));
    }

    // script(1) makes the terminal. The input of a test is called $STREAM.input, by a link. Progress is shown at once, so
    // that it does not depend on the disk whether it is seen.
    private static string OnATerminal(TestFolder folder, string script, string showAfter = "0")
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
        start.Environment[ShowAfter] = showAfter;
        start.Environment["SHELL"] = "/bin/sh";
        ToolResult result = Tool.Finish(start, []);
        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode}:\n{result.Text}{result.Error}");
        return result.Text;
    }
}
