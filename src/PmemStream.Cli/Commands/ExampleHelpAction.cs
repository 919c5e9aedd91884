using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace PmemStream.Cli.Commands;

/// <summary>The usual help, followed by the examples of the command.</summary>
internal sealed class ExampleHelpAction(HelpAction usual) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        Command command = parseResult.CommandResult.Command;
        if (command is ToolCommand tool)
        {
            WriteNotes(tool, output);
        }
        else if (command is PmemStreamCommand)
        {
            output.WriteLine("Examples:");
            output.WriteLine("  pmemstream create orders.pms --size 256MiB");
            output.WriteLine("  pmemstream region create orders.pms orders --size 64MiB");
            output.WriteLine("  pmemstream append orders.pms orders orders.csv");
            output.WriteLine("  pmemstream read orders.pms orders");
            output.WriteLine();
            output.WriteLine("Sizes are 65536, 64KiB, 256MiB, 1GiB. REGION is a name, or @OFFSET (see: region list).");
            output.WriteLine();
            output.WriteLine("Exit codes:");
            output.WriteLine("  0 ok, 1 a bug of the tool, 2 misuse, 3 not found, 4 corruption or not a stream,");
            output.WriteLine("  5 busy, 6 input/output (no space, region full, no permission)");
        }

        return exitCode;
    }

    private static void WriteNotes(ToolCommand tool, TextWriter output)
    {
        if (tool.Remarks is not null)
        {
            output.WriteLine("Notes:");
            output.WriteLine($"  {tool.Remarks.Replace("\n", "\n  ", StringComparison.Ordinal)}");
            output.WriteLine();
        }

        output.WriteLine("Examples:");
        foreach (string example in tool.Examples)
        {
            output.WriteLine($"  {example}");
        }
    }
}
