using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Input;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream grow PATH SIZE</c></summary>
internal sealed class GrowCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();
    private readonly Argument<long> _size = SizeArgument("SIZE", "The new size of the stream, such as 512MiB.");

    public GrowCommand(ToolIo io)
        : base(io, "grow", "Makes a stream larger, in place.")
    {
        Remarks = """
            SIZE is the size that it has then, not what is added to it. All of it is allocated now; where there is no
            room, nothing changes. Readers may have the stream open. A stream does not shrink.
            """;
        Examples =
        [
            "pmemstream grow orders.pms 512MiB",
        ];
        Arguments.Add(_path);
        Arguments.Add(_size);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        using PersistentStream stream = PersistentStream.Open(path);
        long before = stream.Info.Size;
        StreamInfo info = UserValues.Check(() =>
        {
            stream.Grow(parsed.GetValue(_size));
            return stream.Info;
        });
        Io.Text.WriteLine(
            info.Size == before
                ? $"{path} has {ByteSize.Format(before)} already"
                : $"grew {path} from {ByteSize.Format(before)} to {ByteSize.Format(info.Size)}: "
                    + $"{ByteSize.Format(info.FreeBytes)} free");
        return ExitCode.Ok;
    }
}
