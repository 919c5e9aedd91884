using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;
using RegionInfo = PmemStream.Interop.RegionInfo;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream read PATH [REGION]</c></summary>
internal sealed class ReadCommand : ToolCommand
{
    private readonly Argument<string> _path = PathArgument();
    private readonly Argument<string?> _region = OptionalRegionArgument(
        "The region, by name, or as @OFFSET; without it all regions, in address order.");

    private readonly Option<ulong?> _from = new("--from")
    {
        Description = "Begin at the first entry with that timestamp or a later one.",
        HelpName = "TIMESTAMP",
        CustomParser = ParseTimestamp,
    };

    private readonly Option<EntryPosition?> _after = new("--after")
    {
        Description = "Begin behind the entry at that position of REGION, to go on where an earlier reading ended.",
        HelpName = "POSITION",
        CustomParser = ParsePosition,
    };

    private readonly Option<bool> _merged = new("--merged")
    {
        Description = "All regions, in the order of the timestamps instead of region after region.",
    };

    private readonly Option<bool> _follow = new("--follow", "-f")
    {
        Description = "At the end of REGION waits for more, and writes entries as they come, until it is interrupted.",
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
            hex writes a line with the position for each entry, and its bytes as hexdump -C does.
            json writes an object a line for each entry: region, offset, timestamp, position, bytes (how many), and data,
            or dataBase64 where the bytes are not UTF-8.
            A position is OFFSET@TIMESTAMP, as text, hex and json write it. Timestamps are a logical clock, not the time of day.
            The stream is opened for reading only; a writer may be appending to it meanwhile: what is committed at the
            start is read. With --merged, beside a writer, only what cannot be overtaken by an earlier entry any more: what
            the writer has made durable for the stream as a whole. A line on the standard error says where that ends.
            """;
        Examples =
        [
            "pmemstream read orders.pms orders > orders.csv",
            "pmemstream read log.pms app --format text | tail -n 20",
            "pmemstream read log.pms app --format json --from 1200 | jq -r .data",
            "pmemstream read log.pms app --format hex --after 16896@12",
            "pmemstream read log.pms --merged --format text --from 1200",
            "pmemstream read log.pms app --follow",
        ];
        _format.AcceptOnlyFromAmong(EntryFormats.Raw, EntryFormats.Text, EntryFormats.Hex, EntryFormats.Json);
        Arguments.Add(_path);
        Arguments.Add(_region);
        Options.Add(_from);
        Options.Add(_after);
        Options.Add(_merged);
        Options.Add(_follow);
        Options.Add(_format);
        Validators.Add(Validate);
        SetAction(Run);
    }

    private void Validate(CommandResult parsed)
    {
        if (parsed.GetValue(_merged))
        {
            RefuseWithMerged(parsed);
            return;
        }

        if (parsed.GetValue(_follow) && parsed.GetResult(_region) is not { Tokens.Count: > 0 })
        {
            parsed.AddError("--follow waits for the entries of one region: expected REGION.");
        }

        if (parsed.GetResult(_after) is null)
        {
            return;
        }

        if (parsed.GetResult(_from) is not null)
        {
            parsed.AddError("--from and --after exclude each other: expected one of them.");
        }
        else if (parsed.GetResult(_region) is not { Tokens.Count: > 0 })
        {
            parsed.AddError("--after is a position in one region: expected REGION.");
        }
    }

    private void RefuseWithMerged(CommandResult parsed)
    {
        if (parsed.GetResult(_region) is { Tokens.Count: > 0 })
        {
            parsed.AddError("--merged reads all regions: expected no REGION.");
        }
        else if (parsed.GetValue(_follow))
        {
            parsed.AddError("--merged and --follow exclude each other: expected one of them.");
        }
        else if (parsed.GetResult(_after) is not null)
        {
            parsed.AddError("--merged and --after exclude each other: expected --from, with a timestamp.");
        }
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        string? name = parsed.GetValue(_region);
        ulong? from = parsed.GetValue(_from);
        EntryPosition? after = parsed.GetValue(_after);

        using PersistentStream stream = PersistentStream.OpenReadOnly(path);
        IEnumerable<StreamRegion> regions = name is null ? stream.Regions : [Streams.Region(stream, path, name)];

        // Looked up before anything is read: a writer that goes on appending, even what we write, does not keep us.
        List<Part> parts = [.. regions.Select(region => new Part(region, region.Info))];
        using EntryFormat format = EntryFormats.Create(parsed.GetValue(_format)!, withRegion: name is null, Io.Output);
        if (parsed.GetValue(_follow))
        {
            new FollowedRegion(parts[0].Region, format, Io).Run(from, after);
            return ExitCode.Ok;
        }

        bool isMerged = parsed.GetValue(_merged);
        ulong stable = isMerged ? stream.StableTimestamp : ulong.MaxValue;

        void Read(LongWork? progress)
        {
            if (isMerged)
            {
                ReadMerged(stream.ReadAll(from ?? 0), format, progress);
                return;
            }

            long bytesBefore = 0;
            foreach (Part part in parts)
            {
                ReadPart(part, Entries(part.Region, from, after), format, progress, bytesBefore);
                bytesBefore += part.Info.UsedBytes;
            }
        }

        RunLong($"reading {path}", parts, Read);
        if (parts.Max(part => part.Info.LastTimestamp) > stable)
        {
            Io.Error.WriteLine(
                $"read up to timestamp {stable}: a writer has the stream open, and could still add entries before later ones");
        }

        return ExitCode.Ok;
    }

    // Where somebody sees what comes out nothing else need show how far it is.
    private void RunLong(string what, List<Part> parts, Action<LongWork?> read)
    {
        if (Io.OutputIsFile)
        {
            LongWork.Run(Io, what, parts.Sum(part => part.Info.UsedBytes), read);
        }
        else
        {
            read(null);
        }
    }

    // It ends by itself, at what was stable when it began.
    private static void ReadMerged(MergedSequence entries, EntryFormat format, LongWork? progress)
    {
        foreach (MergedEntry entry in entries)
        {
            format.Write(RegionNames.Of(entry.Region), entry.Entry);
            if (progress is not null)
            {
                progress.Done += entry.Data.Length;
            }
        }
    }

    private static EntrySequence Entries(StreamRegion region, ulong? from, EntryPosition? after) => (from, after) switch
    {
        ({ } timestamp, _) => region.EntriesFromTimestamp(timestamp),
        (_, { } position) => region.EntriesAfter(position),
        _ => region.Entries,
    };

    private static void ReadPart(
        Part part, EntrySequence entries, EntryFormat format, LongWork? progress, long bytesBefore)
    {
        string name = RegionNames.Of(part.Region);
        long start = part.Info.Offset + part.Info.TotalBytes - part.Info.UsableBytes;
        foreach (StreamEntry entry in entries)
        {
            if (entry.Position.Offset >= part.Info.CommittedOffset)
            {
                return;
            }

            format.Write(name, entry);
            if (progress is not null)
            {
                progress.Done = bytesBefore + entry.Position.Offset - start;
            }
        }
    }

    private static ulong? ParseTimestamp(ArgumentResult parsed)
    {
        string text = parsed.Tokens[^1].Value;
        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong timestamp))
        {
            parsed.AddError($"--from '{text}': expected a timestamp of the stream's logical clock, such as 1200.");
        }

        return timestamp;
    }

    private static EntryPosition? ParsePosition(ArgumentResult parsed)
    {
        string text = parsed.Tokens[^1].Value;
        if (!EntryPosition.TryParse(text, CultureInfo.InvariantCulture, out EntryPosition position))
        {
            parsed.AddError($"--after '{text}': expected a position, OFFSET@TIMESTAMP, such as 16896@12.");
        }

        return position;
    }

    private sealed record Part(StreamRegion Region, RegionInfo Info);
}
