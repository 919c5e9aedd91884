namespace PmemStream.Bindings.Generator.Options;

/// <summary>C# visibility of a declaration; <see cref="Unset"/> leaves the choice to the declaration.</summary>
internal enum AccessSpecifier
{
    Unset,
    Public,
    Protected,
    ProtectedInternal,
    Internal,
    PrivateProtected,
    Private,
}

/// <summary>The options of one run, checked and complete.</summary>
internal sealed class GeneratorOptions
{
    public List<string> Files { get; } = [];

    public List<string> ClangArguments { get; } = [];

    public HashSet<string> TraversedFiles { get; } = [];

    public string HeaderText { get; set; } = "";

    public string LanguageStandard { get; set; } = "";

    public string LibraryPath { get; set; } = "";

    public string MethodClassName { get; set; } = "Methods";

    public string Namespace { get; set; } = "";

    public string OutputPath { get; set; } = "";

    public string MethodPrefixToStrip { get; set; } = "";

    public NameSet Excluded { get; } = new();

    public NameSet SetLastError { get; } = new();

    public NameSet SuppressGCTransition { get; } = new();

    /// <summary>Names that the user gave to types and other declarations, by their C name.</summary>
    public Dictionary<string, string> Remapped { get; } = [];

    public List<(string Pattern, AccessSpecifier Specifier)> AccessSpecifiers { get; } = [];

    public ConfigSwitches Switches { get; } = new();

    /// <summary>The visibility that was asked for by exact name, or else by the most literal pattern.</summary>
    public AccessSpecifier FindAccessSpecifier(string name, bool includeStar)
    {
        string normalized = NameSet.Normalize(name);
        AccessSpecifier best = AccessSpecifier.Unset;
        int bestLength = -1;

        foreach ((string pattern, AccessSpecifier specifier) in AccessSpecifiers)
        {
            if (pattern == normalized)
                return specifier;
            if (pattern == "*" && !includeStar)
                continue;

            int literalLength = pattern.Count(c => c is not ('*' or '?'));
            if (literalLength > bestLength && NameSet.Matches(pattern, normalized))
                (best, bestLength) = (specifier, literalLength);
        }

        return best;
    }
}
