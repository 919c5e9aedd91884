using PmemStream.Bindings.Generator.Tests.Support;

namespace PmemStream.Bindings.Generator.Tests;

/// <summary>Headers of our own: Cases/NAME.rsp has to become Cases/NAME.g.cs (or .g.txt), to the byte.</summary>
public sealed class CaseTests
{
    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Paths.Cases, "*.rsp").Select(file => Path.GetFileNameWithoutExtension(file)!).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Generate_Case_IsAsExpected(string name)
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.CopyOf(Paths.Cases);

        workplace.Run($"@{name}.rsp").Ok();

        string expected = Path.Combine(Paths.Cases, name + ".g.cs");
        if (!File.Exists(expected))
            expected = Path.ChangeExtension(expected, ".txt");
        SameFile.Check(expected, workplace[name + ".g.cs"]);
    }
}
