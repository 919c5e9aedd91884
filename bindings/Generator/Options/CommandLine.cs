namespace PmemStream.Bindings.Generator.Options;

/// <summary>One option as it was given: its canonical name and the values that followed it.</summary>
internal sealed record GivenOption(string Name, IReadOnlyList<string> Values);

/// <summary>
/// Splits arguments and response files into options. A response file holds one argument per line; a line is never
/// split at blanks, blank lines and lines that begin with '#' are skipped, and "@other.rsp" nests.
/// </summary>
internal static class CommandLine
{
    private const int DeepestNesting = 32;

    public static IReadOnlyList<GivenOption> Parse(IReadOnlyList<string> arguments)
    {
        List<string> tokens = [];
        foreach (string argument in arguments)
            Expand(argument, tokens, depth: 0);

        List<GivenOption> options = [];
        int index = 0;
        while (index < tokens.Count)
            options.Add(ReadOption(tokens, ref index));
        return options;
    }

    private static void Expand(string token, List<string> tokens, int depth)
    {
        if (token.Length == 0 || token[0] != '@')
        {
            tokens.Add(token);
            return;
        }

        string path = token[1..];
        if (depth > DeepestNesting)
            throw new GeneratorException($"response files nest too deeply at '{path}'");
        if (!File.Exists(path))
            throw new GeneratorException($"response file not found: '{path}'");

        foreach (string line in File.ReadAllLines(path))
        {
            string trimmed = line.Trim();
            if (trimmed.Length != 0 && trimmed[0] != '#')
                Expand(trimmed, tokens, depth + 1);
        }
    }

    private static GivenOption ReadOption(List<string> tokens, ref int index)
    {
        string token = tokens[index++];
        if (!OptionTable.TryMatch(token, out OptionSpec? spec, out string? inlineValue))
            throw new GeneratorException($"unknown option or argument '{token}'");

        if (inlineValue is not null)
            return new GivenOption(spec.Name, [inlineValue]);

        List<string> values = [];
        while (index < tokens.Count && !OptionTable.TryMatch(tokens[index], out _, out _))
        {
            string value = tokens[index];

            // Only clang's own arguments may look like options; anything else is a slip of the pen.
            if (value.StartsWith('-') && !spec.TakesDashedValues)
                throw new GeneratorException($"unknown option '{value}'");

            values.Add(value);
            index++;
            if (!spec.IsMulti)
                break;
        }

        if (values.Count == 0)
            throw new GeneratorException($"option '{spec.Name}' needs a value");
        return new GivenOption(spec.Name, values);
    }
}
