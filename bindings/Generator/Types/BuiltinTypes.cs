namespace PmemStream.Bindings.Generator.Types;

/// <summary>The arithmetic types of C: their spellings and, for the 64-bit Unix ABI, their sizes.</summary>
internal static class BuiltinTypes
{
    private static readonly (BuiltinKind Kind, string Name)[] Names =
    [
        (BuiltinKind.Void, "void"),
        (BuiltinKind.Bool, "_Bool"),
        (BuiltinKind.Char, "char"),
        (BuiltinKind.SignedChar, "signed char"),
        (BuiltinKind.UnsignedChar, "unsigned char"),
        (BuiltinKind.Short, "short"),
        (BuiltinKind.UnsignedShort, "unsigned short"),
        (BuiltinKind.Int, "int"),
        (BuiltinKind.UnsignedInt, "unsigned int"),
        (BuiltinKind.Long, "long"),
        (BuiltinKind.UnsignedLong, "unsigned long"),
        (BuiltinKind.LongLong, "long long"),
        (BuiltinKind.UnsignedLongLong, "unsigned long long"),
        (BuiltinKind.Float, "float"),
        (BuiltinKind.Double, "double"),
    ];

    private static readonly Dictionary<BuiltinKind, string> ByKind = Names.ToDictionary(n => n.Kind, n => n.Name);

    private static readonly Dictionary<string, BuiltinKind> ByName = Names.ToDictionary(n => n.Name, n => n.Kind);

    public static string Name(BuiltinKind kind) => ByKind[kind];

    /// <summary>Finds a type by the words that clang spells it with.</summary>
    public static bool TryParse(string name, out BuiltinKind kind) =>
        ByName.TryGetValue(name == "bool" ? "_Bool" : name, out kind);

    public static bool IsWord(string word) => word is
        "void" or "_Bool" or "bool" or "char" or "short" or "int" or "long" or "signed" or "unsigned" or
        "float" or "double";

    public static int Size(BuiltinKind kind) => kind switch
    {
        BuiltinKind.Void or BuiltinKind.Bool => 1,
        BuiltinKind.Char or BuiltinKind.SignedChar or BuiltinKind.UnsignedChar => 1,
        BuiltinKind.Short or BuiltinKind.UnsignedShort => 2,
        BuiltinKind.Int or BuiltinKind.UnsignedInt or BuiltinKind.Float => 4,
        _ => 8,
    };

    public static bool IsFloating(BuiltinKind kind) => kind is BuiltinKind.Float or BuiltinKind.Double;

    public static bool IsUnsigned(BuiltinKind kind) => kind is
        BuiltinKind.Bool or BuiltinKind.UnsignedChar or BuiltinKind.UnsignedShort or BuiltinKind.UnsignedInt or
        BuiltinKind.UnsignedLong or BuiltinKind.UnsignedLongLong;
}
