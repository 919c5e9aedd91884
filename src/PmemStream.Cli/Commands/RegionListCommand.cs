using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;
using RegionInfo = PmemStream.Interop.RegionInfo;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream region list PATH</c></summary>
internal sealed class RegionListCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();

    public RegionListCommand(ToolIo io)
        : base(io, "list", "Lists the regions of a stream, in address order.")
    {
        Remarks = """
            A table and a picture on a terminal; otherwise a line of column names and a line for each region, with tabs between the
            columns and exact numbers of bytes.
            """;
        Examples =
        [
            "pmemstream region list orders.pms",
            "pmemstream region list orders.pms | cut -f 1,2",
        ];
        Arguments.Add(_path);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        using PersistentStream stream = PersistentStream.OpenReadOnly(parsed.GetValue(_path)!);
        List<RegionInfo> regions = RegionReport.Facts(stream.Regions);
        ReportWriter.For(Io).Write(RegionReport.Of(regions));
        if (Io.OutputIsTerminal)
        {
            RegionDrawing.Write(regions, stream.Info.Size, Io);
        }

        return ExitCode.Ok;
    }
}
