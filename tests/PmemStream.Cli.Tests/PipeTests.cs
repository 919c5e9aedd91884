using System.Diagnostics;

namespace PmemStream.Cli.Tests;

/// <summary>The standard output as a pipe that somebody closes, a full device, a shared file.</summary>
public sealed class PipeTests
{
    [Theory]
    [InlineData("raw")]
    [InlineData("text")]
    public void Read_NobodyReadsOn_EndsQuietly(string format)
    {
        using var folder = TestFolder.InMemory();
        folder.CreateStream(16 << 20, [.. Enumerable.Repeat(new string('x', 9_999) + "\n", 1_000)]);
        using Process tool = Process.Start(
            Tool.Built.Command("read", folder.Stream, TestFolder.Region, "--format", format))!;

        Assert.NotNull(tool.StandardOutput.ReadLine());
        tool.StandardOutput.Close();

        Assert.Empty(tool.StandardError.ReadToEnd());
        Assert.True(tool.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal(0, tool.ExitCode);
    }

    [Fact]
    public void Read_OutputIsFull_IsIo()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, "something\n");

        Shell(folder, "$TOOL read $STREAM > /dev/full").Failed(6, "standard output");
    }

    [Fact]
    public void Read_TwiceIntoOneFile_OverwritesNothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, "one\n", "two\n");

        Shell(folder, "(echo begin; $TOOL read $STREAM; $TOOL read $STREAM; echo end) > $STREAM.out").Ok();

        Assert.Equal("begin\none\ntwo\none\ntwo\nend\n", File.ReadAllText(folder.Stream + ".out"));
    }

    [Fact]
    public void Append_FromAnotherStream_CopiesIt()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(1 << 20, "one\n", "two\n");
        Tool.Run("region", "create", folder.Stream, "copy", "--size", "64KiB").Ok();

        Shell(folder, "$TOOL read $STREAM log | $TOOL append $STREAM copy").Ok();

        Assert.Equal(folder.Entries(), folder.Entries("copy"));
    }

    [Fact]
    public void Tool_StandardErrorIsClosed_KeepsItsExitCode()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        ToolResult missing = Shell(folder, "$TOOL info $STREAM.missing 2>&-");
        ToolResult appended = Shell(folder, "echo one | $TOOL append $STREAM log 2>&-");

        Assert.Equal((3, ""), (missing.ExitCode, missing.Error));
        Assert.Equal((0, ""), (appended.ExitCode, appended.Error));
        Assert.Single(folder.Entries());
    }

    [Fact]
    public void Info_StandardOutputIsClosed_SaysSo()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs sh");
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Shell(folder, "$TOOL info $STREAM >&-").Failed(6, "the standard output is closed");
    }

    [Fact]
    public void Append_StandardInputIsClosed_SaysSo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Shell(folder, "$TOOL append $STREAM log <&-").Failed(6, "the standard input", "closed");

        Assert.Empty(folder.Entries());
    }

    private static ToolResult Shell(TestFolder folder, string script)
    {
        ProcessStartInfo start = Tool.Redirected("/bin/sh", ["-c", script]);
        start.Environment["TOOL"] = $"{Tool.Dotnet} {Tool.Built.AssemblyPath}";
        start.Environment["STREAM"] = folder.Stream;
        return Tool.Finish(start, []);
    }
}
