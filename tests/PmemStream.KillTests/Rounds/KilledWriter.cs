using System.Diagnostics;

namespace PmemStream.KillTests;

/// <summary>Starts a writer process and kills it.</summary>
internal static class KilledWriter
{
    // What a killed process ends with: 128 + SIGKILL on Unix, what Process.Kill says on Windows.
    private const int KilledOnUnix = 137;
    private const int KilledOnWindows = -1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Returns when the process is gone.</summary>
    /// <exception cref="ViolationException">It failed, or ended by itself.</exception>
    public static void Run(WriterOptions options, Kill kill)
    {
        using Process writer = Process.Start(Describe(options))!;
        using var watchdog = new Timer(_ => writer.Kill(), null, Patience, Timeout.InfiniteTimeSpan);
        Task<string> errors = writer.StandardError.ReadToEndAsync();
        bool reached = WaitFor(writer, kill.Moment);
        if (reached)
        {
            Wait(kill.Delay);
        }

        writer.Kill();
        writer.WaitForExit();
        string text = errors.Result.Trim();
        if (text.Length > 0 || !reached || writer.ExitCode is not (KilledOnUnix or KilledOnWindows))
        {
            throw new ViolationException(
                ViolationKind.WriterFailed,
                $"the writer of session {options.Session} ended with code {writer.ExitCode}"
                + (reached ? "" : $" before {kill.Moment}") + (text.Length > 0 ? $": {text}" : ""));
        }
    }

    private static ProcessStartInfo Describe(WriterOptions options)
    {
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(typeof(KilledWriter).Assembly.Location);
        }

        foreach (string argument in options.ToArguments())
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private static bool WaitFor(Process writer, KillMoment moment)
    {
        if (moment == KillMoment.Start)
        {
            return true;
        }

        byte awaited = moment switch
        {
            KillMoment.Opening => WriterProcess.Opening,
            KillMoment.Working => WriterProcess.Working,
            KillMoment.Closing => WriterProcess.Closing,
            _ => WriterProcess.Wrong,
        };
        Stream output = writer.StandardOutput.BaseStream;
        int said;
        do
        {
            said = output.ReadByte();
        }
        while (said >= 0 && said != awaited);
        return said >= 0;
    }

    // Sleeps the milliseconds, spins the rest.
    private static void Wait(TimeSpan delay)
    {
        var clock = Stopwatch.StartNew();
        TimeSpan coarse = delay - TimeSpan.FromMilliseconds(2);
        if (coarse > TimeSpan.Zero)
        {
            Thread.Sleep(coarse);
        }

        while (clock.Elapsed < delay)
        {
            Thread.SpinWait(10);
        }
    }
}
