using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Declarations;

/// <summary>
/// Puts array parameters back into the type of a typedef. The spelling of a function type shows them decayed to
/// pointers; the type tree that the AST has under a typedef still knows what they were.
/// </summary>
internal static class DecayedParameters
{
    public static CType Restore(TypeScope scope, CType type, AstNode typedef, string where)
    {
        AstNode? tree = typedef.Children.Find(child => child.Kind.EndsWith("Type", StringComparison.Ordinal));
        return tree is null ? type : Restore(scope, type, tree, where, depth: 0);
    }

    private static CType Restore(TypeScope scope, CType type, AstNode tree, string where, int depth)
    {
        AstNode node = tree;
        while (node.Kind is "ParenType" or "QualType" && node.Children.Count == 1)
            node = node.Children[0];

        return (type, node.Kind) switch
        {
            (PointerType pointer, "PointerType") when node.Children.Count == 1 =>
                new PointerType(Restore(scope, pointer.Pointee, node.Children[0], where, depth + 1))
                {
                    Qualifiers = pointer.Qualifiers,
                },
            (FunctionType function, "FunctionProtoType") when node.Children.Count == function.Parameters.Count + 1 =>
                new FunctionType(
                    function.Result,
                    [.. function.Parameters.Select((p, i) => RestoreParameter(scope, p, node.Children[i + 1], where))],
                    function.HasPrototype,
                    function.IsVariadic),
            _ => type,
        };
    }

    private static CType RestoreParameter(TypeScope scope, CType parameter, AstNode node, string where) =>
        node is { Kind: "DecayedType", Children: [AstNode original, ..] }
            ? TypeParser.Parse(scope, original.WrittenType, where)
            : parameter;
}
