using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream check PATH</c></summary>
internal sealed class CheckCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();
    private readonly Option<bool> _json = JsonOption("One JSON object.");

    public CheckCommand(ToolIo io)
        : base(io, "check", "Verifies everything in a stream and prints each problem and a summary.")
    {
        Remarks = """
            Writes nothing, repairs nothing. The exit code is 4 if data or structure is damaged.
            Properties of --json: path, sound, errorCount, regionCount, entryCount, payloadBytes, freeBytes, problems: each
            with severity (note, warning, error), position, region (a name or @OFFSET, or null), regionOffset, message.
            """;
        Examples =
        [
            "pmemstream check orders.pms",
            "pmemstream check orders.pms --json | jq .problems",
        ];
        Arguments.Add(_path);
        Options.Add(_json);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        using PersistentStream stream = PersistentStream.OpenReadOnly(path);
        StreamCheck? found = null;
        LongWork.Run(Io, $"checking {path}", totalBytes: null, _ => found = stream.Check());
        StreamCheck check = found!;
        if (parsed.GetValue(_json))
        {
            using var json = new JsonOutput(Io.Output);
            json.WriteLine(writer => CheckReport.Write(check, path, stream, writer));
        }
        else
        {
            CheckReport.Write(check, stream, Io.Text);
        }

        return check.IsSound
            ? ExitCode.Ok
            : throw new ToolException(
                ExitCode.Corruption, $"{path} is damaged: {Counted.Of(check.ErrorCount, "error")} found");
    }
}
