namespace PmemStream.Bindings.Generator.Tests.Support;

/// <summary>What a run of the generator left.</summary>
internal sealed record GeneratorResult(int ExitCode, string Output, string Error)
{
    /// <summary>The run worked, and had nothing to say.</summary>
    public GeneratorResult Ok()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}, standard error: {Error}");
        Assert.Equal("", Output);
        Assert.Equal("", Error);
        return this;
    }

    /// <summary>The run failed, and said why in exactly one line.</summary>
    public GeneratorResult Failed(params string[] words)
    {
        Assert.True(ExitCode != 0, "exit code 0");
        Assert.StartsWith("error: ", Error, StringComparison.Ordinal);
        Assert.EndsWith("\n", Error, StringComparison.Ordinal);
        Assert.Single(Error.TrimEnd('\n').Split('\n'));
        Assert.All(words, word => Assert.Contains(word, Error, StringComparison.Ordinal));
        Assert.Equal("", Output);
        return this;
    }
}
