using System.Reflection;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class ReadmeTests
{
    [Theory]
    [InlineData("sample")]
    [InlineData("sample: in place")]
    [InlineData("sample: rolling log")]
    [InlineData("sample: deferred")]
    [InlineData("sample: group")]
    public void Sample_OfTheReadme_IsTheCompiledOne(string name)
    {
        string[] readme = File.ReadAllLines(Path.Combine(Root, "README.md"));
        string[] source = File.ReadAllLines(
            Path.Combine(Root, "tests", "PmemStream.Interop.Tests", "ReadmeSample.cs"));
        int mark = Array.IndexOf(readme, $"<!-- {name} -->");
        Assert.True(mark >= 0 && readme[mark + 1] == "```csharp", $"README.md has no marked {name}.");
        Assert.Equal(
            Between(source, $"// <{name}>", $"// </{name}>"), Between(readme[(mark + 1)..], "```csharp", "```"));
    }

    [Fact]
    public void Sample_OfTheReadme_Runs()
    {
        using var folder = new TestFolder();
        ReadmeSample.Run(folder.Stream);
    }

    // So that none is left unseen.
    [Fact]
    public void Samples_OfTheReadme_AreAllMarked()
    {
        string[] readme = File.ReadAllLines(Path.Combine(Root, "README.md"));
        Assert.Equal(
            readme.Count(line => line == "```csharp"),
            readme.Count(line => line.StartsWith("<!-- sample", StringComparison.Ordinal)));
    }

    private static string Root => typeof(ReadmeTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "RepositoryRoot").Value!;

    // The lines between the two, without their common indentation and without empty ones at the end.
    private static string Between(string[] lines, string first, string last)
    {
        string[] inner = [.. lines
            .SkipWhile(line => line.Trim() != first)
            .Skip(1)
            .TakeWhile(line => line.Trim() != last)];
        int indent = inner.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', inner.Select(line => line.Length == 0 ? line : line[indent..])).TrimEnd();
    }
}
