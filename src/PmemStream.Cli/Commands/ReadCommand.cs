using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream read PATH [REGION]</c></summary>
internal sealed class ReadCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();
    private readonly Argument<string?> _region = new("REGION")
    {
        Description = "The name of the region; without it all regions, in address order.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _format = new("--format")
    {
        Description = "How the entries are written.",
        DefaultValueFactory = _ => EntryFormats.Raw,
    };

    public ReadCommand(ToolIo io)
        : base(io, "read", "Writes the entries of a region to the standard output.")
    {
        Remarks = """
            raw writes the bytes of the entries, one after the other: what was appended.
            text writes a line for each entry: position, timestamp and bytes, with tabs between. \n, \r, \t, \\ and
            \xNN stand for bytes that cannot be printed. Without REGION the name of the region comes first.
            The stream is opened for reading only; a writer may be appending to it meanwhile.
            """;
        Examples =
        [
            "pmemstream read orders.pms orders > orders.csv",
            "pmemstream read log.pms app --format text | tail -n 20",
        ];
        _format.AcceptOnlyFromAmong(EntryFormats.Raw, EntryFormats.Text);
        Arguments.Add(_path);
        Arguments.Add(_region);
        Options.Add(_format);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        string? name = parsed.GetValue(_region);
        IEntryFormat format = EntryFormats.Create(parsed.GetValue(_format)!, withRegion: name is null);

        using PersistentStream stream = PersistentStream.OpenReadOnly(path);
        IEnumerable<StreamRegion> regions = name is null ? stream.Regions : [Streams.Region(stream, path, name)];
        foreach (StreamRegion region in regions)
        {
            foreach (StreamEntry entry in region)
            {
                format.Write(region.Name, entry, Io.Output);
            }
        }

        return ExitCode.Ok;
    }
}
