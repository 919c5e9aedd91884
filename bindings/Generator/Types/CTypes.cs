using System.Diagnostics.CodeAnalysis;
using PmemStream.Bindings.Generator.Declarations;

namespace PmemStream.Bindings.Generator.Types;

/// <summary>Questions about types that look through their sugar.</summary>
internal static class CTypes
{
    /// <summary>The type without typedefs and tag keywords at its outermost level.</summary>
    public static CType Canonical(CType type) => type switch
    {
        ElaboratedType elaborated => Canonical(elaborated.Named),
        TypedefType typedef => Canonical(typedef.Declaration.Underlying),
        _ => type,
    };

    public static bool Is<T>(CType type, [NotNullWhen(true)] out T? found)
        where T : CType
    {
        found = Canonical(type) as T;
        return found is not null;
    }

    public static bool Is<T>(CType type)
        where T : CType => Canonical(type) is T;

    /// <summary>An array that a field can have: one with a constant size, or without any.</summary>
    public static bool IsFieldArray(CType type, [NotNullWhen(true)] out ArrayType? array) =>
        Is(type, out array) && (array.Size != 0 || array.SizeText.Length == 0 || array.SizeText == "0");

    public static bool IsRecord(CType type, [NotNullWhen(true)] out RecordDeclaration? record)
    {
        record = (Canonical(type) as TagType)?.Declaration as RecordDeclaration;
        return record is not null;
    }

    public static bool IsEnum(CType type, [NotNullWhen(true)] out EnumDeclaration? declaration)
    {
        declaration = (Canonical(type) as TagType)?.Declaration as EnumDeclaration;
        return declaration is not null;
    }

    /// <summary>The arithmetic type of a value: that of an enum is the integer behind it.</summary>
    public static BuiltinKind? Arithmetic(CType type) => Canonical(type) switch
    {
        BuiltinType builtin => builtin.Kind,
        TagType { Declaration: EnumDeclaration declaration } => declaration.IntegerKind,
        _ => null,
    };
}
