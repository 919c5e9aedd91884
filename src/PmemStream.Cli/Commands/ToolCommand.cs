using System.CommandLine;
using PmemStream.Cli.Input;

namespace PmemStream.Cli.Commands;

/// <summary>A command of the tool. Each has an example or more, shown by <c>--help</c>.</summary>
internal abstract class ToolCommand : Command
{
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
    protected static Argument<string> PathArgument() => new("PATH")
    {
        Description = "The stream: a file, or a device.",
        CustomParser = parsed => NotEmpty(parsed, "PATH"),
    };

    /// <summary>The argument that names a region.</summary>
    protected static Argument<string> RegionArgument(string name = "REGION") => new(name)
    {
        Description = "The name of the region.",
        CustomParser = parsed => NotEmpty(parsed, name),
    };

    /// <summary>An option whose value is a size in bytes, up to <paramref name="bytesMax"/>.</summary>
    protected static Option<long> SizeOption(
        string name, string description, long bytesMax = long.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = parsed =>
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
        },
    };

    private static string NotEmpty(System.CommandLine.Parsing.ArgumentResult parsed, string name)
    {
        string text = parsed.Tokens[^1].Value;
        if (text.Length == 0)
        {
            parsed.AddError($"{name} is empty: expected a name.");
        }

        return text;
    }
}
