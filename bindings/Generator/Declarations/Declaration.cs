using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Declarations;

/// <summary>A declaration of a header.</summary>
internal abstract class Declaration(AstNode node)
{
    public AstNode Node { get; } = node;

    public string Name { get; protected set; } = node.Name;

    /// <summary>The file that the declaration stands in; empty for what the compiler brings along.</summary>
    public string File => Node.Location.Expansion.File;

    public bool IsTraversed { get; set; }

    /// <summary>The attribute that calls the declaration deprecated, or null.</summary>
    public virtual AstNode? Deprecation => Node.FirstChild("DeprecatedAttr");

    /// <summary>"file.h:12", for messages.</summary>
    public string Where => $"{File}:{Node.Location.Expansion.Line}";
}

internal sealed class TypedefDeclaration(AstNode node, Lazy<CType> underlying) : Declaration(node)
{
    public CType Underlying => underlying.Value;

    /// <summary>The struct, union or enum without a name of its own that this typedef names.</summary>
    public TagDeclaration? NamedTag { get; set; }
}

internal abstract class TagDeclaration : Declaration
{
    private TypedefDeclaration? _namingTypedef;

    protected TagDeclaration(AstNode node, string keyword)
        : base(node)
    {
        Keyword = keyword;
        TagName = node.Name;
        SourcePosition position = node.Location.Expansion;
        Position = position.IsValid ? $"{position.File}:{position.Line}:{position.Column}" : "";
        Type = new TagType(this);
    }

    /// <summary>"struct", "union" or "enum".</summary>
    public string Keyword { get; }

    /// <summary>The name after the keyword; empty where there is none.</summary>
    public string TagName { get; }

    /// <summary>"file.h:3:5", as clang spells a type that has no name.</summary>
    public string Position { get; }

    public TagType Type { get; }

    public bool IsNamedByTypedef => _namingTypedef is not null;

    /// <summary>True where neither a tag nor a typedef names it.</summary>
    public bool IsAnonymous => Name.Length == 0;

    public abstract bool IsDefinition { get; }

    /// <summary>The struct or union that the declaration is written in.</summary>
    public RecordDeclaration? WrittenIn { get; set; }

    /// <summary>
    /// The struct or union that the type belongs to. C moves a named type out to file scope, wherever it is written.
    /// </summary>
    public RecordDeclaration? Parent => TagName.Length == 0 ? WrittenIn : null;

    /// <summary>A struct that a typedef names is as deprecated as the typedef.</summary>
    public override AstNode? Deprecation =>
        base.Deprecation ?? (this is RecordDeclaration ? _namingTypedef?.Deprecation : null);

    public void NameByTypedef(TypedefDeclaration typedef)
    {
        Name = typedef.Name;
        _namingTypedef = typedef;
    }
}

internal sealed class FieldDeclaration(AstNode node, RecordDeclaration parent, Lazy<CType> type) : Declaration(node)
{
    public RecordDeclaration Parent { get; } = parent;

    public CType Type => type.Value;

    /// <summary>A field of a deprecated type is deprecated as well.</summary>
    public override AstNode? Deprecation => base.Deprecation ??
        (Type is ElaboratedType { Named: TypedefType typedef } ? typedef.Declaration.Deprecation : null);

    /// <summary>True for the field that stands for an anonymous struct or union.</summary>
    public bool IsAnonymous => Node.Name.Length == 0;
}

/// <summary>A field of an anonymous struct or union, seen from a struct around it.</summary>
internal sealed record IndirectField(FieldDeclaration Field);

internal sealed class RecordDeclaration(AstNode node, string keyword) : TagDeclaration(node, keyword)
{
    public bool IsUnion => Keyword == "union";

    public override bool IsDefinition => Node.Has("completeDefinition");

    public List<FieldDeclaration> Fields { get; } = [];

    public List<IndirectField> IndirectFields { get; } = [];

    /// <summary>The types that are written inside, in order.</summary>
    public List<TagDeclaration> NestedTypes { get; } = [];

    /// <summary>True for "struct { ... };" inside another one: no name, and no field that uses it.</summary>
    public bool IsAnonymousMember { get; set; }

    public IEnumerable<RecordDeclaration> AnonymousMembers =>
        NestedTypes.OfType<RecordDeclaration>().Where(record => record.IsAnonymousMember);

    /// <summary>The bound that packing sets to the alignment of each field; 0 for none.</summary>
    public int PackAlignment { get; set; }

    /// <summary>True where a pragma packs the record: its bound has to be asked from clang.</summary>
    public bool IsPackedByPragma => Node.FirstChild("MaxFieldAlignmentAttr") is not null;

    public bool HasAlignmentAttribute =>
        Node.FirstChild("AlignedAttr") is not null ||
        Fields.Exists(f => f.Node.FirstChild("AlignedAttr") is not null);
}

internal sealed class EnumDeclaration(AstNode node) : TagDeclaration(node, "enum")
{
    public override bool IsDefinition => true;

    public List<EnumeratorDeclaration> Enumerators { get; } = [];

    /// <summary>
    /// The type behind it. The AST does not tell: clang takes the first of int, unsigned int, long and unsigned long
    /// that holds every value, and an unsigned one unless some value is negative.
    /// </summary>
    public BuiltinKind IntegerKind
    {
        get
        {
            if (Enumerators.Exists(e => e.Value < 0))
            {
                return Enumerators.TrueForAll(e => e.Value >= int.MinValue && e.Value <= int.MaxValue)
                    ? BuiltinKind.Int
                    : BuiltinKind.Long;
            }

            return Enumerators.TrueForAll(e => e.Value <= uint.MaxValue)
                ? BuiltinKind.UnsignedInt
                : BuiltinKind.UnsignedLong;
        }
    }
}

internal sealed class EnumeratorDeclaration(AstNode node, EnumDeclaration parent, Int128 value) : Declaration(node)
{
    public EnumDeclaration Parent { get; } = parent;

    public Int128 Value { get; } = value;

    public AstNode? Initializer { get; } =
        node.Children.Find(child => !child.Kind.EndsWith("Attr", StringComparison.Ordinal));
}

internal sealed record ParameterDeclaration(AstNode Node, CType Type)
{
    public string Name => Node.Name;
}

internal sealed class FunctionDeclaration(AstNode node, FunctionType type, List<ParameterDeclaration> parameters)
    : Declaration(node)
{
    public CType Result => type.Result;

    public IReadOnlyList<ParameterDeclaration> Parameters { get; } = parameters;
}

internal sealed class VariableDeclaration(AstNode node, Lazy<CType> type) : Declaration(node)
{
    public CType Type => type.Value;

    public AstNode? Initializer { get; } =
        node.Has("init") ? node.Children.Find(child => !child.Kind.EndsWith("Attr", StringComparison.Ordinal)) : null;
}

/// <summary>What a header declares, in order, with what it includes.</summary>
internal sealed class TranslationUnit
{
    public TypeScope Scope { get; } = new();

    /// <summary>The declarations at file scope that may be generated.</summary>
    public List<Declaration> Declarations { get; } = [];

    /// <summary>All structs and unions, also those inside others, in the order in which they are complete.</summary>
    public List<RecordDeclaration> Records { get; } = [];

    public Dictionary<string, EnumeratorDeclaration> EnumeratorsById { get; } = [];

    public Dictionary<string, VariableDeclaration> VariablesById { get; } = [];

    /// <summary>Functions that are called without having been declared.</summary>
    public HashSet<string> ImplicitFunctionIds { get; } = [];
}
