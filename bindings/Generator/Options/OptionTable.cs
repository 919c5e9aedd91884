using System.Diagnostics.CodeAnalysis;

namespace PmemStream.Bindings.Generator.Options;

/// <summary>What is known of an option of ClangSharpPInvokeGenerator.</summary>
internal sealed record OptionSpec(string Name, bool IsMulti, bool IsSupported, bool TakesDashedValues);

/// <summary>
/// Every option of ClangSharpPInvokeGenerator 21.1, with its short and its older spellings. Options that have no
/// implementation here are known all the same: they end the value list of the option before them, and are refused
/// by name.
/// </summary>
internal static class OptionTable
{
    private static readonly Dictionary<string, OptionSpec> ByAlias = Build();

    public static bool TryMatch(
        string token, [NotNullWhen(true)] out OptionSpec? spec, out string? inlineValue)
    {
        inlineValue = null;
        if (ByAlias.TryGetValue(token, out spec))
            return true;

        // "--option=value", but only where the part before '=' is an option: "name=value" is an ordinary value.
        int equals = token.StartsWith('-') ? token.IndexOf('=', StringComparison.Ordinal) : -1;
        if (equals > 0 && ByAlias.TryGetValue(token[..equals], out spec))
        {
            inlineValue = token[(equals + 1)..];
            return true;
        }

        return false;
    }

    private static Dictionary<string, OptionSpec> Build()
    {
        Dictionary<string, OptionSpec> table = [];
        AddSupported(table);
        AddRefused(table);
        return table;
    }

    private static void AddSupported(Dictionary<string, OptionSpec> table)
    {
        Add(table, true, true, "--additional", "-a");
        Add(table, true, false, "--config", "-c");
        Add(table, true, false, "--generate", "-g");
        Add(table, true, true, "--define-macro", "-D");
        Add(table, true, false, "--exclude", "-e");
        Add(table, true, false, "--file", "-f");
        Add(table, false, false, "--header-file", "-hf", "--headerFile");
        Add(table, true, false, "--include-directory", "-I");
        Add(table, false, false, "--language", "-x");
        Add(table, false, false, "--library-path", "-l", "--libraryPath");
        Add(table, false, false, "--method-class-name", "-m", "--methodClassName");
        Add(table, false, false, "--namespace", "-n");
        Add(table, false, false, "--output", "-o");
        Add(table, false, false, "--prefix-strip", "-p", "--prefixStrip");
        Add(table, true, false, "--remap", "-r");
        Add(table, false, false, "--std", "-std");
        Add(table, true, false, "--traverse", "-t");
        Add(table, true, false, "--with-access-specifier", "-was");
        Add(table, true, false, "--with-setlasterror", "-wsle");
        Add(table, true, false, "--with-suppressgctransition", "-wsgct");
    }

    private static void AddRefused(Dictionary<string, OptionSpec> table)
    {
        string[][] refused =
        [
            ["--file-directory", "-F"],
            ["--include", "-i"],
            ["--log", "-lg"],
            ["--native-type-names-to-strip", "--nativeTypeNamesToStrip"],
            ["--no-resource-directory-detection"],
            ["--output-mode", "-om"],
            ["--remap-field", "-rf"],
            ["--remap-type", "-rt"],
            ["--resource-directory", "-rd"],
            ["--test-output", "-to"],
            ["--type-prefix-strip", "-tp", "--typePrefixStrip"],
            ["--version", "-v"],
            ["--with-attribute", "-wa"],
            ["--with-base"],
            ["--with-callconv", "-wcc"],
            ["--with-class", "-wc"],
            ["--with-conditional", "-wcond"],
            ["--with-constant-folded-value"],
            ["--with-enum-member-strip", "-wems"],
            ["--with-equality-members", "-wem"],
            ["--with-guid", "-wg"],
            ["--with-length", "-wl"],
            ["--with-library-path", "-wlb", "--with-librarypath"],
            ["--with-manual-import", "-wmi"],
            ["--with-namespace", "-wn"],
            ["--with-packing", "-wp"],
            ["--with-readonly", "-wro"],
            ["--with-transparent-struct", "-wts"],
            ["--with-type", "-wt"],
            ["--with-using", "-wu"],
            ["--without-access-specifier"],
            ["--without-setlasterror"],
            ["--without-suppressgctransition"],
            ["--help", "-?", "-h"],
        ];

        foreach (string[] aliases in refused)
        {
            OptionSpec spec = new(aliases[0], IsMulti: true, IsSupported: false, TakesDashedValues: false);
            foreach (string alias in aliases)
                table.Add(alias, spec);
        }
    }

    private static void Add(
        Dictionary<string, OptionSpec> table, bool isMulti, bool takesDashedValues, params string[] aliases)
    {
        OptionSpec spec = new(aliases[0], isMulti, IsSupported: true, takesDashedValues);
        foreach (string alias in aliases)
            table.Add(alias, spec);
    }

    /// <summary>True where this program implements the option that has the canonical name.</summary>
    public static bool IsSupported(string name) => ByAlias[name].IsSupported;
}
