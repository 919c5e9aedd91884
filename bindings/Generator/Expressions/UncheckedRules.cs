using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Emit;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Expressions;

/// <summary>
/// Tells which expressions C# would refuse in a checked context: constants are checked there, while C wraps around.
/// </summary>
internal sealed class UncheckedRules(
    TypeNames types, ExpressionContext expressions, Evaluator evaluator, ManagedLayout layout)
{
    /// <summary>True where the expression has to stand in "unchecked(...)" to become a value of the type.</summary>
    public bool IsUnchecked(string target, AstNode node, ExpressionRoot root)
    {
        switch (node.Kind)
        {
            case "ParenExpr":
                return IsUnchecked(target, ExpressionShape.Operand(node), root) || IsValueOutside(target, node);
            case "BinaryOperator":
                return IsUnchecked(target, node.Children[0], root) ||
                    IsUnchecked(target, node.Children[1], root) ||
                    IsValueOutside(target, node) ||
                    Overflows(node);
            case "CStyleCastExpr":
                return IsUnchecked(target, ExpressionShape.CastOperand(node), root) ||
                    IsValueOutside(target, node) ||
                    IsUnsigned(target) != IsUnsigned(NameOfTypeOf(node));
            case "ImplicitCastExpr":
                return IsUnchecked(target, ExpressionShape.CastOperand(node), root) || IsValueOutside(target, node);
            case "DeclRefExpr":
                return expressions.Variable(node)?.Initializer is { } initializer &&
                    IsUnchecked(target, initializer, root);
            case "IntegerLiteral":
                return IsLiteralUnchecked(target, node, root);
            case "UnaryExprOrTypeTraitExpr":
                return IsTraitUnchecked(target, node, root);
            case "UnaryOperator":
                return IsUnaryUnchecked(target, node, root);
            default:
                return false;
        }
    }

    public static bool IsUnsigned(string typeName) =>
        typeName is "byte" or "ushort" or "uint" or "ulong" or "nuint" or "char" or "UInt16" or "UIntPtr" ||
        typeName.EndsWith('*');

    // Only a variable narrows a literal to the width of a pointer; an enum has another type behind it.
    private bool IsLiteralUnchecked(string target, AstNode node, ExpressionRoot root)
    {
        if (!root.IsVariable && (target is "nint" or "nuint"))
            return false;
        bool isHex = expressions.LiteralText(node, root).StartsWith("0x", StringComparison.Ordinal);
        return IsOutside(target, LiteralFacts.SignedValue(node), isHex);
    }

    private bool IsUnaryUnchecked(string target, AstNode node, ExpressionRoot root)
    {
        AstNode operand = ExpressionShape.Operand(node);
        if (IsUnchecked(target, operand, root) || IsValueOutside(target, node))
            return true;

        return node.Text("opcode") switch
        {
            "-" => IsUnsigned(target),
            "~" => IsUnsigned(target) != IsUnsigned(NameOfTypeOf(operand)),
            _ => false,
        };
    }

    // sizeof is an int in C#, of a value that its compiler may not know.
    private bool IsTraitUnchecked(string target, AstNode node, ExpressionRoot root)
    {
        bool isNarrowOrUnsigned = target is
            "bool" or "byte" or "char" or "ushort" or "uint" or "nuint" or "sbyte" or "short";
        if (node.Name != "sizeof" || !isNarrowOrUnsigned)
            return false;
        return !root.IsVariable || !layout.Of(expressions.ArgumentTypeOf(node)).IsFixed;
    }

    private bool IsValueOutside(string target, AstNode node)
    {
        ConstantValue value = evaluator.Evaluate(node);
        return value.IsInteger && IsOutside(target, value.AsSigned, isHex: false);
    }

    // Nothing is outside of uint and ulong, which are as wide as their literals. A type as wide as a pointer has the
    // 32 bits that it has everywhere. A hexadecimal number of C may be negative by its bits, which one of C# never is.
    private static bool IsOutside(string target, long value, bool isHex)
    {
        ulong bits = unchecked((ulong)value);
        return target switch
        {
            "byte" => bits > byte.MaxValue,
            "char" or "ushort" or "UInt16" => bits > ushort.MaxValue,
            "nuint" or "UIntPtr" => bits > uint.MaxValue,
            "sbyte" => value is < sbyte.MinValue or > sbyte.MaxValue || (value < 0 && isHex),
            "short" => value is < short.MinValue or > short.MaxValue || (value < 0 && isHex),
            "int" or "nint" or "IntPtr" => value is < int.MinValue or > int.MaxValue || (value < 0 && isHex),
            "long" => value < 0 && isHex,
            _ => false,
        };
    }

    private bool Overflows(AstNode node)
    {
        if (OperandOf(node.Children[0]) is not { } left || OperandOf(node.Children[1]) is not { } right)
            return false;

        bool isUnsigned = IsUnsigned(NameOfTypeOf(node));
        return unchecked((node.Text("opcode"), isUnsigned) switch
        {
            ("+", true) => (ulong)left + (ulong)right < (ulong)left,
            ("+", false) => left + right < left,
            ("-", true) => (ulong)left - (ulong)right > (ulong)left,
            ("-", false) => left - right > left,
            _ => false,
        });
    }

    // A number that is no literal counts by its lower 32 bits only.
    private long? OperandOf(AstNode node)
    {
        AstNode written = ExpressionShape.AsWritten(node, removeParens: true);
        if (written.Kind == "IntegerLiteral")
            return LiteralFacts.SignedValue(written);

        ConstantValue value = evaluator.Evaluate(node);
        return value.IsInteger ? unchecked((int)value.AsSigned) : null;
    }

    private string NameOfTypeOf(AstNode node) => types.Get(expressions.TypeOf(node), TypeUser.Other).Managed;
}
