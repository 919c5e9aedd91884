namespace PmemStream.Bindings.Generator.Options;

/// <summary>
/// Names of declarations as options give them: exact, with '*' (any run) and '?' (one character) as wildcards, and
/// '::' and '.' taken for the same separator.
/// </summary>
internal sealed class NameSet
{
    private readonly HashSet<string> _exact = [];
    private readonly List<string> _patterns = [];

    public void Add(string name)
    {
        string normalized = Normalize(name);
        if (normalized.AsSpan().ContainsAny('*', '?'))
            _patterns.Add(normalized);
        else
            _exact.Add(normalized);
    }

    public bool Contains(string name)
    {
        string normalized = Normalize(name);
        return _exact.Contains(normalized) || _patterns.Exists(pattern => Matches(pattern, normalized));
    }

    /// <summary>True where the pattern, with its wildcards, covers the whole name.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        if (pattern.IsEmpty)
            return name.IsEmpty;

        if (pattern[0] == '*')
        {
            for (int skipped = 0; skipped <= name.Length; skipped++)
            {
                if (Matches(pattern[1..], name[skipped..]))
                    return true;
            }

            return false;
        }

        return !name.IsEmpty && (pattern[0] == '?' || pattern[0] == name[0]) && Matches(pattern[1..], name[1..]);
    }

    public static string Normalize(string name) => name.Replace("::", ".", StringComparison.Ordinal);
}
