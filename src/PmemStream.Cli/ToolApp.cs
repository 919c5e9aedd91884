using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using PmemStream.Cli.Commands;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;

namespace PmemStream.Cli;

/// <summary>One run of the tool: parses, runs the command, makes one line and an exit code of any failure.</summary>
internal static class ToolApp
{
    /// <summary>Runs the tool with <paramref name="args"/> on <paramref name="io"/>; returns the exit code.</summary>
    public static int Run(IReadOnlyList<string> args, ToolIo io)
    {
        try
        {
            int exitCode = Invoke(args, io);
            io.Flush();
            return exitCode;
        }
        catch (OutputClosedException)
        {
            // Whoever read our output has seen enough (pmemstream read x | head -1).
            return ExitCode.Ok;
        }
#pragma warning disable CA1031 // The one place where every failure becomes an exit code.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Report(FailureMapper.Map(exception), io);
        }
    }

    private static int Invoke(IReadOnlyList<string> args, ToolIo io)
    {
        var parser = new ParserConfiguration
        {
            // "@name" is a good name of a file or region.
            ResponseFileTokenReplacer = null,
            EnablePosixBundling = false,
        };
        ParseResult parsed = new PmemStreamCommand(io).Parse(args, parser);
        if (Problem(parsed, args) is { } problem)
        {
            throw new ToolException(ExitCode.Misuse, $"{problem} {HelpHint(parsed)}");
        }

        return parsed.Invoke(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            Output = io.Text,
            Error = io.Error,
        });
    }

    // What is wrong with the command line, or null. A mistyped word is worth more than what is missing without it.
    private static string? Problem(ParseResult parsed, IReadOnlyList<string> args)
    {
        // The runtime has put it where the bytes of an argument are not UTF-8: such a name would be another one.
        if (args.FirstOrDefault(arg => arg.Contains('\uFFFD', StringComparison.Ordinal)) is { } undecoded)
        {
            return $"'{undecoded}' is not valid UTF-8.";
        }

        // The parser takes an option that it does not know for an argument.
        HashSet<string> options = [.. args.TakeWhile(arg => arg != "--").Where(arg => arg is ['-', _, ..])];
        string? unknown = parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Select(token => token.Value)
            .FirstOrDefault(options.Contains);
        if (unknown is not null)
        {
            return $"There is no option '{unknown}' here; a name that begins with '-' comes after '--'.";
        }

        return parsed switch
        {
            { Action: not ParseErrorAction } => null,
            { UnmatchedTokens: [var unexpected, ..] } =>
                $"'{unexpected}' is no command, option or argument that is expected here.",
            _ => parsed.Errors[0].Message,
        };
    }

    private static string HelpHint(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = parsed.CommandResult; at is not null; at = at.Parent)
        {
            if (at is CommandResult { Command: not RootCommand } command)
            {
                names.Push(command.Command.Name);
            }
        }

        return $"(see: {string.Join(' ', names.Prepend("pmemstream"))} --help)";
    }

    private static int Report(Failure failure, ToolIo io)
    {
        try
        {
            // What was found before the failure is good.
            io.Flush();
        }
        catch (Exception exception) when (exception is OutputClosedException or ToolException)
        {
            // The failure that we report came first.
        }

        io.Error.WriteLine($"pmemstream: {OneLine.Of(failure.Message)}");
        io.Error.Flush();
        return failure.ExitCode;
    }
}
