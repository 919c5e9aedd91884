using System.Text.RegularExpressions;

namespace PmemStream.Bindings.Generator.Types;

/// <summary>
/// Reads a type from the way clang spells it: "const char *const [4]", "void (*)(int, struct s *)". With a name
/// expected, reads a parameter declaration: "int (*callback)(int)".
/// </summary>
internal sealed partial class TypeParser
{
    private readonly TypeScope _scope;
    private readonly string _text;
    private readonly string _where;
    private readonly string _name;
    private int _at;

    private TypeParser(TypeScope scope, string text, string where, string name)
    {
        _scope = scope;
        _text = text;
        _where = where;
        _name = name;
    }

    public static CType Parse(TypeScope scope, string text, string where) => Parse(scope, text, where, name: "");

    /// <summary>Parses a declaration of <paramref name="name"/>; an empty name is a type alone.</summary>
    public static CType Parse(TypeScope scope, string text, string where, string name)
    {
        TypeParser parser = new(scope, text, where, name);
        CType type = parser.ParseType();
        parser.SkipBlanks();
        if (parser._at != text.Length)
            throw parser.Refused();
        return type;
    }

    private CType ParseType()
    {
        CType specifier = ParseSpecifier();
        return ParseDeclarator()(specifier);
    }

    private CType ParseSpecifier()
    {
        TypeQualifiers qualifiers = TypeQualifiers.None;
        List<string> builtin = [];
        CType? named = null;

        while (true)
        {
            SkipBlanks();
            int start = _at;
            string word = ReadWord();
            if (TryQualifier(word, ref qualifiers))
                continue;

            bool takesName = named is null && builtin.Count == 0 && word.Length != 0;
            if (BuiltinTypes.IsWord(word) && named is null)
            {
                builtin.Add(word);
            }
            else if (word is "struct" or "union" or "enum" && takesName)
            {
                named = ParseTag(word, qualifiers);
            }
            else if (takesName)
            {
                named = new ElaboratedType("", _scope.Typedef(word) ?? throw Refused()) { Qualifiers = qualifiers };
            }
            else
            {
                _at = start;
                break;
            }
        }

        if (named is not null)
            return named;
        if (!BuiltinTypes.TryParse(string.Join(' ', builtin), out BuiltinKind kind))
            throw Refused();
        return new BuiltinType(kind) { Qualifiers = qualifiers };
    }

    // "struct s", "struct (unnamed struct at file.h:3:5)", "union outer::(anonymous at file.h:3:5)".
    private ElaboratedType ParseTag(string keyword, TypeQualifiers qualifiers)
    {
        SkipBlanks();
        Match unnamed = UnnamedTag().Match(_text, _at);
        if (unnamed.Success)
        {
            _at += unnamed.Length;
            CType tag = _scope.TagAt(unnamed.Groups["position"].Value) ?? throw Refused();
            return new ElaboratedType(keyword, tag) { Qualifiers = qualifiers };
        }

        CType named = _scope.Tag(keyword, ReadWord()) ?? throw Refused();
        return new ElaboratedType(keyword, named) { Qualifiers = qualifiers };
    }

    // A declarator is read from the outside in and applied from the inside out.
    private Func<CType, CType> ParseDeclarator()
    {
        SkipBlanks();
        if (Peek() == '*')
        {
            _at++;
            TypeQualifiers qualifiers = ParsePointerQualifiers();
            Func<CType, CType> rest = ParseDeclarator();
            return type => rest(new PointerType(type) { Qualifiers = qualifiers });
        }

        Func<CType, CType> inner = type => type;
        if (IsGroup())
        {
            _at++;
            inner = ParseDeclarator();
            Expect(')');
        }
        else if (_name.Length != 0 && PeekWord() == _name)
        {
            _ = ReadWord();
        }

        Func<CType, CType> suffixes = ParseSuffixes();
        return type => inner(suffixes(type));
    }

    private Func<CType, CType> ParseSuffixes()
    {
        SkipBlanks();
        if (Peek() == '[')
        {
            int close = _text.IndexOf(']', _at);
            if (close < 0)
                throw Refused();
            string size = _text[(_at + 1)..close];
            _at = close + 1;
            Func<CType, CType> rest = ParseSuffixes();
            return type => new ArrayType(rest(type), size);
        }

        if (Peek() == '(')
        {
            _at++;
            Func<CType, FunctionType> function = ParseParameters();
            Func<CType, CType> rest = ParseSuffixes();
            return type => function(rest(type));
        }

        return type => type;
    }

    private Func<CType, FunctionType> ParseParameters()
    {
        List<CType> parameters = [];
        bool isVariadic = false;
        bool hasPrototype = true;

        SkipBlanks();
        if (Peek() == ')')
        {
            hasPrototype = false;
        }
        else
        {
            do
            {
                SkipBlanks();
                if (_text.AsSpan(_at).StartsWith("..."))
                {
                    isVariadic = true;
                    _at += 3;
                }
                else
                {
                    parameters.Add(ParseType());
                }

                SkipBlanks();
            }
            while (TrySkip(','));
        }

        Expect(')');
        if (parameters is [BuiltinType { Kind: BuiltinKind.Void, Qualifiers: TypeQualifiers.None }] && !isVariadic)
            parameters.Clear();
        return type => new FunctionType(type, parameters, hasPrototype, isVariadic);
    }

    private TypeQualifiers ParsePointerQualifiers()
    {
        TypeQualifiers qualifiers = TypeQualifiers.None;
        while (true)
        {
            SkipBlanks();
            int start = _at;
            if (!TryQualifier(ReadWord(), ref qualifiers))
            {
                _at = start;
                return qualifiers;
            }
        }
    }

    private static bool TryQualifier(string word, ref TypeQualifiers qualifiers)
    {
        TypeQualifiers found = word switch
        {
            "const" => TypeQualifiers.Const,
            "volatile" => TypeQualifiers.Volatile,
            "restrict" or "__restrict" => TypeQualifiers.Restrict,
            _ => TypeQualifiers.None,
        };
        qualifiers |= found;
        return found != TypeQualifiers.None;
    }

    // "(" opens a nested declarator before "*", or around the name itself; else it opens parameters.
    private bool IsGroup()
    {
        if (Peek() != '(')
            return false;
        int inside = _at + 1;
        if (inside < _text.Length && _text[inside] is '*' or '(')
            return true;
        return _name.Length != 0 && _text.AsSpan(inside).StartsWith(_name + ")", StringComparison.Ordinal);
    }

    private char Peek() => _at < _text.Length ? _text[_at] : '\0';

    private string PeekWord()
    {
        int start = _at;
        string word = ReadWord();
        _at = start;
        return word;
    }

    private string ReadWord()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '_' or '$'))
            _at++;
        return _text[start.._at];
    }

    private void SkipBlanks()
    {
        while (Peek() == ' ')
            _at++;
    }

    private bool TrySkip(char expected)
    {
        if (Peek() != expected)
            return false;
        _at++;
        return true;
    }

    private void Expect(char expected)
    {
        SkipBlanks();
        if (!TrySkip(expected))
            throw Refused();
    }

    private GeneratorException Refused() => GeneratorException.Unsupported(_where, $"the type '{_text}'");

    [GeneratedRegex(@"\G(?:\w+::)*\((?:unnamed|anonymous)(?: struct| union| enum)? at (?<position>[^)]*:\d+:\d+)\)")]
    private static partial Regex UnnamedTag();
}
