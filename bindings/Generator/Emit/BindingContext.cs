using System.Text;
using System.Text.RegularExpressions;
using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Options;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>What the emitters share: options, names, sources and the output so far.</summary>
internal sealed partial class BindingContext
{
    private readonly List<OutputBuilder> _builders = [];

    public BindingContext(GeneratorOptions options, SourceFiles sources)
    {
        Options = options;
        Sources = sources;
        Records = new RecordNames(options);
        Types = new TypeNames(options, Records);
    }

    public GeneratorOptions Options { get; }

    public SourceFiles Sources { get; }

    public RecordNames Records { get; }

    public TypeNames Types { get; }

    public IReadOnlyList<OutputBuilder> Builders => _builders;

    /// <summary>True once a constant or a function of the method class needs an unsafe context.</summary>
    public bool IsMethodClassUnsafe { get; set; }

    /// <summary>Begins a member of the class that holds functions and constants.</summary>
    public OutputBuilder BeginMethodClassMember() => Begin(Options.MethodClassName);

    public bool IsMethodClass(OutputBuilder output) => output.Name == Options.MethodClassName;

    /// <summary>The builder of a type: a new one, or the one that has been begun, after a blank line.</summary>
    public OutputBuilder Begin(string name)
    {
        OutputBuilder? builder = _builders.Find(b => b.Name == name);
        if (builder is null)
        {
            builder = new OutputBuilder(name);
            _builders.Add(builder);
        }
        else
        {
            builder.NeedsNewline = true;
        }

        return builder;
    }

    /// <summary>The visibility of a declaration; a star is meant for types (<paramref name="includeStar"/>).</summary>
    public string Access(string name, bool includeStar) =>
        AccessText(Options.FindAccessSpecifier(name, includeStar));

    // Whatever is not private is seen by the assembly, and nothing here can be derived from.
    public static string AccessText(AccessSpecifier specifier) => specifier switch
    {
        AccessSpecifier.Internal or AccessSpecifier.PrivateProtected => "internal",
        AccessSpecifier.Private => "private",
        _ => "public",
    };

    public bool IsExcluded(Declaration declaration) =>
        declaration.Name.Length != 0 && Options.Excluded.Contains(declaration.Name);

    /// <summary>[Obsolete] for what C calls deprecated, with the message of the attribute.</summary>
    public void WriteObsolete(OutputBuilder output, AstNode? attribute)
    {
        if (attribute is null)
            return;

        string source = Sources.Text(attribute.Begin, attribute.End);
        StringBuilder message = new();
        foreach (Match literal in StringLiteral().Matches(source))
            message.Append(literal.Groups["text"].Value);

        output.Usings.Add("System");
        output.WriteAttribute(message.Length == 0 ? "Obsolete" : $"Obsolete(\"{message}\")");
    }

    [GeneratedRegex("""
        "(?<text>(?:\\.|[^"\\])*)"
        """)]
    private static partial Regex StringLiteral();
}
