using System.Globalization;
using System.Text;
using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Expressions;

/// <summary>What literals say.</summary>
internal static class LiteralFacts
{
    /// <summary>
    /// The value of an integer literal as a signed number of the width of its type: 0x80000000u is negative here.
    /// </summary>
    public static long SignedValue(AstNode literal)
    {
        Int128 value = Int128.Parse(literal.Text("value") ?? "0", CultureInfo.InvariantCulture);
        return (long)IntegerRules.Wrap(value, Bits(literal), isUnsigned: false);
    }

    public static uint CharacterValue(AstNode literal) =>
        unchecked((uint)long.Parse(literal.Text("value") ?? "0", CultureInfo.InvariantCulture));

    /// <summary>A decimal spelling, for a literal whose own spelling is nowhere to be found.</summary>
    public static string CanonicalText(AstNode literal) =>
        (literal.Text("value") ?? "0") + literal.WrittenType switch
        {
            "unsigned int" => "u",
            "long" => "l",
            "unsigned long" => "ul",
            "long long" => "ll",
            "unsigned long long" => "ull",
            "float" => "f",
            _ => "",
        };

    /// <summary>An integer of C in C#: long and unsigned long have no suffix of their own there.</summary>
    public static string IntegerInCSharp(string text)
    {
        (string Suffix, string Replacement)[] suffixes =
        [
            ("ui8", ""), ("i8", ""), ("ui16", ""), ("i16", ""), ("ui32", "U"), ("i32", ""), ("ui64", "UL"),
            ("i64", "L"), ("ull", "UL"), ("llu", "UL"), ("ll", "L"), ("ul", "U"), ("lu", "U"), ("u", "U"), ("l", ""),
        ];

        foreach ((string suffix, string replacement) in suffixes)
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
                return Separated(text[..^suffix.Length]) + replacement;
        }

        return Separated(text);
    }

    /// <summary>A floating-point number of C in C#, which wants a digit after the point.</summary>
    public static string FloatInCSharp(string text)
    {
        if (text.EndsWith(".f", StringComparison.Ordinal))
            return Separated(text[..^1]) + "0f";
        return Separated(text) + (text.EndsWith('.') ? "0" : "");
    }

    /// <summary>The text of a string literal, or null where it is not of bytes.</summary>
    public static string? Text(AstNode literal)
    {
        string spelled = literal.Text("value") ?? "";
        if (spelled.StartsWith("u8\"", StringComparison.Ordinal))
            spelled = spelled[2..];
        if (spelled.Length < 2 || spelled[0] != '"')
            return null;

        List<byte> bytes = [];
        int at = 1;
        while (at < spelled.Length - 1)
            ReadCharacter(spelled, bytes, ref at);
        return Encoding.UTF8.GetString([.. bytes]);
    }

    // clang escapes what does not print: by letter where there is one, else as three octal digits.
    private static void ReadCharacter(string spelled, List<byte> bytes, ref int at)
    {
        char c = spelled[at++];
        if (c != '\\')
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(c.ToString()));
            return;
        }

        char escape = spelled[at++];
        if (escape is >= '0' and <= '7')
        {
            int value = escape - '0';
            for (int digits = 1; digits < 3 && spelled[at] is >= '0' and <= '7'; digits++)
                value = (value * 8) + (spelled[at++] - '0');
            bytes.Add((byte)value);
            return;
        }

        bytes.Add((byte)(escape switch
        {
            'a' => '\a',
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\v',
            _ => escape,
        }));
    }

    private static int Bits(AstNode literal) =>
        BuiltinTypes.TryParse(literal.WrittenType, out BuiltinKind kind) ? BuiltinTypes.Size(kind) * 8 : 64;

    private static string Separated(string digits) => digits.Replace('\'', '_');
}
