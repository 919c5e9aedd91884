using PmemStream.Bindings.Generator.Clang;

namespace PmemStream.Bindings.Generator.Expressions;

/// <summary>Looks through what the compiler adds to an expression.</summary>
internal static class ExpressionShape
{
    public static AstNode Operand(AstNode node) =>
        node.Children.Count != 0
            ? node.Children[0]
            : throw new GeneratorException($"clang printed a '{node.Kind}' without an operand");

    /// <summary>What a cast is applied to, without the casts that the compiler put in between.</summary>
    public static AstNode CastOperand(AstNode cast) => AsWritten(Operand(cast), removeParens: false);

    /// <summary>The expression without implicit casts around it, and without parentheses if asked for.</summary>
    public static AstNode AsWritten(AstNode node, bool removeParens)
    {
        AstNode at = node;
        while (at.Kind == "ImplicitCastExpr" || (removeParens && at.Kind == "ParenExpr"))
            at = Operand(at);
        return at;
    }

    public static AstNode WithoutParens(AstNode node)
    {
        AstNode at = node;
        while (at.Kind == "ParenExpr")
            at = Operand(at);
        return at;
    }

    /// <summary>The numbers in an expression, in the order of the source.</summary>
    public static IEnumerable<AstNode> NumbersIn(AstNode node)
    {
        if (node.Kind is "IntegerLiteral" or "FloatingLiteral")
            yield return node;
        foreach (AstNode number in node.Children.SelectMany(NumbersIn))
            yield return number;
    }

    /// <summary>True where clang could make no sense of a part of the expression.</summary>
    public static bool ContainsErrors(AstNode node) =>
        node.Kind is "RecoveryExpr" || node.Has("containsErrors") || node.Children.Exists(ContainsErrors);
}
