using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream check PATH</c></summary>
internal sealed class CheckCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();

    public CheckCommand(ToolIo io)
        : base(io, "check", "Verifies everything in a stream and prints each problem and a summary.")
    {
        Remarks = """
            Writes nothing, repairs nothing. The exit code is 4 if data or structure is damaged.
            """;
        Examples =
        [
            "pmemstream check orders.pms",
        ];
        Arguments.Add(_path);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        using PersistentStream stream = PersistentStream.OpenReadOnly(path);
        StreamCheck check = stream.Check();
        CheckReport.Write(check, stream, Io.Text);
        return check.IsSound
            ? ExitCode.Ok
            : throw new ToolException(
                ExitCode.Corruption, $"{path} is damaged: {Counted.Of(check.ErrorCount, "error")} found");
    }
}
