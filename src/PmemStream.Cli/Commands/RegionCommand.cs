namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream region ...</c></summary>
internal sealed class RegionCommand : ToolCommand
{
    public RegionCommand(ToolIo io)
        : base(io, "region", "Creates and lists regions.")
    {
        Examples =
        [
            "pmemstream region create orders.pms orders --size 64MiB",
            "pmemstream region list orders.pms",
        ];
        Subcommands.Add(new RegionCreateCommand(io));
        Subcommands.Add(new RegionListCommand(io));
    }
}
