using PmemStream.Bindings.Generator.Tests.Support;

namespace PmemStream.Bindings.Generator.Tests;

/// <summary>What ClangSharpPInvokeGenerator itself wrote, where that is at hand.</summary>
public sealed class SampleTests
{
    [Theory]
    [InlineData("sample")]
    [InlineData("shapes")]
    public void Generate_Sample_IsWhatClangSharpWrote(string name)
    {
        string expected = Path.Combine(Paths.Samples, name + ".g.cs");
        Assert.SkipUnless(File.Exists(expected), $"allowed: there is no '{expected}'");
        Clang.SkipWhereMissing();
        using var workplace = Workplace.CopyOf(Paths.Samples);

        workplace.Run($"@{name}.rsp").Ok();

        SameFile.Check(expected, workplace[name + ".g.cs"]);
    }
}
