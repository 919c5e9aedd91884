namespace PmemStream.Cli.Tests;

/// <summary>The demo as a user runs it, and the proof that it would notice a loss.</summary>
public sealed class DemoTests
{
    [Fact]
    public void Demo_KilledWriter_FindsEveryAcknowledgedLine()
    {
        using var folder = TestFolder.OnDisk();
        string input = WriteInput(folder, 2_000);

        ToolResult result = Run(folder, input);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("every acknowledged line", result.Text, StringComparison.Ordinal);
        Assert.Contains("no errors in 2,001 entries", result.Text, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.Stream));
    }

    [Fact]
    public void Demo_DamagedAcknowledgedLine_Fails()
    {
        using var folder = TestFolder.InMemory();
        string input = WriteInput(folder, 2_000);

        Failed(Run(folder, input, "--sabotage"), "damaged");

        Assert.False(File.Exists(folder.Stream));
    }

    [Fact]
    public void Demo_SomebodysFileIsThere_FailsAndLeavesIt()
    {
        using var folder = TestFolder.OnDisk();
        string input = WriteInput(folder, 10);
        File.WriteAllText(folder.Stream, "precious");

        Failed(Run(folder, input), folder.Stream);

        Assert.Equal("precious", File.ReadAllText(folder.Stream));
    }

    [Fact]
    public void Demo_StreamOfAKilledDemoIsThere_ReplacesIt()
    {
        using var folder = TestFolder.InMemory();
        string input = WriteInput(folder, 100);
        Tool.Run("create", folder.Stream, "--size", "2MiB").Ok();
        Tool.Run("region", "create", folder.Stream, "pmemstream-demo", "--size", "64KiB").Ok();

        ToolResult result = Run(folder, input);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.False(File.Exists(folder.Stream));
    }

    [Fact]
    public void Demo_MissingInput_Fails()
    {
        using var folder = TestFolder.OnDisk();

        Failed(Run(folder, folder["missing.txt"]), folder["missing.txt"]);
    }

    private static string WriteInput(TestFolder folder, int lines)
    {
        string text = string.Concat(Enumerable.Range(1, lines).Select(line => $"line {line} of the input\r\n"));
        File.WriteAllText(folder["input.txt"], text + "the last line has no end");
        return folder["input.txt"];
    }

    private static ToolResult Run(TestFolder folder, params string[] args) =>
        Tool.Demo.RunWith([], args, ("PMEMSTREAM_PATH", folder.Stream));

    private static void Failed(ToolResult result, string word)
    {
        Assert.Equal(1, result.ExitCode);
        string line = Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("demo: FAILED: ", line, StringComparison.Ordinal);
        Assert.Contains(word, result.Error, StringComparison.Ordinal);
    }
}
