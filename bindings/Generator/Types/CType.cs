using PmemStream.Bindings.Generator.Declarations;

namespace PmemStream.Bindings.Generator.Types;

[Flags]
internal enum TypeQualifiers
{
    None = 0,
    Const = 1,
    Volatile = 2,
    Restrict = 4,
}

internal enum BuiltinKind
{
    Void,
    Bool,
    Char,
    SignedChar,
    UnsignedChar,
    Short,
    UnsignedShort,
    Int,
    UnsignedInt,
    Long,
    UnsignedLong,
    LongLong,
    UnsignedLongLong,
    Float,
    Double,
}

/// <summary>
/// A C type with its sugar. The layers are those that the reference generator sees: a named type is always an
/// <see cref="ElaboratedType"/> around what it names, because the name and the tag keyword end up in the output.
/// </summary>
internal abstract class CType
{
    public TypeQualifiers Qualifiers { get; init; }

    public override string ToString() => TypePrinter.Print(this);
}

internal sealed class BuiltinType(BuiltinKind kind) : CType
{
    public BuiltinKind Kind { get; } = kind;
}

internal sealed class PointerType(CType pointee) : CType
{
    public CType Pointee { get; } = pointee;
}

internal sealed class ArrayType(CType element, string sizeText) : CType
{
    public CType Element { get; } = element;

    /// <summary>What stands between the brackets; empty for an array without a size.</summary>
    public string SizeText { get; } = sizeText;

    /// <summary>The number of elements, and 0 for an array without a size.</summary>
    public long Size { get; } = long.TryParse(sizeText, out long size) ? size : 0;
}

internal sealed class FunctionType(CType result, IReadOnlyList<CType> parameters, bool hasPrototype, bool isVariadic)
    : CType
{
    public CType Result { get; } = result;

    public IReadOnlyList<CType> Parameters { get; } = parameters;

    public bool HasPrototype { get; } = hasPrototype;

    public bool IsVariadic { get; } = isVariadic;
}

/// <summary>A use of a name: a typedef (no keyword), or a struct, union or enum (its keyword).</summary>
internal sealed class ElaboratedType(string keyword, CType named) : CType
{
    public string Keyword { get; } = keyword;

    public CType Named { get; } = named;
}

internal sealed class TypedefType(TypedefDeclaration declaration) : CType
{
    public TypedefDeclaration Declaration { get; } = declaration;
}

/// <summary>A struct, union or enum itself.</summary>
internal sealed class TagType(TagDeclaration declaration) : CType
{
    public TagDeclaration Declaration { get; } = declaration;
}
