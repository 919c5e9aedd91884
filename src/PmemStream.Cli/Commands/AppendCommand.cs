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

    public AppendCommand(ToolIo io)
        : base(io, "append", "Appends the input to a region: an entry a line, with the newline that ends it.")
    {
        Remarks = """
            Each entry is durable before the next is appended, so a line that was written to a pipe is safe soon after.
            Memory use depends on the longest entry, not on the length of the input.
            When the region is full the exit code is 6; the message says how many entries were appended.
            """;
        Examples =
        [
            "pmemstream append orders.pms orders orders.csv",
            "tail -f app.log | pmemstream append log.pms app",
            "pmemstream read log.pms app | pmemstream append archive.pms app",
            "pmemstream append photos.pms raw --whole picture.jpg",
            "pmemstream append samples.pms adc --record-size 4KiB samples.bin",
        ];
        Arguments.Add(_path);
        Arguments.Add(_region);
        Arguments.Add(_file);
        Options.Add(_whole);
        Options.Add(_recordSize);
        Validators.Add(parsed =>
        {
            if (parsed.GetValue(_whole) && parsed.GetResult(_recordSize) is not null)
            {
                parsed.AddError("--whole and --record-size exclude each other: expected one of them.");
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
            string done = "";
            long? bytes = input.CanSeek ? input.Length : null;
            LongWork.Run(
                Io, $"appending {inputName}", bytes, progress => done = Append(source, region, name, progress));
            Io.Error.WriteLine(done);
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

    private static string Append(EntrySource source, StreamRegion region, string name, LongWork progress)
    {
        long entries = 0;
        long bytes = 0;
        string Done() => $"appended {Counted.Of(entries, "entry", "entries")} ({Counted.Of(bytes, "byte")}) "
            + $"to region '{EscapedText.Of(name)}'";
        try
        {
            while (source.TryRead(out ReadOnlySpan<byte> entry))
            {
                if (!region.TryAppend(entry, out _))
                {
                    throw new ToolException(
                        ExitCode.Io, $"the region is full: the next entry of {entry.Length} bytes does not fit");
                }

                entries++;
                bytes += entry.Length;
                progress.Done = bytes;
            }
        }
        catch (Exception exception)
        {
            throw new AppendInterruptedException(Done(), exception);
        }

        return Done();
    }
}
