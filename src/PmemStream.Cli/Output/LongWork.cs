using Spectre.Console;

namespace PmemStream.Cli.Output;

/// <summary>
/// Work that may take long: while it runs, a terminal on the standard error shows how far it is. Nothing is written to
/// anything else, and nothing is left on the terminal in the end.
/// </summary>
internal sealed class LongWork
{
    private const int ShowAfterMilliseconds = 300;
    private const int RefreshMilliseconds = 100;
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
        if (!HasEnded(running, ShowAfterMilliseconds))
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
                ProgressTask task = context.AddTask(Markup.Escape(OneLine.Of(what)), maxValue: totalBytes ?? 1);
                task.IsIndeterminate = totalBytes is null;
                do
                {
                    task.Value = progress.Done;
                }
                while (!HasEnded(running, RefreshMilliseconds));
            });
        }
        finally
        {
            Console.CancelKeyPress -= Interrupted;
        }
    }

    // Without throwing what the task has thrown.
    private static bool HasEnded(Task task, int milliseconds) => Task.WaitAny([task], milliseconds) == 0;
}
