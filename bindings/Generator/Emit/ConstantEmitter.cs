using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Expressions;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>
/// Writes macros and variables that have a value: as a constant where C# can have one, else as a field that is set
/// once. Text becomes a span over the bytes of the assembly.
/// </summary>
internal sealed class ConstantEmitter(BindingContext context, ExpressionContext expressions)
{
    private const string SpanOfBytes = "ReadOnlySpan<byte>";

    private readonly ConstantRules _rules = new(
        expressions,
        new Evaluator(expressions),
        new ManagedLayout(context.Types, context.Options.Switches.UnixTypes));

    /// <summary>Writes a variable; one without a value belongs to the native side alone.</summary>
    public void WriteVariable(VariableDeclaration variable)
    {
        if (variable.Initializer is not { } initializer)
            return;

        bool isConstant = variable.Type.Qualifiers.HasFlag(TypeQualifiers.Const) ||
            CTypes.IsFieldArray(variable.Type, out _);
        TypeName type = context.Types.Get(variable.Type, new TypeUser(false, variable.Name));
        Write(variable, variable.Type, initializer, type, isConstant, macro: null);
    }

    /// <summary>Writes a macro by the variable that the probe has for it, unless it is no expression.</summary>
    public void WriteMacro(VariableDeclaration variable, string macro)
    {
        if (variable.Initializer is not { } initializer || variable.Node.Has("isInvalid") ||
            ExpressionShape.ContainsErrors(initializer) || expressions.CallsUndeclared(initializer) ||
            NamesItself(initializer, macro))
        {
            return;
        }

        CType type = expressions.TypeOf(initializer);
        string text = expressions.Probe!.ExpressionText(macro, initializer);
        string native = $"#define {macro} {text.Replace(@"\\", @"\", StringComparison.Ordinal)}";
        string managed = context.Types.Get(type, new TypeUser(false, variable.Name)).Managed;
        Write(variable, type, initializer, new TypeName(managed, native), isConstant: true, macro);
    }

    // "#define f f": what it names is generated anyway.
    private static bool NamesItself(AstNode initializer, string macro) =>
        ExpressionShape.AsWritten(initializer, removeParens: true) is { Kind: "DeclRefExpr" } reference &&
        reference.Reference("referencedDecl")?.Name == macro;

    private void Write(
        VariableDeclaration variable,
        CType type,
        AstNode initializer,
        TypeName name,
        bool isConstant,
        string? macro)
    {
        string shown = macro ?? variable.Name;
        bool isText = ExpressionShape.AsWritten(initializer, removeParens: true).Kind == "StringLiteral";
        if (!isText && !IsPrimitive(type))
        {
            throw GeneratorException.Unsupported(
                expressions.Where(initializer), $"the value of '{shown}', which is no number, pointer or text");
        }

        ExpressionRoot root = new()
        {
            Name = shown,
            TypeName = isText ? (isConstant ? SpanOfBytes : "byte[]") : name.Managed,
            VariableType = type,
            Initializer = initializer,
            IsMacro = macro is not null,
            IsByteArray = isText && !isConstant,
        };

        Write(root, name, isConstant, variable.Deprecation);
    }

    private void Write(ExpressionRoot root, TypeName name, bool isConstant, AstNode? deprecation)
    {
        bool isProperty = root.TypeName == SpanOfBytes;
        OutputBuilder output = context.BeginMethodClassMember();
        if (isProperty)
            output.Usings.Add("System");
        if (root.TypeName.Contains('*', StringComparison.Ordinal))
            context.IsMethodClassUnsafe = true;

        output.WriteNativeTypeName(name.Native);
        context.WriteObsolete(output, deprecation);
        string escaped = Names.Escape(context.Records.Remapped(root.Name) ?? root.Name);
        output.WriteIndented($"{context.Access(root.Name, includeStar: false)} {Modifiers(root, isConstant)} ");
        output.Write($"{root.TypeName} {escaped} {(isProperty ? "=>" : "=")} ");
        ExpressionWriter.Write(context, expressions, output, root);
        output.WriteLine(";");
        output.NeedsNewline = true;
    }

    private string Modifiers(ExpressionRoot root, bool isConstant)
    {
        if (!isConstant || root.TypeName == SpanOfBytes)
            return "static";
        return _rules.IsConstant(root.TypeName, root.Initializer!) ? "const" : "static readonly";
    }

    private static bool IsPrimitive(CType type) => CTypes.Canonical(type) switch
    {
        BuiltinType builtin => builtin.Kind != BuiltinKind.Void,
        PointerType pointer => !CTypes.Is<FunctionType>(pointer.Pointee),
        _ => CTypes.IsEnum(type, out _),
    };
}
