using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Expressions;

/// <summary>Tells what can be a "const" of C#; the rest becomes "static readonly".</summary>
internal sealed class ConstantRules(ExpressionContext expressions, Evaluator evaluator, ManagedLayout layout)
{
    public bool IsConstant(string target, AstNode node)
    {
        // C# does not know how wide a pointer is, and takes no more than 32 bits for a constant of such a type.
        ConstantValue value = evaluator.Evaluate(node);
        if (target is "nuint" or "UIntPtr" && value.IsInteger && value.AsUnsigned > uint.MaxValue)
            return false;
        if (target is "nint" or "IntPtr" && value.IsInteger && value.AsSigned is < int.MinValue or > int.MaxValue)
            return false;
        if (CTypes.Is<PointerType>(expressions.TypeOf(node)))
            return false;

        return node.Kind switch
        {
            "BinaryOperator" => IsConstant(target, node.Children[0]) && IsConstant(target, node.Children[1]),
            "CStyleCastExpr" or "ImplicitCastExpr" => IsConstant(target, ExpressionShape.CastOperand(node)),
            "ParenExpr" => IsConstant(target, ExpressionShape.Operand(node)),
            "DeclRefExpr" => IsConstantReference(target, node),
            "UnaryExprOrTypeTraitExpr" => node.Name == "sizeof" &&
                layout.Of(expressions.ArgumentTypeOf(node)).IsFixed,
            "UnaryOperator" => IsConstant(target, ExpressionShape.Operand(node)) &&
                (node.Text("opcode") != "-" || target is not ("nint" or "nuint" or "IntPtr" or "UIntPtr")),
            "IntegerLiteral" or "FloatingLiteral" or "CharacterLiteral" or "StringLiteral" => true,
            _ => false,
        };
    }

    private bool IsConstantReference(string target, AstNode node)
    {
        if (expressions.Enumerator(node) is not null)
            return true;
        return expressions.Variable(node)?.Initializer is { } initializer && IsConstant(target, initializer);
    }
}
