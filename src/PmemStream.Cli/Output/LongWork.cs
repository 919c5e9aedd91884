using System.Globalization;
using Spectre.Console;

namespace PmemStream.Cli.Output;

/// <summary>
/// Work that may take long: while it runs, a terminal on the standard error shows how far it is. Nothing is written to
/// anything else, and nothing is left on the terminal in the end.
/// </summary>
/// <remarks>
/// For tests: the environment variable <c>PMEMSTREAM_PROGRESS_AFTER_MS</c> says after how many milliseconds work is long
/// enough to be shown. With 0 all work is shown, also what ends at once.
/// </remarks>
internal sealed class LongWork
{
    private const string ShowAfterVariable = "PMEMSTREAM_PROGRESS_AFTER_MS";
    private const int ShowAfterMilliseconds = 300;
    private const int RefreshMilliseconds = 100;
    private const int DescriptionMax = 32;
    private const string ShowCursor = "\u001b[?25h";

    private long _done;

    private LongWork()
    {
    }

    /// <summary>How many bytes are done.</summary>
    public long Done
    {
        get => Volatile.Read(ref _done);
        set => Volatile.Write(ref _done, value);
    }

    /// <summary>Does <paramref name="work"/>, which sets <see cref="Done"/> as it goes.</summary>
    /// <param name="io">Where to show it.</param>
    /// <param name="what">What is done, in a few words.</param>
    /// <param name="totalBytes">How much there is to do; null when that is not known: then only time is shown.</param>
    /// <param name="work">The work. It may run on another thread.</param>
    public static void Run(ToolIo io, string what, long? totalBytes, Action<LongWork> work)
    {
        var progress = new LongWork();
        IAnsiConsole? console = io.ErrorIsTerminal ? Terminal.On(io.Error) : null;
        if (console is null || !console.Profile.Capabilities.Ansi)
        {
            work(progress);
            return;
        }

        Task running = Task.Run(() => work(progress));
        int showAfter = ShowAfter();
        if (showAfter == 0 || !HasEnded(running, showAfter))
        {
            Show(io, console, what, totalBytes, progress, running);
        }

        running.GetAwaiter().GetResult();
    }

    private static void Show(
        ToolIo io, IAnsiConsole console, string what, long? totalBytes, LongWork progress, Task running)
    {
        // The cursor is hidden meanwhile: whoever interrupts us gets it back.
        void Interrupted(object? sender, ConsoleCancelEventArgs args) => io.Error.Write(ShowCursor);

        ProgressColumn[] columns = totalBytes is null
            ? [new SpinnerColumn(), new TaskDescriptionColumn(), new ElapsedTimeColumn()]
            : [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()];
        Console.CancelKeyPress += Interrupted;
        try
        {
            console.Progress().AutoClear(true).Columns(columns).Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(Shorten(OneLine.Of(what))), maxValue: totalBytes ?? 1);
                task.IsIndeterminate = totalBytes is null;
                do
                {
                    task.Value = progress.Done;
                    context.Refresh();
                }
                while (!HasEnded(running, RefreshMilliseconds));
            });
        }
        finally
        {
            Console.CancelKeyPress -= Interrupted;
        }
    }

    // A long path would leave no room for the bar and the percentage; its end says most.
    private static string Shorten(string text)
    {
        int verb = text.IndexOf(' ', StringComparison.Ordinal) + 1;
        return text.Length <= DescriptionMax
            ? text
            : string.Concat(text.AsSpan(0, verb), "\u2026", text.AsSpan(text.Length - (DescriptionMax - verb - 1)));
    }

    private static int ShowAfter() => int.TryParse(
        Environment.GetEnvironmentVariable(ShowAfterVariable),
        NumberStyles.None,
        CultureInfo.InvariantCulture,
        out int milliseconds)
        ? milliseconds
        : ShowAfterMilliseconds;

    // Without throwing what the task has thrown.
    private static bool HasEnded(Task task, int milliseconds) => Task.WaitAny([task], milliseconds) == 0;
}
