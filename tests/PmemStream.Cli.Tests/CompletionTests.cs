using System.Diagnostics;

namespace PmemStream.Cli.Tests;

/// <summary>Completion for a shell.</summary>
public sealed class CompletionTests
{
    [Fact]
    public void Suggest_Region_NamesThoseOfTheStream()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10);
        Tool.Run("region", "create", folder.Stream, "two words", "--size", "64KiB").Ok();

        string[] lines = Suggest($"pmemstream region clear {folder.Stream} ");

        Assert.Contains("log", lines);
        Assert.Contains("two words", lines);
    }

    [Fact]
    public void Suggest_OptionsOfAppend_NamesThemAll()
    {
        string[] lines = Suggest("pmemstream append orders.pms orders --");

        Assert.All(["--whole", "--record-size", "--group", "--persist-every"], option => Assert.Contains(option, lines));
    }

    [Fact]
    public void Suggest_WithoutAStream_HasNoRegionsAndDoesNotFail()
    {
        using var folder = TestFolder.OnDisk();

        Assert.DoesNotContain("log", Suggest($"pmemstream read {folder["missing"]} "));
        Assert.Contains("region", Suggest("pmemstream re"));
    }

    [Fact]
    public void Completion_Bash_CompletesNamesAndQuotesThem()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "needs bash");
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10);
        Tool.Run("region", "create", folder.Stream, "two words", "--size", "64KiB").Ok();
        string script = $"""
            pmemstream() (exec '{Tool.Dotnet}' '{Tool.Built.AssemblyPath}' "$@")
            eval "$(pmemstream completion bash)"
            COMP_LINE="pmemstream read {folder.Stream} t"
            COMP_POINT=$(printf %s "$COMP_LINE" | wc -c)
            COMP_WORDS=(pmemstream read {folder.Stream} t)
            COMP_CWORD=3
            _pmemstream
            declare -p COMPREPLY
            """;

        ToolResult result = Tool.Finish(Tool.Redirected("/bin/bash", ["-c", script]), []);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("""COMPREPLY=([0]="two\\ words")""", result.Text, StringComparison.Ordinal);
    }

    private static string[] Suggest(string line) =>
        [.. Tool.Run($"[suggest:{line.Length}]", line).Ok().Lines.Select(text => text.TrimEnd('\r'))];
}
