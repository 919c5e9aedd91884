using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream info PATH</c></summary>
internal sealed class InfoCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();

    public InfoCommand(ToolIo io)
        : base(io, "info", "Describes a stream: its sizes, what it lies on, and what makes its entries durable.")
    {
        Examples =
        [
            "pmemstream info /mnt/pmem/orders.pms",
        ];
        Arguments.Add(_path);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        using PersistentStream stream = PersistentStream.OpenReadOnly(path);
        ReportWriter.For(Io).Write(StreamReport.Of(path, stream));
        return ExitCode.Ok;
    }
}
