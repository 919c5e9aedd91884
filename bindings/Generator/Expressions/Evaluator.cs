using System.Globalization;
using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Expressions;

/// <summary>The value of a constant expression: an integer, a floating-point number, or neither.</summary>
internal readonly record struct ConstantValue(bool IsInteger, bool IsFloat, Int128 Integer, double Float)
{
    public static ConstantValue Unknown { get; } = new(false, false, 0, 0);

    /// <summary>The integer's bits as a signed number.</summary>
    public long AsSigned => unchecked((long)Integer);

    /// <summary>The integer's bits as an unsigned number.</summary>
    public ulong AsUnsigned => unchecked((ulong)Integer);

    public static ConstantValue Of(Int128 integer) => new(true, false, integer, 0);

    public static ConstantValue OfFloat(double number) => new(false, true, 0, number);
}

/// <summary>Folds constant expressions as clang does, with the types that the AST gives them.</summary>
internal sealed class Evaluator(ExpressionContext expressions)
{
    public ConstantValue Evaluate(AstNode node) => node.Kind switch
    {
        "IntegerLiteral" => Wrap(node, Int128.Parse(node.Text("value") ?? "0", CultureInfo.InvariantCulture)),
        "CharacterLiteral" => Wrap(node, LiteralFacts.CharacterValue(node)),
        "FloatingLiteral" => ConstantValue.OfFloat(
            double.Parse(node.Text("value") ?? "0", NumberStyles.Float, CultureInfo.InvariantCulture)),
        "ParenExpr" => Evaluate(ExpressionShape.Operand(node)),
        "ImplicitCastExpr" or "CStyleCastExpr" => EvaluateCast(node),
        "UnaryOperator" => EvaluateUnary(node),
        "BinaryOperator" => EvaluateBinary(node),
        "ConditionalOperator" => EvaluateConditional(node),
        "DeclRefExpr" => EvaluateReference(node),
        "UnaryExprOrTypeTraitExpr" => EvaluateTrait(node),
        _ => ConstantValue.Unknown,
    };

    private ConstantValue EvaluateReference(AstNode node)
    {
        if (expressions.Enumerator(node) is { } enumerator)
            return ConstantValue.Of(enumerator.Value);
        VariableDeclaration? variable = expressions.Variable(node);
        return variable?.Initializer is { } initializer &&
            variable.Type.Qualifiers.HasFlag(TypeQualifiers.Const)
                ? Evaluate(initializer)
                : ConstantValue.Unknown;
    }

    private ConstantValue EvaluateTrait(AstNode node)
    {
        CType type = expressions.ArgumentTypeOf(node);
        return node.Name switch
        {
            "sizeof" => Wrap(node, RecordLayout.SizeOf(type)),
            "alignof" => Wrap(node, RecordLayout.AlignOf(type)),
            _ => ConstantValue.Unknown,
        };
    }

    private ConstantValue EvaluateCast(AstNode node)
    {
        ConstantValue value = Evaluate(ExpressionShape.Operand(node));
        if (CTypes.Arithmetic(expressions.TypeOf(node)) is not { } kind || (!value.IsInteger && !value.IsFloat))
            return ConstantValue.Unknown;
        if (BuiltinTypes.IsFloating(kind))
            return value.IsFloat ? value : ConstantValue.OfFloat((double)value.Integer);
        if (kind == BuiltinKind.Bool)
            return ConstantValue.Of((value.IsFloat ? value.Float != 0 : value.Integer != 0) ? 1 : 0);
        return value.IsFloat ? Wrap(node, (Int128)Math.Truncate(value.Float)) : Wrap(node, value.Integer);
    }

    private ConstantValue EvaluateUnary(AstNode node)
    {
        ConstantValue value = Evaluate(ExpressionShape.Operand(node));
        string? operation = node.Text("opcode");
        if (value.IsFloat)
        {
            return operation switch
            {
                "+" => value,
                "-" => ConstantValue.OfFloat(-value.Float),
                _ => ConstantValue.Unknown,
            };
        }

        if (!value.IsInteger)
            return ConstantValue.Unknown;
        return operation switch
        {
            "+" => value,
            "-" => Wrap(node, -value.Integer),
            "~" => Wrap(node, ~value.Integer),
            "!" => ConstantValue.Of(value.Integer == 0 ? 1 : 0),
            _ => ConstantValue.Unknown,
        };
    }

    private ConstantValue EvaluateConditional(AstNode node)
    {
        ConstantValue condition = Evaluate(node.Children[0]);
        return condition.IsInteger ? Evaluate(node.Children[condition.Integer != 0 ? 1 : 2]) : ConstantValue.Unknown;
    }

    private ConstantValue EvaluateBinary(AstNode node)
    {
        ConstantValue left = Evaluate(node.Children[0]);
        ConstantValue right = Evaluate(node.Children[1]);
        string operation = node.Text("opcode") ?? "";
        if (left.IsFloat && right.IsFloat)
            return EvaluateFloat(operation, left.Float, right.Float);
        if (!left.IsInteger || !right.IsInteger)
            return ConstantValue.Unknown;
        if (operation is "/" or "%" && right.Integer == 0)
            return ConstantValue.Unknown;
        if (operation is "<<" or ">>")
            return EvaluateShift(node, operation, left.Integer, right.Integer);

        (Int128 a, Int128 b) = (left.Integer, right.Integer);
        return operation switch
        {
            "+" => Wrap(node, a + b),
            "-" => Wrap(node, a - b),
            "*" => Wrap(node, unchecked(a * b)),
            "/" => Wrap(node, a / b),
            "%" => Wrap(node, a % b),
            "&" => Wrap(node, a & b),
            "|" => Wrap(node, a | b),
            "^" => Wrap(node, a ^ b),
            _ => EvaluateComparison(operation, a, b),
        };
    }

    private static ConstantValue EvaluateComparison(string operation, Int128 a, Int128 b) => operation switch
    {
        "==" => ConstantValue.Of(a == b ? 1 : 0),
        "!=" => ConstantValue.Of(a != b ? 1 : 0),
        "<" => ConstantValue.Of(a < b ? 1 : 0),
        ">" => ConstantValue.Of(a > b ? 1 : 0),
        "<=" => ConstantValue.Of(a <= b ? 1 : 0),
        ">=" => ConstantValue.Of(a >= b ? 1 : 0),
        "&&" => ConstantValue.Of(a != 0 && b != 0 ? 1 : 0),
        "||" => ConstantValue.Of(a != 0 || b != 0 ? 1 : 0),
        _ => ConstantValue.Unknown,
    };

    private static ConstantValue EvaluateFloat(string operation, double a, double b) => operation switch
    {
        "+" => ConstantValue.OfFloat(a + b),
        "-" => ConstantValue.OfFloat(a - b),
        "*" => ConstantValue.OfFloat(a * b),
        "/" => ConstantValue.OfFloat(a / b),
        _ => ConstantValue.Unknown,
    };

    // A negative count shifts the other way, and one that is too large by all but one bit: clang goes on folding.
    private ConstantValue EvaluateShift(AstNode node, string operation, Int128 value, Int128 count)
    {
        bool isLeft = operation == "<<" != count < 0;
        Int128 magnitude = count < 0 ? -count : count;
        int bits = BitsOf(node) - 1;
        int by = magnitude > bits ? bits : (int)magnitude;
        return Wrap(node, isLeft ? value << by : value >> by);
    }

    private int BitsOf(AstNode node) =>
        CTypes.Arithmetic(expressions.TypeOf(node)) is { } kind ? BuiltinTypes.Size(kind) * 8 : 64;

    private ConstantValue Wrap(AstNode node, Int128 value) =>
        CTypes.Arithmetic(expressions.TypeOf(node)) is { } kind && !BuiltinTypes.IsFloating(kind)
            ? ConstantValue.Of(IntegerRules.Wrap(value, BuiltinTypes.Size(kind) * 8, BuiltinTypes.IsUnsigned(kind)))
            : ConstantValue.Unknown;
}
