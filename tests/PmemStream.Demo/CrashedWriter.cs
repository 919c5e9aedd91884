using System.Buffers.Binary;
using System.Diagnostics;
using PmemStream.Interop;

namespace PmemStream.Demo;

/// <summary>A writer that was killed with SIGKILL, and what it had acknowledged.</summary>
/// <param name="Acknowledged">Positions of the lines whose append had returned, in order.</param>
/// <param name="Time">From the first acknowledgement to the kill.</param>
internal sealed record CrashedWriter(IReadOnlyList<EntryPosition> Acknowledged, TimeSpan Time)
{
    // What a pipe and our buffer hold: so far a writer can be ahead of us before it has to wait.
    private const int PipeBytes = 64 * 1024;
    private const int LinesAheadMax = PipeBytes * 3 / 2 / Writer.AcknowledgementBytes;

    // With fewer lines than that the writer pauses now and then, or it would be done before it is killed.
    private const int LinesWithoutPause = 4 * LinesAheadMax;

    private static readonly TimeSpan FirstLineTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KillAtLatest = TimeSpan.FromSeconds(10);

    /// <summary>Runs a writer and kills it at a moment that <paramref name="seed"/> chooses.</summary>
    public static CrashedWriter Run(StreamPlace place, LineText lines, int seed)
    {
        string mode = lines.Count < LinesWithoutPause ? Writer.PausingMode : Writer.Mode;
        using Process writer = Start(place, mode);
        try
        {
            return Kill(writer, lines.Count, new Random(seed));
        }
        finally
        {
            writer.Kill();
            writer.WaitForExit();
        }
    }

    private static Process Start(StreamPlace place, string mode)
    {
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(typeof(CrashedWriter).Assembly.Location);
        }

        start.ArgumentList.Add(mode);
        start.ArgumentList.Add(place.StreamPath);
        start.ArgumentList.Add(place.InputPath);
        return Process.Start(start)!;
    }

    private static CrashedWriter Kill(Process writer, int lineCount, Random random)
    {
        int killAfter = Math.Clamp(random.Next(lineCount / 10, lineCount * 6 / 10), 1, lineCount - 1);
        TimeSpan killAt = KillAtLatest * (0.2 + (0.8 * random.NextDouble()));
        var acknowledged = new List<EntryPosition>(lineCount);
        using var pipe = new BufferedStream(writer.StandardOutput.BaseStream, PipeBytes / 2);

        using var watchdog = new Timer(
            _ => writer.Kill(), null, FirstLineTimeout + KillAtLatest, Timeout.InfiniteTimeSpan);
        if (!TryRead(pipe, acknowledged))
        {
            throw Ended(writer, 0);
        }

        var clock = Stopwatch.StartNew();
        while (acknowledged.Count < killAfter && clock.Elapsed < killAt)
        {
            if (!TryRead(pipe, acknowledged))
            {
                throw Ended(writer, acknowledged.Count);
            }
        }

        // Some moment within the next appends, while the writer is busy with them.
        TimeSpan delay = clock.Elapsed / acknowledged.Count * (8 * random.NextDouble());
        Task killing = Task.Run(() => KillAfter(writer, delay));

        // It can run ahead by what the pipe holds: never to the end, for we stop reading before that until it is dead.
        int readMax = Math.Max(acknowledged.Count, lineCount - LinesAheadMax - 1);
        while (acknowledged.Count < readMax && TryRead(pipe, acknowledged))
        {
        }

        killing.Wait();
        TimeSpan time = clock.Elapsed;
        while (TryRead(pipe, acknowledged))
        {
        }

        return acknowledged.Count < lineCount
            ? new CrashedWriter(acknowledged, time)
            : throw new DemoException("the writer was done before it could be killed: name a longer file");
    }

    private static void KillAfter(Process writer, TimeSpan delay)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < delay)
        {
            Thread.SpinWait(10);
        }

        writer.Kill();
    }

    private static bool TryRead(Stream pipe, List<EntryPosition> acknowledged)
    {
        Span<byte> bytes = stackalloc byte[Writer.AcknowledgementBytes];
        if (pipe.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            return false;
        }

        acknowledged.Add(new EntryPosition(
            BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..])));
        return true;
    }

    private static DemoException Ended(Process writer, int acknowledged)
    {
        string error = writer.StandardError.ReadToEnd().Trim();
        return new DemoException(
            $"the writer ended by itself after {acknowledged} acknowledged lines"
            + (error.Length == 0 ? string.Empty : $": {error}"));
    }
}
