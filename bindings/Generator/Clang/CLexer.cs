namespace PmemStream.Bindings.Generator.Clang;

/// <summary>As much of C's lexical rules as it takes to find where a directive and its tokens end.</summary>
internal static class CLexer
{
    /// <summary>
    /// Reads the replacement list that begins at <paramref name="start"/>: from its first token to the end of its
    /// last one. Comments and continued lines between tokens belong to it, those around it do not.
    /// </summary>
    public static (int Start, int Stop) ReplacementList(ReadOnlySpan<byte> bytes, int start)
    {
        int first = -1;
        int stop = start;
        int index = start;

        while (index < bytes.Length && bytes[index] is not ((byte)'\n' or (byte)'\r'))
        {
            int next = SkipBlank(bytes, index);
            if (next != index)
            {
                index = next;
                continue;
            }

            if (first < 0)
                first = index;
            index = SkipTokenCharacters(bytes, index);
            stop = index;
        }

        return first < 0 ? (start, start) : (first, stop);
    }

    /// <summary>The end of the parenthesised arguments that follow a macro name, or the name's own end.</summary>
    public static int EndOfArguments(ReadOnlySpan<byte> bytes, int index)
    {
        int open = index;
        while (open < bytes.Length && bytes[open] is (byte)' ' or (byte)'\t')
            open++;
        if (open >= bytes.Length || bytes[open] != (byte)'(')
            return index;

        int depth = 0;
        int at = open;
        while (at < bytes.Length)
        {
            byte current = bytes[at];
            if (current is (byte)'"' or (byte)'\'')
            {
                at = SkipTokenCharacters(bytes, at);
                continue;
            }

            at++;
            if (current == (byte)'(')
                depth++;
            else if (current == (byte)')' && --depth == 0)
                return at;
        }

        return index;
    }

    public static bool IsIdentifier(byte value) =>
        value is (byte)'_' or (byte)'$' || char.IsAsciiLetterOrDigit((char)value) || value >= 0x80;

    // A blank, a comment, or a continued line; returns the index unchanged where there is none.
    private static int SkipBlank(ReadOnlySpan<byte> bytes, int index)
    {
        ReadOnlySpan<byte> rest = bytes[index..];
        if (rest[0] is (byte)' ' or (byte)'\t' or (byte)'\f' or (byte)'\v')
            return index + 1;
        if (rest.StartsWith("\\\n"u8))
            return index + 2;
        if (rest.StartsWith("\\\r\n"u8))
            return index + 3;

        if (rest.StartsWith("/*"u8))
        {
            int close = rest[2..].IndexOf("*/"u8);
            return close < 0 ? bytes.Length : index + close + 4;
        }

        if (rest.StartsWith("//"u8))
        {
            int line = rest.IndexOf((byte)'\n');
            return line < 0 ? bytes.Length : index + line;
        }

        return index;
    }

    // A literal as a whole, so that nothing inside it is taken for a comment; else one character.
    private static int SkipTokenCharacters(ReadOnlySpan<byte> bytes, int index)
    {
        byte quote = bytes[index];
        if (quote is not ((byte)'"' or (byte)'\''))
            return index + 1;

        int at = index + 1;
        while (at < bytes.Length && bytes[at] != quote && bytes[at] != (byte)'\n')
            at += bytes[at] == (byte)'\\' ? 2 : 1;
        return Math.Min(at + 1, bytes.Length);
    }
}
