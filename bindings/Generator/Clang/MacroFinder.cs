using System.Globalization;
using System.Text;

namespace PmemStream.Bindings.Generator.Clang;

/// <summary>A macro as a header defines it; <see cref="Body"/> is its replacement list as it was written.</summary>
internal sealed record MacroDefinition(string Name, string Body, bool IsFunctionLike, string File, int Line)
{
    /// <summary>"file.h:12", for messages.</summary>
    public string Where => $"{File}:{Line}";
}

/// <summary>
/// Finds the macros of a header, in order. The AST has none: clang -E -dD tells which definitions are in effect and
/// where they stand, the file tells how they are written.
/// </summary>
internal static class MacroFinder
{
    public static List<MacroDefinition> Find(string preprocessed, SourceFiles sources, Predicate<string> isTraversed)
    {
        List<MacroDefinition> macros = [];
        string file = "";
        int line = 0;

        foreach (string text in preprocessed.Split('\n'))
        {
            if (TryReadMarker(text, out string markedFile, out int markedLine))
            {
                (file, line) = (markedFile, markedLine);
                continue;
            }

            if (text.StartsWith("#define ", StringComparison.Ordinal) && isTraversed(file))
                macros.Add(ReadDefinition(text, file, line, sources));
            line++;
        }

        return macros;
    }

    // # 12 "file.h" 2 3
    private static bool TryReadMarker(string text, out string file, out int line)
    {
        (file, line) = ("", 0);
        if (!text.StartsWith("# ", StringComparison.Ordinal))
            return false;

        int open = text.IndexOf('"', StringComparison.Ordinal);
        int close = text.LastIndexOf('"');
        if (open < 0 || close <= open ||
            !int.TryParse(text.AsSpan(2, open - 2).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out line))
        {
            return false;
        }

        file = text[(open + 1)..close].Replace("\\\"", "\"", StringComparison.Ordinal)
            .Replace("\\\\", "\\", StringComparison.Ordinal);
        return true;
    }

    private static MacroDefinition ReadDefinition(string text, string file, int line, SourceFiles sources)
    {
        string afterKeyword = text["#define ".Length..];
        int length = 0;
        while (length < afterKeyword.Length && CLexer.IsIdentifier((byte)Math.Min((int)afterKeyword[length], 0xFF)))
            length++;

        string name = afterKeyword[..length];
        bool isFunctionLike = length < afterKeyword.Length && afterKeyword[length] == '(';
        string body = isFunctionLike ? "" : ReadBody(name, file, line, sources);
        return new MacroDefinition(name, body, isFunctionLike, file, line);
    }

    private static string ReadBody(string name, string file, int line, SourceFiles sources)
    {
        byte[] bytes = sources.Bytes(file) ?? throw new GeneratorException($"cannot read '{file}'");
        int start = LineStart(bytes, line);
        int keyword = bytes.AsSpan(start).IndexOf("define"u8);
        byte[] nameBytes = Encoding.UTF8.GetBytes(name);
        int nameStart = keyword < 0 ? -1 : CLexer.ReplacementList(bytes, start + keyword + "define".Length).Start;
        if (nameStart < 0 || !bytes.AsSpan(nameStart).StartsWith(nameBytes))
            throw new GeneratorException($"{file}:{line}: the definition of '{name}' was not found in the file");

        int afterName = nameStart + nameBytes.Length;
        (int first, int stop) = CLexer.ReplacementList(bytes, afterName);
        return Encoding.UTF8.GetString(bytes, first, stop - first);
    }

    private static int LineStart(ReadOnlySpan<byte> bytes, int line)
    {
        int start = 0;
        for (int current = 1; current < line; current++)
        {
            int end = bytes[start..].IndexOf((byte)'\n');
            if (end < 0)
                break;
            start += end + 1;
        }

        return start;
    }
}
