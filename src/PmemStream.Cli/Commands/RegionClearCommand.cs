using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Input;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream region clear PATH REGION</c></summary>
internal sealed class RegionClearCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();
    private readonly Argument<string> _region = RegionArgument();

    public RegionClearCommand(ToolIo io)
        : base(io, "clear", "Removes all entries of a region, at once and for good. The region stays.")
    {
        Examples =
        [
            "pmemstream region clear orders.pms orders",
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
        StreamRegion region = Streams.Region(stream, path, name);
        region.Clear();
        Io.Text.WriteLine(
            $"cleared region '{EscapedText.Of(name)}': {ByteSize.Format(region.Info.UsableBytes)} for entries");
        return ExitCode.Ok;
    }
}
