using System.Text;
using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Options;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>A type in C#, and its C spelling where the two are not the same; else an empty text.</summary>
internal readonly record struct TypeName(string Managed, string Native);

/// <summary>
/// Who asks for a type. An array is a pointer to a function or its parameter only, and a function pointer takes its
/// calling convention from the declaration that uses it.
/// </summary>
internal readonly record struct TypeUser(bool IsFunctionOrParameter, string Name)
{
    public static TypeUser Other { get; } = new(false, "");
}

/// <summary>Names types: the C# type, and what [NativeTypeName] says of it.</summary>
internal sealed class TypeNames(GeneratorOptions options, RecordNames records)
{
    /// <summary>The name of a type, after remapping.</summary>
    public TypeName Get(CType type, TypeUser user)
    {
        TypeName plain = GetPlain(type, user);
        string managed = records.Remapped(plain.Native) ?? records.Remapped(plain.Managed) ?? "";

        if (managed.Length == 0)
        {
            managed = plain.Managed;
            if (CTypes.IsRecord(type, out RecordDeclaration? record) && record.IsAnonymous)
                managed = records.OfAnonymousRecord(record);
            else if (CTypes.IsEnum(type, out EnumDeclaration? declaration) && declaration.IsAnonymous)
                managed = OfBuiltin(declaration.IntegerKind);
        }

        string native = plain.Native.Length == 0 ? plain.Managed : plain.Native;
        return new TypeName(managed, AreAlike(native, managed) ? "" : native);
    }

    /// <summary>The integer type behind an enum.</summary>
    public TypeName OfEnumInteger(EnumDeclaration declaration) =>
        Get(new BuiltinType(declaration.IntegerKind), TypeUser.Other);

    /// <summary>
    /// Where the runtime still marshals, a bool is not blittable: signatures and structs hold a byte instead.
    /// </summary>
    public TypeName WithBlittableBool(TypeName name) =>
        options.Switches.DisableRuntimeMarshalling || name.Managed != "bool"
            ? name
            : new TypeName("byte", name.Native.Length == 0 ? "bool" : name.Native);

    public bool IsUnsafe(CType type, TypeUser user) =>
        Get(type, user).Managed.Contains('*', StringComparison.Ordinal);

    private TypeName GetPlain(CType type, TypeUser user)
    {
        if (CTypes.Canonical(type) is TagType { Declaration.IsAnonymous: true } tag)
        {
            string name = Names.OfAnonymousTag(tag.Declaration);
            return new TypeName(name, name);
        }

        return GetLayer(type, user);
    }

    // One layer of sugar at a time: a name may be remapped at each of them.
    private TypeName GetLayer(CType type, TypeUser user)
    {
        string spelled = type.ToString();
        TypeName name = type switch
        {
            ArrayType array => new(
                Get(array.Element, user).Managed + (user.IsFunctionOrParameter ? "*" : ""), spelled),
            BuiltinType builtin => new(OfBuiltin(builtin.Kind), spelled),
            ElaboratedType elaborated => OfElaborated(elaborated, spelled, user),
            FunctionType function => new(OfFunctionPointer(function, user), spelled),
            PointerType pointer => OfPointer(pointer, spelled, user),
            TagType tag => OfTag(tag, spelled),
            TypedefType typedef => new(
                records.Remapped(spelled) ?? GetLayer(typedef.Declaration.Underlying, user).Managed, spelled),
            _ => throw new InvalidOperationException("no such type: " + type.GetType().Name),
        };

        return AreAlike(name.Native, name.Managed) ? name with { Native = "" } : name;
    }

    private TypeName OfElaborated(ElaboratedType elaborated, string spelled, TypeUser user)
    {
        TypeName named = GetLayer(elaborated.Named, user);
        return new TypeName(named.Managed, KeepsSpelling(spelled, named.Native) ? spelled : named.Native);
    }

    private TypeName OfTag(TagType tag, string spelled)
    {
        TagDeclaration declaration = tag.Declaration;
        if (declaration.IsAnonymous)
        {
            string anonymous = Names.OfAnonymousTag(declaration);
            return new TypeName(anonymous, anonymous);
        }

        string name = declaration is RecordDeclaration record
            ? records.WithoutClash(record, declaration.Name)
            : declaration.Name;
        return new TypeName(name, spelled);
    }

    private TypeName OfPointer(PointerType pointer, string spelled, TypeUser user)
    {
        (string managed, string native, bool isAdjusted) = OfPointee(pointer.Pointee, user);
        return new TypeName(managed, isAdjusted ? native + " *" : spelled);
    }

    // The managed name is that of the pointer, the native one that of what it points to.
    private (string Managed, string Native, bool IsAdjusted) OfPointee(CType pointee, TypeUser user)
    {
        string spelled = pointee.ToString();
        switch (pointee)
        {
            case ElaboratedType elaborated:
                (string managed, string native, bool isAdjusted) = OfPointee(elaborated.Named, user);
                return KeepsSpelling(spelled, native) ? (managed, spelled, isAdjusted) : (managed, native, true);
            case FunctionType function:
                return (OfFunctionPointer(function, user), spelled, false);
            case TypedefType typedef when records.Remapped(spelled) is { } remapped:
                return (remapped + "*", spelled, false);
            case TypedefType typedef:
                (string pointer, _, bool isUnderlyingAdjusted) = OfPointee(typedef.Declaration.Underlying, user);
                return (pointer, spelled, isUnderlyingAdjusted);
            default:
                TypeName name = Get(pointee, user);
                return (name.Managed + "*", name.Native, false);
        }
    }

    // A spelling with a keyword says more than the name alone does.
    private static bool KeepsSpelling(string spelled, string named) =>
        string.IsNullOrWhiteSpace(named) ||
        spelled.StartsWith("const ", StringComparison.Ordinal) ||
        spelled.StartsWith("enum ", StringComparison.Ordinal) ||
        spelled.StartsWith("struct ", StringComparison.Ordinal) ||
        spelled.StartsWith("union ", StringComparison.Ordinal);

    private string OfFunctionPointer(FunctionType function, TypeUser user)
    {
        if (!function.HasPrototype)
            throw GeneratorException.Unsupported($"a function pointer without a prototype: '{function}'");
        if (function.IsVariadic)
            throw GeneratorException.Unsupported($"a pointer to a variadic function: '{function}'");

        bool suppresses = user.Name.Length != 0 && options.SuppressGCTransition.Contains(user.Name);
        StringBuilder name = new("delegate* unmanaged[Cdecl");
        name.Append(suppresses ? ", SuppressGCTransition]<" : "]<");
        foreach (CType parameter in function.Parameters)
            name.Append(InSignature(parameter, user)).Append(", ");
        return name.Append(InSignature(function.Result, user)).Append('>').ToString();
    }

    private string InSignature(CType type, TypeUser user) => WithBlittableBool(Get(type, user)).Managed;

    private string OfBuiltin(BuiltinKind kind) => kind switch
    {
        BuiltinKind.Void => "void",
        BuiltinKind.Bool => "bool",
        BuiltinKind.Char or BuiltinKind.SignedChar => "sbyte",
        BuiltinKind.UnsignedChar => "byte",
        BuiltinKind.Short => "short",
        BuiltinKind.UnsignedShort => "ushort",
        BuiltinKind.Int => "int",
        BuiltinKind.UnsignedInt => "uint",
        BuiltinKind.Long => options.Switches.UnixTypes ? "nint" : "int",
        BuiltinKind.UnsignedLong => options.Switches.UnixTypes ? "nuint" : "uint",
        BuiltinKind.LongLong => "long",
        BuiltinKind.UnsignedLongLong => "ulong",
        BuiltinKind.Float => "float",
        BuiltinKind.Double => "double",
        _ => throw new InvalidOperationException("no such type: " + kind),
    };

    // "int" says nothing beyond int, nor does "struct_a *" beyond struct_a*.
    private static bool AreAlike(string native, string managed) =>
        native.Equals(managed, StringComparison.OrdinalIgnoreCase) ||
        native.Replace(" ", "", StringComparison.Ordinal).Equals(managed, StringComparison.OrdinalIgnoreCase);
}
