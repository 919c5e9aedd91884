using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Emit;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Expressions;

/// <content>Literals, names and sizes.</content>
internal sealed partial class ExpressionWriter
{
    // A character is an int in C; one of C# is none, and gets the width that its value has in C.
    private void WriteCharacter(AstNode node)
    {
        uint value = LiteralFacts.CharacterValue(node);
        if (value > ushort.MaxValue)
        {
            _text.Append($"0x{value:X8}");
            return;
        }

        if (value > byte.MaxValue)
        {
            _text.Append($"0x{value:X4}");
            return;
        }

        string character = "'" + Names.EscapeCharacter((char)value) + "'";
        if (TypeNameAround() is not { } target)
        {
            _text.Append(character);
            return;
        }

        if (!UncheckedRules.IsUnsigned(target))
            _text.Append("(sbyte)(").Append(character).Append(')');
        else if (target == "byte")
            _text.Append("(byte)(").Append(character).Append(')');
        else
            _text.Append(character);
    }

    // The type of the operation that a character takes part in, or of the constant that it is the value of.
    private string? TypeNameAround()
    {
        if (PreviousExpression() is { Kind: "BinaryOperator" } operation)
            return TypeNameOf(operation);
        return _path.Count == 1 && _root.IsVariable ? _root.TypeName : null;
    }

    // The expression around the one at hand, seen through parentheses and implicit casts.
    private AstNode? PreviousExpression()
    {
        int index = _path.Count - 2;
        while (index >= 0 && _path[index].Kind is "ParenExpr" or "ImplicitCastExpr")
            index--;
        return index >= 0 ? _path[index] : null;
    }

    private void WriteString(AstNode node)
    {
        string text = LiteralFacts.Text(node) ?? throw GeneratorException.Unsupported(
            _expressions.Where(node), $"text of wide characters in the value of '{_root.Name}'");
        _text.Append('"').Append(Names.EscapeText(text)).Append("\"u8");
        if (_root.IsByteArray)
            _text.Append(".ToArray()");
    }

    private void WriteReference(AstNode node)
    {
        if (_expressions.Enumerator(node) is { } enumerator)
        {
            WriteEnumerator(enumerator);
            return;
        }

        (_, string kind, string name) = node.Reference("referencedDecl") ?? ("", "", "");
        if (kind != "VarDecl")
        {
            throw GeneratorException.Unsupported(
                _expressions.Where(node), $"the use of '{name}' in the value of '{_root.Name}'");
        }

        _text.Append(Names.Escape(_context.Records.Remapped(name) ?? name));
    }

    // Of its own enum a member needs no more than its name, of others a using.
    private void WriteEnumerator(EnumeratorDeclaration enumerator)
    {
        if (enumerator.Parent != _root.Enum && ClassOf(enumerator.Parent) is { } type)
        {
            if (_context.Options.Switches.UsingStaticsForEnums)
                _output.Usings.Add($"static {_context.Options.Namespace}.{type}");
            else
                _text.Append(type).Append('.');
        }

        _text.Append(Names.Escape(_context.Records.Remapped(enumerator.Name) ?? enumerator.Name));
    }

    // What the members of an enum are known by from outside; null where they are at hand anyway.
    private string? ClassOf(EnumDeclaration declaration)
    {
        if (!declaration.IsAnonymous)
            return Names.Escape(_context.Records.OfTag(declaration));
        return declaration.WrittenIn is null && !_context.IsMethodClass(_output)
            ? _context.Options.MethodClassName
            : null;
    }

    private void WriteSizeOf(AstNode node)
    {
        if (node.Name != "sizeof")
        {
            throw GeneratorException.Unsupported(
                _expressions.Where(node), $"'{node.Name}' in the value of '{_root.Name}'");
        }

        CType type = _expressions.ArgumentTypeOf(node);
        ManagedSize size = _layout.Of(type);
        if (size.IsFixed && _root.IsVariable)
        {
            _text.Append(size.Size32);
            return;
        }

        if (_context.IsMethodClass(_output))
            _context.IsMethodClassUnsafe = true;

        string name = "sizeof(" + _context.Types.Get(type, TypeUser.Other).Managed + ")";
        CType? around = PreviousExpression() is { } previous ? _expressions.TypeOf(previous) : _root.VariableType;
        bool isUnsigned = around is not null && CTypes.Canonical(around) is BuiltinType
        {
            Kind: BuiltinKind.UnsignedInt or BuiltinKind.UnsignedLong,
        };
        _text.Append(isUnsigned && !CTypes.IsEnum(type, out _) ? $"(uint)({name})" : name);
    }
}
