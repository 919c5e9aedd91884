using System.Text;
using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Declarations;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>Names as C# has to spell them.</summary>
internal static class Names
{
    private static readonly HashSet<string> Keywords =
    [
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const",
        "continue", "decimal", "default", "delegate", "do", "double", "else", "enum", "event", "explicit", "extern",
        "false", "finally", "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int", "interface",
        "internal", "is", "lock", "long", "namespace", "new", "null", "object", "operator", "out", "override",
        "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte", "sealed", "short",
        "sizeof", "stackalloc", "static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof",
        "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
    ];

    public static string Escape(string name) => Keywords.Contains(name) ? "@" + name : name;

    /// <summary>The name of the type of a buffer that stands for an array field.</summary>
    public static string FixedBuffer(string field) => $"_{field}_e__FixedBuffer";

    /// <summary>The name that stands for a type without one: what it is, and where it was written.</summary>
    public static string OfAnonymousTag(TagDeclaration tag)
    {
        string kind = tag is EnumDeclaration ? "Enum" : "Record";
        SourcePosition position = tag.Node.Location.Expansion;
        string file = Path.GetFileNameWithoutExtension(position.File);
        return $"__Anonymous{kind}_{file}_L{position.Line}_C{position.Column}";
    }

    /// <summary>True where a member would hide one that every object has.</summary>
    public static bool HidesObjectMember(string name) => name is
        "Equals" or "GetHashCode" or "GetType" or "MemberwiseClone" or "ReferenceEquals" or "ToString";

    /// <summary>True where a method without parameters would hide one that every object has.</summary>
    public static bool HidesObjectMethod(string name) => name is
        "GetHashCode" or "GetType" or "MemberwiseClone" or "ToString";

    /// <summary>
    /// Text for a C# string literal. Escapes that the text already holds are taken back first, so that text which
    /// was copied from C source is not escaped twice.
    /// </summary>
    public static string EscapeText(string text)
    {
        (string Escaped, string Raw)[] pairs = [("\\0", "\0"), ("\\r", "\r"), ("\\n", "\n"), ("\\t", "\t")];
        StringBuilder result = new(text);
        foreach ((string escaped, string raw) in pairs)
            result.Replace(escaped, raw);

        result.Replace("\\\"", "\"").Replace("\\", "\\\\");
        foreach ((string escaped, string raw) in pairs)
            result.Replace(raw, escaped);
        return result.Replace("\"", "\\\"").ToString();
    }

    public static string EscapeCharacter(char value) => value switch
    {
        '\0' => "\\0",
        '\\' => "\\\\",
        '\r' => "\\r",
        '\n' => "\\n",
        '\t' => "\\t",
        '\'' => "\\'",
        _ => value.ToString(),
    };
}
