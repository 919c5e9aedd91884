using System.CommandLine;
using System.CommandLine.Help;

namespace PmemStream.Cli.Commands;

/// <summary>The root: <c>pmemstream</c>.</summary>
internal sealed class PmemStreamCommand : RootCommand
{
    /// <summary>Puts the commands together.</summary>
    public PmemStreamCommand(ToolIo io)
        : base("Crash-safe append-only streams on persistent memory and ordinary files.")
    {
        Subcommands.Add(new CreateCommand(io));
        Subcommands.Add(new GrowCommand(io));
        Subcommands.Add(new InfoCommand(io));
        Subcommands.Add(new RegionCommand(io));
        Subcommands.Add(new AppendCommand(io));
        Subcommands.Add(new ReadCommand(io));
        Subcommands.Add(new WatchCommand(io));
        Subcommands.Add(new CheckCommand(io));
        Subcommands.Add(new DumpCommand(io));
        Subcommands.Add(new CompletionCommand(io));

        foreach (HelpOption help in Options.OfType<HelpOption>())
        {
            help.Action = new ExampleHelpAction((HelpAction)help.Action!);
        }
    }
}
