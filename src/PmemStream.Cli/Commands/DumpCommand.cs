using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream dump PATH [REGION]</c></summary>
internal sealed class DumpCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();
    private readonly Argument<string?> _region = OptionalRegionArgument(
        "The region, by name or as @OFFSET (also of free space); without it everything.");

    private readonly Option<bool> _json = JsonOption("A JSON object a line.");

    public DumpCommand(ToolIo io)
        : base(io, "dump", "Lists what is stored, structure by structure: for people who debug the format.")
    {
        Remarks = """
            A line for each structure: offset, bytes, kind, whole or damaged, and its fields in words. The format is in
            native/FORMAT.md. Damage is listed as it is found, and does not change the exit code: check does that.
            Writes nothing.
            Properties of --json: offset, bytes, kind, piece (offset of the region or free space), whole, text; of words:
            value; of entries: payloadBytes, timestamp, lagBytes (null: unknown), groupContinues. Texts may change.
            """;
        Examples =
        [
            "pmemstream dump orders.pms",
            "pmemstream dump orders.pms orders | grep -w damaged",
            "pmemstream dump orders.pms --json | jq 'select(.kind == \"checkpoint\")'",
        ];
        Arguments.Add(_path);
        Arguments.Add(_region);
        Options.Add(_json);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        string? name = parsed.GetValue(_region);
        using PersistentStream stream = PersistentStream.OpenReadOnly(path);
        long? piece = name is null ? null : Piece(stream, path, name);
        using StoredWriter writer = StoredWriter.For(Io, parsed.GetValue(_json));
        bool found = false;
        foreach (StoredStructure stored in stream.EnumerateStored())
        {
            if (piece is null || stored.PieceOffset == piece)
            {
                found = true;
                writer.Write(stored);
            }
        }

        return found ? ExitCode.Ok : throw Streams.NoRegion(path, name!);
    }

    private static long Piece(PersistentStream stream, string path, string name) =>
        RegionNames.TryParseOffset(name, out long offset) && stream.Regions.All(region => region.Name != name)
            ? offset
            : Streams.Region(stream, path, name).Offset;
}
