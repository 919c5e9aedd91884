using System.Text;
using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Emit;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Expressions;

/// <summary>
/// Writes an expression of C in C#, as it was written: only what C# sees otherwise is changed. The leaves of
/// expressions are in the other part.
/// </summary>
internal sealed partial class ExpressionWriter
{
    private readonly BindingContext _context;
    private readonly ExpressionContext _expressions;
    private readonly OutputBuilder _output;
    private readonly ExpressionRoot _root;
    private readonly Evaluator _evaluator;
    private readonly ManagedLayout _layout;
    private readonly UncheckedRules _rules;
    private readonly StringBuilder _text = new();

    // The way from the root to the expression at hand. Some expressions are written without being on it.
    private readonly List<AstNode> _path = [];
    private bool _isUnchecked;

    private ExpressionWriter(
        BindingContext context, ExpressionContext expressions, OutputBuilder output, ExpressionRoot root)
    {
        _context = context;
        _expressions = expressions;
        _output = output;
        _root = root;
        _evaluator = new Evaluator(expressions);
        _layout = new ManagedLayout(context.Types, context.Options.Switches.UnixTypes);
        _rules = new UncheckedRules(context.Types, expressions, _evaluator, _layout);
    }

    /// <summary>Writes the value of an enumerator.</summary>
    public static void Write(
        BindingContext context, ExpressionContext expressions, OutputBuilder output, EnumeratorDeclaration enumerator)
    {
        ExpressionRoot root = new()
        {
            Name = enumerator.Name,
            TypeName = context.Types.OfEnumInteger(enumerator.Parent).Managed,
            Enum = enumerator.Parent,
            Initializer = enumerator.Initializer,
        };
        Write(context, expressions, output, root);
    }

    /// <summary>Writes the initializer of the root.</summary>
    public static void Write(
        BindingContext context, ExpressionContext expressions, OutputBuilder output, ExpressionRoot root)
    {
        ExpressionWriter writer = new(context, expressions, output, root);
        writer.Visit(root.Initializer!);
        output.Write(writer._text.ToString());
    }

    private void Visit(AstNode node)
    {
        string target = _path.Count == 0 ? _root.TypeName : TypeNameOf(_path[^1]);
        _path.Add(node);
        if (!_isUnchecked && _rules.IsUnchecked(target, node, _root))
            WriteUnchecked(target, node);
        else
            WriteExpression(node);
        _path.RemoveAt(_path.Count - 1);
    }

    private void WriteUnchecked(string target, AstNode node)
    {
        _text.Append("unchecked");
        _isUnchecked = true;

        bool needsCast = NeedsCast(target, node);
        if (needsCast)
            _text.Append("((").Append(target).Append(')');
        WriteInParens(node);
        if (needsCast)
            _text.Append(')');
        _isUnchecked = false;
    }

    // Where the value as it is written has another type than the one that it overflows into.
    private bool NeedsCast(string target, AstNode node)
    {
        AstNode written = ExpressionShape.AsWritten(node, removeParens: true);
        if (!_root.IsVariable)
            return written.Kind == "IntegerLiteral" || node.Kind == "ImplicitCastExpr";

        if (written is { Kind: "UnaryExprOrTypeTraitExpr", Name: "sizeof" } &&
            !_layout.Of(_expressions.ArgumentTypeOf(written)).IsFixed)
        {
            return true;
        }

        if (written.Kind == "CStyleCastExpr" || node.Kind == "ImplicitCastExpr")
            return false;
        ConstantValue value = _evaluator.Evaluate(node);
        return (target is "nuint" or "UIntPtr" && value.AsUnsigned > uint.MaxValue) ||
            (target is "nint" or "IntPtr" && value.AsSigned is < int.MinValue or > int.MaxValue);
    }

    private void WriteInParens(AstNode node)
    {
        if (ExpressionShape.AsWritten(node, removeParens: false).Kind == "ParenExpr")
        {
            Visit(node);
            return;
        }

        _text.Append('(');
        Visit(node);
        _text.Append(')');
    }

    private void WriteExpression(AstNode node)
    {
        switch (node.Kind)
        {
            case "IntegerLiteral":
                _text.Append(LiteralFacts.IntegerInCSharp(_expressions.LiteralText(node, _root)));
                break;
            case "FloatingLiteral":
                _text.Append(LiteralFacts.FloatInCSharp(_expressions.LiteralText(node, _root)));
                break;
            case "CharacterLiteral":
                WriteCharacter(node);
                break;
            case "StringLiteral":
                WriteString(node);
                break;
            case "DeclRefExpr":
                WriteReference(node);
                break;
            case "UnaryExprOrTypeTraitExpr":
                WriteSizeOf(node);
                break;
            case "ParenExpr":
                _text.Append('(');
                Visit(ExpressionShape.Operand(node));
                _text.Append(')');
                break;
            default:
                WriteOperation(node);
                break;
        }
    }

    private void WriteOperation(AstNode node)
    {
        string operation = node.Text("opcode") ?? "";
        switch (node.Kind)
        {
            case "UnaryOperator" when operation is "+" or "-" or "~":
                _text.Append(operation);
                Visit(ExpressionShape.Operand(node));
                break;
            case "BinaryOperator" when operation is "+" or "-" or "*" or "/" or "%" or "&" or "|" or "^":
                Visit(node.Children[0]);
                _text.Append(' ').Append(operation).Append(' ');
                Visit(node.Children[1]);
                break;
            case "BinaryOperator" when operation is "<<" or ">>":
                Visit(node.Children[0]);
                _text.Append(' ').Append(operation).Append(' ');
                WriteShiftCount(node.Children[1]);
                break;
            case "CStyleCastExpr" when !IsOfBool(node):
                WriteCast(node);
                break;
            case "ImplicitCastExpr" when !IsOfBool(node):
                WriteImplicitCast(node);
                break;
            default:
                string what = operation.Length == 0 ? $"'{node.Kind}'" : $"the operator '{operation}'";
                throw GeneratorException.Unsupported(
                    _expressions.Where(node), $"{what} in the value of '{_root.Name}'");
        }
    }

    // C# shifts by an int, and by nothing else.
    private void WriteShiftCount(AstNode count)
    {
        AstNode written = ExpressionShape.AsWritten(count, removeParens: true);
        bool isNegative = written is { Kind: "UnaryOperator" } && written.Text("opcode") == "-";
        AstNode literal = isNegative
            ? ExpressionShape.AsWritten(ExpressionShape.Operand(written), removeParens: true)
            : written;

        if (literal.Kind == "IntegerLiteral")
        {
            long value = LiteralFacts.SignedValue(literal) * (isNegative ? -1 : 1);
            _text.Append(value is < int.MinValue or > int.MaxValue ? $"(int)({value})" : $"{value}");
        }
        else if (IsInt(count))
        {
            Visit(count);
        }
        else
        {
            _text.Append("(int)(");
            Visit(count);
            _text.Append(')');
        }
    }

    private bool IsInt(AstNode node) => CTypes.Canonical(_expressions.TypeOf(node)) is BuiltinType builtin &&
        (builtin.Kind is BuiltinKind.Int or BuiltinKind.UnsignedShort or BuiltinKind.Short or BuiltinKind.Char or
            BuiltinKind.SignedChar or BuiltinKind.UnsignedChar or BuiltinKind.Bool ||
        (builtin.Kind == BuiltinKind.Long && !_context.Options.Switches.UnixTypes));

    private void WriteCast(AstNode node)
    {
        if (!_root.IsVariable && CTypes.IsEnum(_expressions.TypeOf(node), out _))
            _text.Append('(').Append(_root.TypeName).Append(')');
        _text.Append('(').Append(TypeNameOf(node)).Append(')');
        WriteInParens(ExpressionShape.CastOperand(node));
    }

    // C# makes most conversions of C by itself; an enum it converts to nothing else.
    private void WriteImplicitCast(AstNode node)
    {
        if (node.Text("castKind") == "NullToPointer")
        {
            _text.Append("null");
            return;
        }

        AstNode operand = ExpressionShape.Operand(node);
        AstNode written = ExpressionShape.AsWritten(operand, removeParens: true);
        if (_expressions.Enumerator(written) is null)
        {
            WriteExpression(ExpressionShape.CastOperand(node));
        }
        else if (_root.IsVariable)
        {
            _text.Append('(').Append(TypeNameOf(node)).Append(')');
            WriteInParens(operand);
        }
        else
        {
            Visit(operand);
        }
    }

    private bool IsOfBool(AstNode node) =>
        CTypes.Canonical(_expressions.TypeOf(node)) is BuiltinType { Kind: BuiltinKind.Bool };

    private string TypeNameOf(AstNode node) =>
        _context.Types.Get(_expressions.TypeOf(node), TypeUser.Other).Managed;
}
