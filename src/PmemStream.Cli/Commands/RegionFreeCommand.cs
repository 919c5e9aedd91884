using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Input;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream region free PATH REGION</c></summary>
internal sealed class RegionFreeCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();
    private readonly Argument<string> _region = RegionArgument();

    public RegionFreeCommand(ToolIo io)
        : base(io, "free", "Removes a region with all of its entries, for good, and gives its space back.")
    {
        Examples =
        [
            "pmemstream region free orders.pms orders",
            "pmemstream region free orders.pms @16384",
        ];
        Arguments.Add(_path);
        Arguments.Add(_region);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        string name = parsed.GetValue(_region)!;
        using PersistentStream stream = PersistentStream.Open(path);
        Streams.Region(stream, path, name).Free();
        Io.Text.WriteLine(
            $"freed region '{EscapedText.Of(name)}': {ByteSize.Format(stream.Info.FreeBytes)} are free now");
        return ExitCode.Ok;
    }
}
