using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Input;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream create PATH --size SIZE</c></summary>
internal sealed class CreateCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();
    private readonly Option<long> _size = SizeOption(
        "--size", "Size of the stream, such as 256MiB. Can be left out for a device: then all of it.");

    private readonly Option<bool> _overwrite = new("--overwrite")
    {
        Description = "Replace what is there. Its data is lost.",
    };

    public CreateCommand(ToolIo io)
        : base(io, "create", "Creates an empty stream.")
    {
        Remarks = """
            All of its space is allocated now, so that appending never runs out of disk.
            """;
        Examples =
        [
            "pmemstream create /mnt/pmem/orders.pms --size 256MiB",
        ];
        Arguments.Add(_path);
        Options.Add(_size);
        Options.Add(_overwrite);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        var options = new PersistentStreamOptions
        {
            Size = parsed.GetValue(_size),
            Overwrite = parsed.GetValue(_overwrite),
        };
        using PersistentStream stream = UserValues.Check(() => PersistentStream.Create(path, options));
        StreamInfo info = stream.Info;
        Io.Text.WriteLine($"created {path}: {ByteSize.Format(info.Size)}, {info.MediumDescription}");
        return ExitCode.Ok;
    }
}
