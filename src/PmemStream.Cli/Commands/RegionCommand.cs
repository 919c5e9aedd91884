namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream region ...</c></summary>
internal sealed class RegionCommand : ToolCommand
{
    public RegionCommand(ToolIo io)
        : base(io, "region", "Creates, lists, clears and frees regions.")
    {
        Examples =
        [
            "pmemstream region create orders.pms orders --size 64MiB",
            "pmemstream region list orders.pms",
            "pmemstream region clear orders.pms orders",
            "pmemstream region free orders.pms orders",
        ];
        Subcommands.Add(new RegionCreateCommand(io));
        Subcommands.Add(new RegionListCommand(io));
        Subcommands.Add(new RegionClearCommand(io));
        Subcommands.Add(new RegionFreeCommand(io));
    }
}
