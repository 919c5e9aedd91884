using System.Text;
using System.Text.RegularExpressions;

namespace PmemStream.Bindings.Generator.Clang;

/// <summary>
/// Has clang make constants of macros. A file is written that includes the header and then declares one constant per
/// macro; a macro that is no expression leaves an invalid declaration behind, which nobody looks at.
/// </summary>
internal sealed partial class MacroProbe
{
    private const string MacroPrefix = "MacroValue_";
    private const string AlignmentPrefix = "PackedAlignment_";

    private readonly ClangTool _clang;
    private readonly SourceFiles _sources;
    private readonly string _path;
    private readonly Dictionary<string, string> _bodies = [];
    private readonly Lazy<Dictionary<string, List<string>>> _expandedNumbers;
    private string _preprocessed = "";

    private MacroProbe(ClangTool clang, SourceFiles sources, string path)
    {
        _clang = clang;
        _sources = sources;
        _path = path;
        _expandedNumbers = new Lazy<Dictionary<string, List<string>>>(ReadExpandedNumbers);
    }

    /// <summary>The AST of the file, with the constants at its end.</summary>
    public AstNode Ast { get; private set; } = null!;

    public static MacroProbe Run(
        ClangTool clang,
        SourceFiles sources,
        string header,
        IReadOnlyList<MacroDefinition> macros,
        IReadOnlyList<string> packedTypes)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pmemstream-bindings-");
        try
        {
            MacroProbe probe = new(clang, sources, Path.Combine(folder.FullName, "probe.c"));
            probe.Write(header, macros, packedTypes);
            return probe;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The macro that a constant of the probe stands for, or null for any other declaration.</summary>
    public static string? MacroOf(string variable) =>
        variable.StartsWith(MacroPrefix, StringComparison.Ordinal) ? variable[MacroPrefix.Length..] : null;

    /// <summary>The type that an enumerator of the probe tells the alignment of, or null.</summary>
    public static int? PackedTypeIndexOf(string enumerator) =>
        enumerator.StartsWith(AlignmentPrefix, StringComparison.Ordinal) &&
        int.TryParse(enumerator.AsSpan(AlignmentPrefix.Length), out int index)
            ? index
            : null;

    /// <summary>
    /// The text of the expression that a macro stands for: from its first to its last token, or to the end of the
    /// replacement list where another macro brought the last token in. An argument of a macro counts from where it
    /// was written.
    /// </summary>
    public string ExpressionText(string macro, AstNode initializer)
    {
        string body = _bodies[macro];
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        SourceLocation begin = initializer.Begin;
        SourceLocation end = initializer.End;
        int bodyStart = begin.Expansion.Offset;
        int start = 0;
        int stop = bytes.Length;

        if (begin.IsMacroArgument && begin.Spelling.File == _path)
            start = begin.Spelling.Offset - bodyStart;
        if ((end.IsMacroArgument || !end.IsMacro) && end.Spelling.File == _path)
            stop = end.Spelling.Offset + end.Spelling.TokenLength - bodyStart;
        return start >= 0 && start <= stop && stop <= bytes.Length
            ? Encoding.UTF8.GetString(bytes, start, stop - start)
            : body;
    }

    /// <summary>
    /// How the numbers of a macro are written once it is expanded, in order: the only way to learn the spelling of
    /// one that was pasted together, or that the compiler itself defines.
    /// </summary>
    public IReadOnlyList<string> ExpandedNumbers(string macro) =>
        _expandedNumbers.Value.TryGetValue(macro, out List<string>? numbers) ? numbers : [];

    private void Write(string header, IReadOnlyList<MacroDefinition> macros, IReadOnlyList<string> packedTypes)
    {
        StringBuilder text = new();
        string include = Path.GetFullPath(header).Replace("\\", "\\\\", StringComparison.Ordinal);
        text.Append("#include \"").Append(include).Append("\"\n");

        int line = 2;
        foreach (MacroDefinition macro in macros)
        {
            text.Append("\nconst __auto_type ").Append(MacroPrefix).Append(macro.Name).Append(" = ");
            text.Append(macro.Body).Append(";\n");
            _bodies.TryAdd(macro.Name, macro.Body);

            // A blank line, and as many as the macro has.
            line++;
            int end = line + macro.Body.Count(c => c == '\n') + 1;
            for (; line < end; line++)
                _sources.SetOrigin(_path, line, macro.Where);
        }

        for (int i = 0; i < packedTypes.Count; i++)
            text.Append($"\nenum {{ {AlignmentPrefix}{i} = _Alignof({packedTypes[i]}) }};\n");

        File.WriteAllText(_path, text.ToString());
        _ = _sources.Bytes(_path);
        Ast = AstReader.Read(_clang.DumpAstDespiteErrors(_path).Output);
        _preprocessed = _clang.Preprocess(_path);
    }

    private Dictionary<string, List<string>> ReadExpandedNumbers()
    {
        Dictionary<string, List<string>> numbers = [];
        foreach (Match constant in Constant().Matches(_preprocessed))
        {
            List<string> found = [];
            foreach (Match token in Token().Matches(constant.Groups["value"].Value))
            {
                if (token.Groups["number"].Success)
                    found.Add(token.Value);
            }

            numbers.TryAdd(constant.Groups["name"].Value, found);
        }

        return numbers;
    }

    [GeneratedRegex(@"const __auto_type " + MacroPrefix + @"(?<name>\w+) = (?<value>[^;]*);")]
    private static partial Regex Constant();

    // Identifiers and literals of text have to be matched too, so that no digit in them is taken for a number.
    [GeneratedRegex(
        """[A-Za-z_]\w*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?<number>\.?[0-9](?:[eEpP][+-]|[0-9A-Za-z_.])*)""")]
    private static partial Regex Token();
}
