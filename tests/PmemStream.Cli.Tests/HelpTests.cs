namespace PmemStream.Cli.Tests;

/// <summary><c>--help</c> and <c>--version</c>.</summary>
public sealed class HelpTests
{
    [Theory]
    [InlineData("create")]
    [InlineData("grow")]
    [InlineData("info")]
    [InlineData("region")]
    [InlineData("region create")]
    [InlineData("region list")]
    [InlineData("region clear")]
    [InlineData("region free")]
    [InlineData("append")]
    [InlineData("read")]
    [InlineData("watch")]
    [InlineData("check")]
    [InlineData("dump")]
    [InlineData("completion")]
    public void Help_OfACommand_ShowsAnExample(string command)
    {
        ToolResult result = Tool.Run([.. command.Split(' '), "--help"]).Ok();

        Assert.Contains("Usage:", result.Text, StringComparison.Ordinal);
        string examples = result.Text[result.Text.IndexOf("Examples:", StringComparison.Ordinal)..];
        Assert.Contains($"pmemstream {command} ", examples, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void Help_OfTheTool_ListsTheCommandsAndTheExitCodes()
    {
        ToolResult result = Tool.Run("--help").Ok();

        Assert.All(
            ["create", "grow", "info", "region", "append", "read", "watch", "check", "dump", "completion", "Examples:", "64KiB", "Exit codes:"],
            word => Assert.Contains(word, result.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Version_IsANumber() => Assert.Matches(@"^\d+\.\d+\.\d+", Tool.Run("--version").Ok().Text);
}
