using System.Runtime.Versioning;
using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary>Each exit code, with one line on the standard error.</summary>
public sealed class ExitCodeTests
{
    private const int Nobody = 65534;
    private const string SetPrivileges = "/usr/bin/setpriv";
    private const UnixFileMode EverybodyReads =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    [Fact]
    public void Tool_WithoutItsNativeLibrary_IsABug()
    {
        using var folder = TestFolder.OnDisk();
        string copy = CopyTool(folder, withNativeLibrary: false);

        new Tool(copy).RunWith([], ["info", folder.Stream]).Failed(1, "pmemstream_core");
    }

    [Theory]
    [InlineData()]
    [InlineData("frobnicate")]
    [InlineData("region")]
    [InlineData("info")]
    [InlineData("info", "")]
    [InlineData("info", "a", "b")]
    [InlineData("info", "a", "--frobnicate")]
    [InlineData("create", "--size", "1MiB")]
    [InlineData("info", "--frobnicate")]
    [InlineData("read", "a", "--fromat", "raw")]
    [InlineData("append", "a", "b", "--whol")]
    [InlineData("region", "create", "a", "", "--size", "1MiB")]
    [InlineData("append", "a")]
    [InlineData("region", "clear", "a")]
    [InlineData("region", "free", "a", "")]
    [InlineData("read", "a", "b", "--from", "-1")]
    [InlineData("read", "a", "b", "--from", "yesterday")]
    [InlineData("read", "a", "b", "--after", "12")]
    [InlineData("read", "a", "--after", "16896@1")]
    [InlineData("read", "a", "b", "--merged")]
    [InlineData("read", "a", "--merged", "--after", "16896@1")]
    [InlineData("read", "a", "b", "--after", "16896@1", "--from", "1")]
    [InlineData("completion", "fish")]
    public void Tool_BadCommandLine_IsMisuse(params string[] args)
    {
        Tool.Run(args).Failed(2, "--help");
    }

    [Fact]
    public void Tool_NamesThatBeginWithADash_ComeAfterTwo()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("region", "create", folder.Stream, "--size", "64KiB", "--", "-x").Ok();
        Tool.RunOn("a"u8.ToArray(), "append", folder.Stream, "--", "-x", "-").Ok();

        Assert.Equal("a", Tool.Run("read", "--", folder.Stream, "-x").Ok().Text);
    }

    [Fact]
    public void Create_NoSize_IsMisuseAndSaysSo()
    {
        using var folder = TestFolder.OnDisk();

        Tool.Run("create", folder.Stream).Failed(2, "Size", "device");

        Assert.False(File.Exists(folder.Stream));
    }

    [Theory]
    [InlineData("info")]
    [InlineData("read")]
    [InlineData("check")]
    [InlineData("dump")]
    [InlineData("region", "list")]
    public void Tool_MissingStream_IsNotFound(params string[] command)
    {
        using var folder = TestFolder.OnDisk();

        Tool.Run([.. command, folder.Stream]).Failed(3, folder.Stream);

        Assert.False(File.Exists(folder.Stream));
    }

    [Fact]
    public void Tool_MissingFolder_IsNotFound()
    {
        using var folder = TestFolder.OnDisk();
        string missing = folder[Path.Combine("missing", "stream.pms")];

        Tool.Run("create", missing, "--size", "2MiB").Failed(3, missing);
    }

    [Fact]
    public void Tool_PathThatCannotBeResolved_IsIo()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs the rules of POSIX");
        using var folder = TestFolder.OnDisk();
        string tooLong = folder[new string('x', 300)];
        string loop = folder["loop"];
        File.CreateSymbolicLink(loop, loop);

        foreach (string path in new[] { tooLong, loop })
        {
            Tool.Run("info", path).Failed(6, path);
            Tool.Run("append", path, TestFolder.Region).Failed(6, path);
        }

        Tool.Run("create", tooLong, "--size", "2MiB").Failed(6, tooLong);
    }

    [Fact]
    public void Tool_ArgumentThatIsNotUtf8_IsMisuse()
    {
        // The runtime hands over U+FFFD for bytes that it cannot decode.
        Tool.Run("info", "a\uFFFD").Failed(2, "not valid UTF-8", "--help");
        Tool.Run("read", "a", "b\uFFFD").Failed(2, "not valid UTF-8");
    }

    [Fact]
    public void Completion_UnknownShell_SaysWhichThereAre()
    {
        Tool.Run("completion", "zsh").Failed(2, "zsh", "of: 'bash'");
    }

    [Fact]
    public void Tool_MissingRegion_IsNotFound()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("read", folder.Stream, "other").Failed(3, folder.Stream, "other");
        Tool.Run("append", folder.Stream, "other").Failed(3, folder.Stream, "other");
        Tool.Run("region", "clear", folder.Stream, "@4096").Failed(3, folder.Stream, "@4096");
        Tool.Run("region", "free", folder.Stream, "other").Failed(3, folder.Stream, "other");
        Tool.Run("dump", folder.Stream, "other").Failed(3, folder.Stream, "other");
        Tool.Run("dump", folder.Stream, "@4096").Failed(3, folder.Stream, "@4096");
        Tool.Run("read", folder.Stream, new string('x', 64)).Failed(2, "63");
    }

    [Fact]
    public void Append_MissingInput_IsNotFoundAndChangesNothing()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("append", folder.Stream, TestFolder.Region, folder["missing.txt"]).Failed(3, folder["missing.txt"]);
        Tool.Run("append", folder.Stream, TestFolder.Region, folder["no/folder"]).Failed(3, folder["no/folder"]);

        Assert.Empty(folder.Entries());
    }

    [Fact]
    public void Append_InputIsAFolder_IsMisuse()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();

        Tool.Run("append", folder.Stream, TestFolder.Region, folder["."]).Failed(2, "folder");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Something else, but not a stream.\n")]
    public void Tool_NotAStream_IsCorruption(string content)
    {
        using var folder = TestFolder.OnDisk();
        File.WriteAllText(folder.Stream, content);

        Tool.Run("info", folder.Stream).Failed(4, folder.Stream);
        Tool.Run("check", folder.Stream).Failed(4, folder.Stream);
        Tool.Run("append", folder.Stream, TestFolder.Region).Failed(4, folder.Stream);

        Assert.Equal(content, File.ReadAllText(folder.Stream));
    }

    [Fact]
    public void Tool_StreamIsAFolder_IsCorruption()
    {
        using var folder = TestFolder.OnDisk();

        Tool.Run("info", folder["."]).Failed(4, Path.GetDirectoryName(folder.Stream)!, "folder");
    }

    [Fact]
    public void Tool_TruncatedStream_IsCorruption()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(entries: "one");
        using (FileStream file = File.OpenWrite(folder.Stream))
        {
            file.SetLength(file.Length / 2);
        }

        Tool.Run("read", folder.Stream).Failed(4, folder.Stream);
    }

    [Fact]
    public void Tool_AnotherWriterHasIt_IsBusy()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream();
        using var writer = PersistentStream.Open(folder.Stream);

        Tool.RunOn("x"u8.ToArray(), "append", folder.Stream, TestFolder.Region).Failed(5, folder.Stream);
        Tool.Run("region", "create", folder.Stream, "other", "--size", "64KiB").Failed(5, folder.Stream);
        Tool.Run("create", folder.Stream, "--size", "2MiB", "--overwrite").Failed(5, folder.Stream);
        Tool.Run("grow", folder.Stream, "64MiB").Failed(5, folder.Stream);

        writer.GetRegion(TestFolder.Region).Append("still mine"u8);
        Assert.Single(folder.Entries());
    }

    [Fact]
    public void Create_NoSpace_IsIoAndLeavesNothing()
    {
        const string memory = "/dev/shm";
        Assert.SkipUnless(
            !OperatingSystem.IsWindows() && Directory.Exists(memory), "needs a file system in memory");
        using var folder = TestFolder.InMemory();
        long size = new DriveInfo(memory).TotalSize + (1L << 30);

        Tool.Run("create", folder.Stream, "--size", $"{size}").Failed(6, folder.Stream);

        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(folder.Stream)!));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Tool_NoPermission_IsIo()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || !File.Exists(SetPrivileges), "needs setpriv(1)");
        using var folder = TestFolder.InMemory();
        folder.CreateStream();
        File.SetUnixFileMode(folder.Stream, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.SetUnixFileMode(folder["."], EverybodyReads);
        string tool = CopyTool(folder, withNativeLibrary: true);

        RunAsNobody(tool, "info", folder.Stream).Failed(6, folder.Stream);
        RunAsNobody(tool, "create", folder["new.pms"], "--size", "2MiB").Failed(6, folder["new.pms"]);
        File.SetUnixFileMode(folder.Stream, EverybodyReads);
        RunAsNobody(tool, "append", folder.Stream, TestFolder.Region).Failed(6, folder.Stream);
        RunAsNobody(tool, "read", folder.Stream).Ok();
    }

    [UnsupportedOSPlatform("windows")]
    private static ToolResult RunAsNobody(string tool, params string[] args)
    {
        string[] change = Environment.IsPrivilegedProcess
            ? [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups"]
            : [];
        return Tool.Finish(Tool.Redirected(SetPrivileges, [.. change, Tool.Dotnet, tool, .. args]), []);
    }

    // A copy that every user can run.
    private static string CopyTool(TestFolder folder, bool withNativeLibrary)
    {
        string source = Path.GetDirectoryName(Tool.Built.AssemblyPath)!;
        Directory.CreateDirectory(folder["tool"]);
        foreach (string file in Directory.GetFiles(source))
        {
            string name = Path.GetFileName(file);
            if (withNativeLibrary || !name.Contains("pmemstream_core", StringComparison.Ordinal))
            {
                File.Copy(file, Path.Combine(folder["tool"], name));
            }
        }

        return Path.Combine(folder["tool"], Path.GetFileName(Tool.Built.AssemblyPath));
    }
}
