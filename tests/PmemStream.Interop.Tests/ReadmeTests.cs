using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class ReadmeTests
{
    [Theory]
    [InlineData("sample")]
    [InlineData("sample: in place")]
    [InlineData("sample: async")]
    [InlineData("sample: rolling log")]
    [InlineData("sample: deferred")]
    [InlineData("sample: group")]
    public void Sample_OfTheReadme_IsTheCompiledOne(string name)
    {
        string[] readme = File.ReadAllLines(Path.Combine(Repository.Root, "README.md"));
        string[] source = File.ReadAllLines(
            Path.Combine(Repository.Root, "tests", "PmemStream.Interop.Tests", "ReadmeSample.cs"));
        int mark = Array.IndexOf(readme, $"<!-- {name} -->");
        Assert.True(mark >= 0 && readme[mark + 1] == "```csharp", $"README.md has no marked {name}.");
        Assert.Equal(
            Repository.Between(source, $"// <{name}>", $"// </{name}>"),
            Repository.Between(readme[(mark + 1)..], "```csharp", "```"));
    }

    [Fact]
    public async Task Sample_OfTheReadme_Runs()
    {
        using var folder = new TestFolder();
        await ReadmeSample.RunAsync(folder.Stream, TestContext.Current.CancellationToken);
    }

    // So that none is left unseen.
    [Fact]
    public void Samples_OfTheReadme_AreAllMarked()
    {
        string[] readme = File.ReadAllLines(Path.Combine(Repository.Root, "README.md"));
        Assert.Equal(
            readme.Count(line => line == "```csharp"),
            readme.Count(line => line.StartsWith("<!-- sample", StringComparison.Ordinal)));
    }
}
