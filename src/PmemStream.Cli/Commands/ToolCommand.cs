using System.CommandLine;
using System.CommandLine.Completions;
using PmemStream.Cli.Input;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary>A command of the tool. Each has an example or more, shown by <c>--help</c>.</summary>
internal abstract class ToolCommand : Command
{
    private const string PathName = "PATH";

    /// <summary>Makes the command; <paramref name="summary"/> is one short sentence.</summary>
    protected ToolCommand(ToolIo io, string name, string summary)
        : base(name, summary) => Io = io;

    /// <summary>What <c>--help</c> says besides the summary.</summary>
    public string? Remarks { get; protected init; }

    /// <summary>Command lines that show what it is for.</summary>
    public IReadOnlyList<string> Examples { get; protected init; } = [];

    /// <summary>What it reads and writes.</summary>
    protected ToolIo Io { get; }

    /// <summary>The argument that names the stream.</summary>
    protected static Argument<string> PathArgument() => new(PathName)
    {
        Description = "The stream: a file, or a device.",
        CustomParser = parsed => NotEmpty(parsed, PathName),
    };

    /// <summary>The argument that names a region.</summary>
    protected static Argument<string> RegionArgument() => new("REGION")
    {
        Description = "The region, by name, or as @OFFSET.",
        CustomParser = parsed => NotEmpty(parsed, "REGION"),
        CompletionSources = { RegionsOfThePath },
    };

    /// <summary>The argument that names a region, and can be left out.</summary>
    protected static Argument<string?> OptionalRegionArgument(string description) => new("REGION")
    {
        Description = description,
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources = { RegionsOfThePath },
    };

    /// <summary>The option that asks for JSON.</summary>
    protected static Option<bool> JsonOption(string description) => new("--json") { Description = description };

    /// <summary>An option whose value is a size in bytes, up to <paramref name="bytesMax"/>.</summary>
    protected static Option<long> SizeOption(
        string name, string description, long bytesMax = long.MaxValue) => new(name)
        {
            Description = description,
            HelpName = "SIZE",
            CustomParser = parsed => ParseSize(parsed, name, bytesMax),
        };

    /// <summary>An argument that is a size in bytes.</summary>
    protected static Argument<long> SizeArgument(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = parsed => ParseSize(parsed, name, long.MaxValue),
    };

    /// <summary>Checks that an argument is not empty.</summary>
    protected static string NotEmpty(System.CommandLine.Parsing.ArgumentResult parsed, string name)
    {
        string text = parsed.Tokens[^1].Value;
        if (text.Length == 0)
        {
            parsed.AddError($"{name} is empty: expected a name.");
        }

        return text;
    }

    private static long ParseSize(System.CommandLine.Parsing.ArgumentResult parsed, string name, long bytesMax)
    {
        string text = parsed.Tokens[^1].Value;
        if (!ByteSize.TryParse(text, out long bytes))
        {
            parsed.AddError($"{name} '{text}': expected {ByteSize.Expected}.");
        }
        else if (bytes > bytesMax)
        {
            parsed.AddError($"{name} '{text}': expected at most {ByteSize.Format(bytesMax)}.");
        }

        return bytes;
    }

    // For the completion of a shell: what cannot be found out is left out.
    private static IEnumerable<CompletionItem> RegionsOfThePath(CompletionContext context)
    {
        Argument? path = context.ParseResult.CommandResult.Command.Arguments.FirstOrDefault(
            argument => argument.Name == PathName);
        if (path is null || context.ParseResult.GetResult(path)?.Tokens is not [var token, ..])
        {
            return [];
        }

        try
        {
            using PersistentStream stream = PersistentStream.OpenReadOnly(token.Value);
            return [
                .. stream.Regions.Select(RegionNames.Of)
                    .Where(name => EscapedText.Of(name) == name)
                    .Select(name => new CompletionItem(name)),
            ];
        }
        catch (Exception exception) when (exception is PmemStreamException or ArgumentException)
        {
            return [];
        }
    }
}
