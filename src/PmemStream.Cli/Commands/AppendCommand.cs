using System.CommandLine;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Input;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream append PATH REGION [FILE|-]</c></summary>
internal sealed class AppendCommand : ToolCommand
{
    private const string StandardInputName = "-";
    private const long EntryBytesMax = 1L << 30;

    private readonly Argument<string> _path = PathArgument();
    private readonly Argument<string> _region = RegionArgument();
    private readonly Argument<string?> _file = new("FILE")
    {
        Description = "The input; - or nothing is the standard input.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _whole = new("--whole") { Description = "The whole input becomes one entry." };
    private readonly Option<long> _recordSize = SizeOption(
        "--record-size", "Entries of that many bytes; the last may be shorter.", EntryBytesMax);

    private readonly Option<bool> _group = new("--group")
    {
        Description = "All entries of the input become one group: all of them are there after a crash, or none.",
    };

    private readonly Option<int> _persistEvery = new("--persist-every")
    {
        Description = "Makes that many entries durable at a time, and the rest at the end: faster than each by itself.",
        HelpName = "COUNT",
    };

    private readonly Option<bool> _groupCommit = new("--group-commit")
    {
        Description = "Makes entries durable as they come, those together that wait: for an input that never ends.",
    };

    public AppendCommand(ToolIo io)
        : base(io, "append", "Appends the input to a region: an entry a line, with the newline that ends it.")
    {
        Remarks = """
            Each entry is durable before the next is appended, so a line that was written to a pipe is safe soon after.
            With --persist-every a crash may lose the last COUNT of them, never one of those before, and never a part of one.
            With --group-commit nothing waits for a count: while some are made durable the next are appended, up to 16 MiB. A
            line is safe two flushes after it came, and a crash loses no more than what came within them.
            With --group nothing is appended before the end of the input, and then everything at once: up to 65536 entries.
            Memory use depends on the longest entry, not on the length of the input; with --group on all of it.
            When the region is full the exit code is 6; the message says how many entries were appended.
            """;
        Examples =
        [
            "pmemstream append orders.pms orders orders.csv",
            "tail -f app.log | pmemstream append log.pms app",
            "pmemstream read log.pms app | pmemstream append archive.pms app",
            "pmemstream append photos.pms raw --whole picture.jpg",
            "pmemstream append samples.pms adc --record-size 4KiB samples.bin",
            "pmemstream append orders.pms orders --group one-transaction.csv",
            "pmemstream append orders.pms orders --persist-every 1000 history.csv",
            "journalctl -f | pmemstream append log.pms journal --group-commit",
        ];
        Arguments.Add(_path);
        Arguments.Add(_region);
        Arguments.Add(_file);
        Options.Add(_whole);
        Options.Add(_recordSize);
        Options.Add(_group);
        Options.Add(_persistEvery);
        Options.Add(_groupCommit);
        Validators.Add(parsed =>
        {
            if (parsed.GetValue(_whole) && parsed.GetResult(_recordSize) is not null)
            {
                parsed.AddError("--whole and --record-size exclude each other: expected one of them.");
            }

            string[] ways = [
                .. new Option[] { _group, _persistEvery, _groupCommit }
                    .Where(option => parsed.GetResult(option) is { Implicit: false })
                    .Select(option => option.Name),
            ];
            if (ways.Length > 1)
            {
                parsed.AddError($"{string.Join(" and ", ways)} exclude each other: expected one of them.");
            }
        });
        _persistEvery.Validators.Add(parsed =>
        {
            // What is no number at all is said by the parser.
            if (int.TryParse(parsed.Tokens[^1].Value, out int count) && count < 1)
            {
                parsed.AddError($"--persist-every {count}: expected 1 or more.");
            }
        });
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        string name = parsed.GetValue(_region)!;
        (Stream input, string inputName) = OpenInput(parsed.GetValue(_file));
        using (input)
        using (PersistentStream stream = PersistentStream.Open(path))
        {
            StreamRegion region = Streams.Region(stream, path, name);
            using EntrySource source = Cut(parsed, input, inputName, Math.Min(EntryBytesMax, region.Info.UsableBytes));
            EntryAppender appender = Appender(parsed, region, inputName);
            long? bytes = input.CanSeek ? input.Length : null;
            LongWork.Run(Io, $"appending {inputName}", bytes, progress => Append(source, appender, progress));
            Io.Error.WriteLine(appender.Done);
        }

        return ExitCode.Ok;
    }

    private EntrySource Cut(ParseResult parsed, Stream input, string inputName, long entryBytesMax)
    {
        if (parsed.GetValue(_whole))
        {
            long bytes = input.CanSeek ? input.Length : 0;
            return new WholeSource(new InputBuffer(input, inputName, entryBytesMax, bytes));
        }

        var buffer = new InputBuffer(input, inputName, entryBytesMax);
        long recordBytes = parsed.GetValue(_recordSize);
        return recordBytes == 0 ? new LineSource(buffer) : new RecordSource(buffer, (int)recordBytes);
    }

    private (Stream Input, string Name) OpenInput(string? file)
    {
        if (file is null or StandardInputName)
        {
            return (Io.OpenInput(), "the standard input");
        }

        if (Directory.Exists(file))
        {
            throw new ToolException(ExitCode.Misuse, $"{file} is a folder: expected a file to append");
        }

        try
        {
            const FileShare any = FileShare.ReadWrite | FileShare.Delete;
            return (new FileStream(file, FileMode.Open, FileAccess.Read, any, bufferSize: 0), file);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ToolException(ExitCode.NotFound, $"{file}: there is no such file to append", exception);
        }
    }

    private EntryAppender Appender(ParseResult parsed, StreamRegion region, string inputName)
    {
        if (parsed.GetValue(_group))
        {
            return new GroupAppender(region, inputName);
        }

        if (parsed.GetValue(_groupCommit))
        {
            return new GroupCommitAppender(region);
        }

        int persistEvery = parsed.GetValue(_persistEvery);
        return persistEvery == 0 ? new DurableAppender(region) : new DeferredAppender(region, persistEvery);
    }

    private static void Append(EntrySource source, EntryAppender appender, LongWork progress)
    {
        long bytes = 0;
        try
        {
            while (source.TryRead(out ReadOnlySpan<byte> entry))
            {
                appender.Add(entry);
                bytes += entry.Length;
                progress.Done = bytes;
            }

            appender.Finish();
        }
        catch (Exception exception)
        {
            throw new AppendInterruptedException(appender.Done, exception);
        }
    }
}
