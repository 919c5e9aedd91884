using PmemStream.Bindings.Generator.Declarations;

namespace PmemStream.Bindings.Generator.Types;

/// <summary>Spells a type as clang spells it.</summary>
internal static class TypePrinter
{
    public static string Print(CType type) => Print(type, "");

    // "inner" is what has been spelled of the declarator so far, from the inside out.
    private static string Print(CType type, string inner) => type switch
    {
        PointerType pointer => PrintPointer(pointer, inner),
        ArrayType array => Print(array.Element, inner + "[" + array.SizeText + "]"),
        FunctionType function => Print(function.Result, inner + PrintParameters(function)),
        _ => Join(PrintSpecifier(type), inner),
    };

    private static string PrintPointer(PointerType pointer, string inner)
    {
        string qualifiers = PrintQualifiers(pointer.Qualifiers);
        bool needsBlank = qualifiers.Length != 0 && inner.Length != 0 && inner[0] != '[';
        string star = "*" + qualifiers + (needsBlank ? " " : "") + inner;
        return Print(pointer.Pointee, pointer.Pointee is ArrayType or FunctionType ? "(" + star + ")" : star);
    }

    private static string PrintParameters(FunctionType function)
    {
        if (!function.HasPrototype)
            return "()";

        List<string> parameters = [.. function.Parameters.Select(Print)];
        if (function.IsVariadic)
            parameters.Add("...");
        return parameters.Count == 0 ? "(void)" : "(" + string.Join(", ", parameters) + ")";
    }

    private static string PrintSpecifier(CType type)
    {
        string name = type switch
        {
            BuiltinType builtin => BuiltinTypes.Name(builtin.Kind),
            ElaboratedType elaborated => PrintElaborated(elaborated),
            TypedefType typedef => typedef.Declaration.Name,
            TagType tag => PrintTag(tag.Declaration),
            _ => throw new InvalidOperationException("no such type: " + type.GetType().Name),
        };

        string qualifiers = PrintQualifiers(type.Qualifiers);
        return qualifiers.Length == 0 ? name : qualifiers + " " + name;
    }

    private static string PrintElaborated(ElaboratedType elaborated)
    {
        if (elaborated.Named is not TagType tag || elaborated.Keyword.Length == 0)
            return PrintSpecifier(elaborated.Named);

        TagDeclaration declaration = tag.Declaration;
        return declaration.IsAnonymous
            ? $"{elaborated.Keyword} (anonymous {declaration.Keyword} at {declaration.Position})"
            : $"{elaborated.Keyword} {declaration.Name}";
    }

    // A tag that has only a typedef name is spelled without its keyword.
    private static string PrintTag(TagDeclaration declaration) =>
        declaration.IsNamedByTypedef ? declaration.Name : $"{declaration.Keyword} {declaration.Name}";

    private static string PrintQualifiers(TypeQualifiers qualifiers)
    {
        List<string> words = [];
        if (qualifiers.HasFlag(TypeQualifiers.Const))
            words.Add("const");
        if (qualifiers.HasFlag(TypeQualifiers.Volatile))
            words.Add("volatile");
        if (qualifiers.HasFlag(TypeQualifiers.Restrict))
            words.Add("restrict");
        return string.Join(' ', words);
    }

    // "int" + "[2]" is "int[2]", everything else keeps a blank: "char *", "void (int)".
    private static string Join(string specifier, string inner) =>
        inner.Length == 0 || inner[0] == '[' ? specifier + inner : specifier + " " + inner;
}
