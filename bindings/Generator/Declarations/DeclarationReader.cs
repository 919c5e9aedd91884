using System.Globalization;
using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Declarations;

/// <summary>
/// Makes declarations of AST nodes. Everything is read, because any type may be needed; only what is traversed is
/// checked for constructs that are not supported.
/// </summary>
internal sealed class DeclarationReader
{
    private readonly TranslationUnit _unit = new();
    private readonly Dictionary<string, TagDeclaration> _tagsById = [];
    private readonly HashSet<string> _functionsWithBody = [];
    private readonly Predicate<string> _isTraversed;
    private readonly Predicate<string> _isExcluded;
    private readonly SourceFiles _sources;
    private readonly FunctionReader _functions;

    private DeclarationReader(
        Predicate<string> isTraversed, Predicate<string> isExcluded, SourceFiles sources, Lazy<string> printedAst)
    {
        _isTraversed = isTraversed;
        _isExcluded = isExcluded;
        _sources = sources;
        _functions = new FunctionReader(_unit.Scope, sources, printedAst);
    }

    public static TranslationUnit Read(
        AstNode root,
        Predicate<string> isTraversed,
        Predicate<string> isExcluded,
        SourceFiles sources,
        Lazy<string> printedAst)
    {
        DeclarationReader reader = new(isTraversed, isExcluded, sources, printedAst);
        foreach (AstNode node in root.Children.Where(HasBody))
            reader._functionsWithBody.Add(node.Name);
        foreach (AstNode node in root.Children)
            reader.ReadTopLevel(node);
        return reader._unit;
    }

    private bool IsTraversed(AstNode node) => _isTraversed(node.Location.Expansion.File);

    private bool IsChecked(AstNode node, RecordDeclaration? writtenIn)
    {
        for (RecordDeclaration? record = writtenIn; record is not null; record = record.WrittenIn)
        {
            if (_isExcluded(record.Name))
                return false;
        }

        return IsTraversed(node) && !_isExcluded(node.Name);
    }

    private void ReadTopLevel(AstNode node)
    {
        switch (node.Kind)
        {
            case "TypedefDecl":
                ReadTypedef(node);
                break;
            case "RecordDecl":
                Add(ReadRecord(node, writtenIn: null));
                break;
            case "EnumDecl":
                Add(ReadEnum(node, writtenIn: null));
                break;
            case "FunctionDecl":
                ReadFunction(node);
                break;
            case "VarDecl":
                ReadVariable(node);
                break;
            case "StaticAssertDecl" or "EmptyDecl":
                break;
            default:
                if (IsTraversed(node))
                    throw GeneratorException.Unsupported(Where(node), $"a declaration of the kind {node.Kind}");
                break;
        }
    }

    private void Add(Declaration declaration)
    {
        declaration.IsTraversed = IsTraversed(declaration.Node);
        _unit.Declarations.Add(declaration);
    }

    private void ReadTypedef(AstNode node)
    {
        string where = Where(node);
        Lazy<CType> underlying = new(() => DecayedParameters.Restore(
            _unit.Scope, TypeParser.Parse(_unit.Scope, node.WrittenType, where), node, where));
        TypedefDeclaration typedef = new(node, underlying);

        AstNode? type = node.Children.Find(child => child.Kind is "ElaboratedType");
        if (type?.Reference("ownedTagDecl") is { } owned &&
            _tagsById.TryGetValue(owned.Id, out TagDeclaration? tag) && tag.IsAnonymous)
        {
            // Only the first typedef names the type, and only where it names the type itself.
            tag.NameByTypedef(typedef);
            typedef.NamedTag = tag;
        }

        _unit.Scope.Add(typedef);
    }

    private RecordDeclaration ReadRecord(AstNode node, RecordDeclaration? writtenIn)
    {
        RecordDeclaration record = new(node, node.Text("tagUsed") ?? "struct") { WrittenIn = writtenIn };
        Register(record);
        if (node.FirstChild("PackedAttr") is not null)
            record.PackAlignment = 1;

        for (int i = 0; i < node.Children.Count; i++)
        {
            AstNode child = node.Children[i];
            switch (child.Kind)
            {
                case "RecordDecl":
                    RecordDeclaration nested = ReadRecord(child, record);
                    nested.IsAnonymousMember = child.Name.Length == 0 && IsAnonymousField(node.Children, i + 1);
                    record.NestedTypes.Add(nested);
                    break;
                case "EnumDecl":
                    record.NestedTypes.Add(ReadEnum(child, record));
                    break;
                case "FieldDecl":
                    record.Fields.Add(ReadField(child, record));
                    break;
            }
        }

        AddIndirectFields(record);
        _unit.Records.Add(record);
        return record;
    }

    // The AST puts the field of an anonymous struct or union right behind it.
    private static bool IsAnonymousField(List<AstNode> siblings, int index) =>
        index < siblings.Count && siblings[index] is { Kind: "FieldDecl", Name: "" } field && field.Has("isImplicit");

    private static void AddIndirectFields(RecordDeclaration record)
    {
        foreach (RecordDeclaration nested in record.AnonymousMembers)
        {
            foreach (FieldDeclaration field in FlattenedFields(nested))
                record.IndirectFields.Add(new IndirectField(field));
        }
    }

    private static IEnumerable<FieldDeclaration> FlattenedFields(RecordDeclaration record)
    {
        Queue<RecordDeclaration> anonymous = new(record.AnonymousMembers);
        foreach (FieldDeclaration field in record.Fields)
        {
            if (!field.IsAnonymous)
            {
                yield return field;
            }
            else if (anonymous.TryDequeue(out RecordDeclaration? nested))
            {
                foreach (FieldDeclaration inner in FlattenedFields(nested))
                    yield return inner;
            }
        }
    }

    private FieldDeclaration ReadField(AstNode node, RecordDeclaration record)
    {
        string where = Where(node);
        if (node.Has("isBitfield") && IsChecked(node, record))
            throw GeneratorException.Unsupported(where, $"the bit-field '{node.Name}'");
        if (node.FirstChild("PackedAttr") is not null && IsChecked(node, record))
            throw GeneratorException.Unsupported(where, $"packing of the single field '{node.Name}'");

        Lazy<CType> type = new(() =>
        {
            CType parsed = TypeParser.Parse(_unit.Scope, node.WrittenType, where);
            _functions.CheckForLostArrays(node, parsed, where);
            return parsed;
        });
        return new FieldDeclaration(node, record, type);
    }

    private EnumDeclaration ReadEnum(AstNode node, RecordDeclaration? writtenIn)
    {
        EnumDeclaration declaration = new(node) { WrittenIn = writtenIn };
        Register(declaration);
        if (node.FirstChild("PackedAttr") is not null && IsChecked(node, writtenIn))
            throw GeneratorException.Unsupported(Where(node), "a packed enum");

        Int128 next = 0;
        foreach (AstNode child in node.Children.Where(child => child.Kind == "EnumConstantDecl"))
        {
            string? constant = ConstantValue(child);
            Int128 value = constant is null ? next : Int128.Parse(constant, CultureInfo.InvariantCulture);
            EnumeratorDeclaration enumerator = new(child, declaration, value);
            declaration.Enumerators.Add(enumerator);
            _unit.EnumeratorsById[child.Id] = enumerator;
            next = value + 1;
        }

        return declaration;
    }

    // The conversion to the type of the enum stands around the constant.
    private static string? ConstantValue(AstNode enumerator)
    {
        AstNode? at = enumerator.Children.Find(child => !child.Kind.EndsWith("Attr", StringComparison.Ordinal));
        while (at is { Kind: "ImplicitCastExpr", ConstantValue: null })
            at = at.Children.FirstOrDefault();
        return at?.ConstantValue;
    }

    private void Register(TagDeclaration tag)
    {
        _tagsById[tag.Node.Id] = tag;
        _unit.Scope.Add(tag);
    }

    private void ReadFunction(AstNode node)
    {
        if (node.Has("isImplicit"))
            _unit.ImplicitFunctionIds.Add(node.Id);

        // A prototype of a function that the compiler knows is left out, as is one whose body comes along.
        bool isLeftOut = !IsChecked(node, writtenIn: null) || node.FirstChild("BuiltinAttr") is not null;
        if (!isLeftOut)
            Add(_functions.Read(node, _functionsWithBody.Contains(node.Name)));
    }

    private void ReadVariable(AstNode node)
    {
        string where = Where(node);
        VariableDeclaration variable =
            new(node, new Lazy<CType>(() => TypeParser.Parse(_unit.Scope, node.WrittenType, where)));
        _unit.VariablesById[node.Id] = variable;
        Add(variable);
    }

    private static bool HasBody(AstNode node) =>
        node.Kind == "FunctionDecl" && node.FirstChild("CompoundStmt") is not null;

    private string Where(AstNode node) => _sources.Describe(node.Location.Expansion);
}
