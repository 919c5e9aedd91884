using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream info PATH</c></summary>
internal sealed class InfoCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();
    private readonly Option<bool> _json = JsonOption("One JSON object, with the regions.");

    public InfoCommand(ToolIo io)
        : base(io, "info", "Describes a stream: its sizes, what it lies on, and what makes its entries durable.")
    {
        Remarks = """
            Lines of "name: value"; on a terminal also a picture of the regions and how full they are.
            Properties of --json: path, uuid, created, formatVersion, compatibleFeatures, incompatibleFeatures,
            readOnlyFeatures, sizeBytes, fileBytes, blockBytes, freeBytes, largestFreeBytes, nextTimestamp, medium,
            durability, state (an array of what is wrong), regions: each with name (null: none), offset, totalBytes,
            usableBytes, usedBytes, alignment, firstTimestamp and lastTimestamp (null: no entry), openReservations, state.
            """;
        Examples =
        [
            "pmemstream info /mnt/pmem/orders.pms",
            "pmemstream info orders.pms --json | jq .freeBytes",
        ];
        Arguments.Add(_path);
        Options.Add(_json);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        using PersistentStream stream = PersistentStream.OpenReadOnly(path);
        if (parsed.GetValue(_json))
        {
            using var json = new JsonOutput(Io.Output);
            json.WriteLine(writer => StreamJson.Write(path, stream, writer));
            return ExitCode.Ok;
        }

        ReportWriter.For(Io).Write(StreamReport.Of(path, stream));
        if (Io.OutputIsTerminal)
        {
            RegionDrawing.Write(RegionReport.Facts(stream.Regions), stream.Info.Size, Io);
        }

        return ExitCode.Ok;
    }
}
