using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Expressions;

/// <summary>What it takes to understand the expressions of one translation unit.</summary>
internal sealed class ExpressionContext(TranslationUnit unit, SourceFiles sources, MacroProbe? probe)
{
    private readonly Dictionary<AstNode, CType> _types = [];

    public TranslationUnit Unit { get; } = unit;

    public MacroProbe? Probe { get; } = probe;

    /// <summary>The type of an expression.</summary>
    public CType TypeOf(AstNode expression)
    {
        if (!_types.TryGetValue(expression, out CType? type))
        {
            type = TypeParser.Parse(Unit.Scope, expression.WrittenType, Where(expression));
            _types.Add(expression, type);
        }

        return type;
    }

    /// <summary>The type that sizeof or _Alignof asks about.</summary>
    public CType ArgumentTypeOf(AstNode trait)
    {
        string? written = trait.TypeText("argType", "qualType");
        if (written is not null)
            return TypeParser.Parse(Unit.Scope, written, Where(trait));
        if (trait.Children is [AstNode operand])
            return TypeOf(ExpressionShape.WithoutParens(operand));
        throw GeneratorException.Unsupported(Where(trait), "this form of " + trait.Name);
    }

    public EnumeratorDeclaration? Enumerator(AstNode reference) =>
        reference.Reference("referencedDecl") is { Kind: "EnumConstantDecl" } declaration
            ? Unit.EnumeratorsById.GetValueOrDefault(declaration.Id)
            : null;

    public VariableDeclaration? Variable(AstNode reference) =>
        reference.Reference("referencedDecl") is { Kind: "VarDecl" } declaration
            ? Unit.VariablesById.GetValueOrDefault(declaration.Id)
            : null;

    /// <summary>True for a call of what nothing declares: text that only looks like an expression.</summary>
    public bool CallsUndeclared(AstNode node) =>
        (node.Reference("referencedDecl") is { } reference && Unit.ImplicitFunctionIds.Contains(reference.Id)) ||
        node.Children.Exists(CallsUndeclared);

    /// <summary>A number as the source has it, also where a macro brought it in.</summary>
    public string LiteralText(AstNode literal, ExpressionRoot root)
    {
        string? written = sources.Token(literal.Begin.Spelling);
        return (written ?? ExpandedText(literal, root) ?? LiteralFacts.CanonicalText(literal)).Trim('\\', '\r', '\n');
    }

    public string Where(AstNode node) => sources.Describe(node.Begin.Expansion);

    // Pasted numbers stand in no file. Their order is that of the numbers in the expanded text.
    private string? ExpandedText(AstNode literal, ExpressionRoot root)
    {
        if (Probe is null || !root.IsMacro || root.Initializer is null)
            return null;

        List<AstNode> literals = [.. ExpressionShape.NumbersIn(root.Initializer)];
        IReadOnlyList<string> texts = Probe.ExpandedNumbers(root.Name);
        int index = literals.IndexOf(literal);
        return index >= 0 && texts.Count == literals.Count ? texts[index] : null;
    }
}

/// <summary>The declaration whose value is being written.</summary>
internal sealed record ExpressionRoot
{
    /// <summary>The name of the macro, the variable or the enumerator.</summary>
    public required string Name { get; init; }

    /// <summary>The C# type of the value.</summary>
    public required string TypeName { get; init; }

    /// <summary>The C type of the variable; null for an enumerator.</summary>
    public CType? VariableType { get; init; }

    /// <summary>The enum of the enumerator; null for a variable.</summary>
    public EnumDeclaration? Enum { get; init; }

    public AstNode? Initializer { get; init; }

    /// <summary>True where a macro stands behind the variable.</summary>
    public bool IsMacro { get; init; }

    /// <summary>True for a "byte[]" made of text.</summary>
    public bool IsByteArray { get; init; }

    public bool IsVariable => Enum is null;
}
