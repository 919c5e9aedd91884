using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;
using Spectre.Console;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream watch PATH</c></summary>
internal sealed class WatchCommand : ToolCommand
{
    private const double SecondsMax = 3600;

    private readonly Argument<string> _path = PathArgument();
    private readonly Option<double> _interval = new("--interval")
    {
        Description = "Seconds between two looks; the default is 0.5.",
        HelpName = "SECONDS",
        CustomParser = ParseSeconds,
        DefaultValueFactory = _ => 0.5,
    };

    private readonly Option<int> _count = new("--count")
    {
        Description = "Ends after that many looks; without it, when it is interrupted.",
        HelpName = "COUNT",
    };

    public WatchCommand(ToolIo io)
        : base(io, "watch", "Shows what happens in a stream: regions filling, rates, how far everything is durable, who reads it.")
    {
        Remarks = """
            On a terminal a picture that is drawn again and again; elsewhere a table for each look, with tabs between the
            columns, and an empty line behind it. The stream is opened for reading only; the writer does not notice.
            Bytes are those of the entries with their headers and padding. Entries are counted by timestamps, which have gaps:
            there are never more. Stable is the timestamp up to which nothing will be added any more, in any region; beside a
            writer that is what it has made durable for the stream as a whole. Readers are the others that have the stream open
            for reading beside a writer, in all rows the same; pins says how many of them keep the region from being cleared.
            Where that is not known, as without a writer, both are "-".
            """;
        Examples =
        [
            "pmemstream watch orders.pms",
            "pmemstream watch orders.pms --interval 10 --count 6 > minute.tsv",
        ];
        Arguments.Add(_path);
        Options.Add(_interval);
        Options.Add(_count);
        _count.Validators.Add(parsed =>
        {
            // What is no number at all is said by the parser.
            if (int.TryParse(parsed.Tokens[^1].Value, out int count) && count < 1)
            {
                parsed.AddError($"--count {count}: expected 1 or more.");
            }
        });
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(_path)!;
        int? count = parsed.GetResult(_count) is { Implicit: false } ? parsed.GetValue(_count) : null;
        TimeSpan interval = TimeSpan.FromSeconds(parsed.GetValue(_interval));
        using PersistentStream stream = PersistentStream.OpenReadOnly(path);
        var watch = new StreamWatch(stream);
        IAnsiConsole? console = Io.OutputIsTerminal ? Terminal.On(Io.Text) : null;
        if (console is { Profile.Capabilities.Ansi: true })
        {
            Draw(console, path, watch, interval, count);
            return ExitCode.Ok;
        }

        var report = new PlainReportWriter(Io.Text);
        for (int i = 0; i != count; i++)
        {
            Wait(i, interval);
            report.Write(WatchView.Report(watch.Look()));
            Io.Text.WriteLine();
            Io.Flush();
        }

        return ExitCode.Ok;
    }

    private void Draw(IAnsiConsole console, string path, StreamWatch watch, TimeSpan interval, int? count)
    {
        // The cursor is hidden meanwhile: whoever interrupts us gets it back.
        void Interrupted(object? sender, ConsoleCancelEventArgs args)
        {
            console.Cursor.Show();
            Io.Flush();
        }

        Console.CancelKeyPress += Interrupted;
        try
        {
            console.Live(new Text(string.Empty)).Start(context =>
            {
                for (int i = 0; i != count; i++)
                {
                    Wait(i, interval);
                    context.UpdateTarget(WatchView.Picture(path, watch.Look()));
                    Io.Flush();
                }
            });
        }
        finally
        {
            Console.CancelKeyPress -= Interrupted;
        }
    }

    // Between two looks, not before the first.
    private static void Wait(int looks, TimeSpan interval)
    {
        if (looks != 0)
        {
            Thread.Sleep(interval);
        }
    }

    private static double ParseSeconds(ArgumentResult parsed)
    {
        string text = parsed.Tokens[^1].Value;
        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            || seconds is not (>= 0.01 and <= SecondsMax))
        {
            parsed.AddError($"--interval '{text}': expected seconds from 0.01 to {SecondsMax}.");
        }

        return seconds;
    }
}
