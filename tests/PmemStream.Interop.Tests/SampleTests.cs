using System.Reflection;
using System.Text;
using PmemStream.Interop.Tests.Samples;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>
/// SAMPLES.md of the package: a sample for each public type, which is the text of a method here that is compiled and run.
/// PMS_WRITE_SAMPLES=1 writes the file anew.
/// </summary>
public sealed class SampleTests
{
    private static readonly Type[] Classes =
    [
        typeof(StreamSamples),
        typeof(EntrySamples),
        typeof(WaitingSamples),
        typeof(StreamFailureSamples),
        typeof(RegionFailureSamples),
    ];

    private const string Qualifier = "Interop.";

    public static TheoryData<string> Names => [.. Methods().Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Sample_OfEachType_Runs(string name)
    {
        using var folder = new TestFolder();
        if (Methods().Single(method => method.Name == name).Invoke(null, [folder.Stream]) is Task running)
        {
            await running;
        }
    }

    [Fact]
    public void Samples_OfAllPublicTypes_AreThere()
    {
        string[] types = [.. typeof(PersistentStream).Assembly.GetExportedTypes().Select(type => type.Name).Order()];
        Assert.True(types.Length > 40);
        Assert.Equal(types, Methods().Select(method => method.Name).Order());
    }

    [Fact]
    public void SamplesFile_Text_IsTheCompiledOne()
    {
        string file = Path.Combine(Repository.Root, "src", "PmemStream.Interop", "SAMPLES.md");
        string expected = Compose();
        if (Environment.GetEnvironmentVariable("PMS_WRITE_SAMPLES") == "1")
        {
            File.WriteAllText(file, expected);
        }

        Assert.Equal(expected, File.ReadAllText(file).ReplaceLineEndings("\n"));
    }

    private static IEnumerable<MethodInfo> Methods() =>
        Classes.SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly));

    private static string Compose()
    {
        var text = new StringBuilder();
        text.Append("# Samples\n\n");
        text.Append("One for each public type. Each is compiled and run by a test. `path` is that of a stream; in those that do not\n");
        text.Append("begin with opening one, `stream` and `region` are open, and `seen` keeps what was thrown.\n");
        foreach (Type type in Classes)
        {
            string source = Path.Combine(
                Repository.Root, "tests", "PmemStream.Interop.Tests", "Samples", $"{type.Name}.cs");
            string[] lines = File.ReadAllLines(source);
            foreach (MethodInfo method in Methods().Where(method => method.DeclaringType == type))
            {
                string sample = Repository.Between(lines, $"// <{method.Name}>", $"// </{method.Name}>");
                Assert.NotEqual("", sample);
                // The methods here are named as the types are, which therefore have the name of the namespace before them.
                // What is removed is made up for before a comment behind it.
                text.Append("\n## ").Append(method.Name).Append("\n\n```csharp\n");
                text.AppendJoin('\n', sample.Split('\n').Select(Unqualified));
                text.Append("\n```\n");
            }
        }

        return text.ToString();
    }

    private static string Unqualified(string line)
    {
        int comment = line.IndexOf(" //", StringComparison.Ordinal);
        string code = comment < 0 ? line : line[..comment];
        string plain = code.Replace(Qualifier, "", StringComparison.Ordinal);
        return comment < 0 ? plain : plain.PadRight(code.Length) + line[comment..];
    }
}
