using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>The process that is killed: it opens or creates the stream and works with it, for ever.</summary>
internal sealed class WriterProcess
{
    /// <summary>What it says, one byte each, on its standard output: it is about to open or create the stream.</summary>
    public const byte Opening = (byte)'o';

    /// <summary>It is at work.</summary>
    public const byte Working = (byte)'w';

    /// <summary>It is about to close the stream.</summary>
    public const byte Closing = (byte)'c';

    /// <summary>It has done what it does wrong on purpose.</summary>
    public const byte Wrong = (byte)'x';

    // Who forgets to kill it is told so.
    private const int FailureCode = 70;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(90);

    private readonly WriterOptions _options;
    private readonly WriterStyle _style;
    private readonly CallLog _log;
    private readonly RegionSlot[] _slots;
    private readonly WriterThread[] _threads;

    private WriterProcess(WriterOptions options, CallLog log)
    {
        _options = options;
        _log = log;
        _style = WriterStyle.Draw(options.RandomFor(0));
        _slots = [.. Enumerable.Range(0, _style.Slots).Select(number => new RegionSlot(number, log))];
        _threads =
        [
            .. Enumerable.Range(1, _style.Threads)
                .Select(thread => new WriterThread(options, _style, log, _slots, (ushort)thread)),
        ];
    }

    /// <summary>Runs until it is killed. Whatever it says on its standard error is a failure.</summary>
    public static int Run(WriterOptions options)
    {
        EndWithParent();
        using var watchdog = new Timer(_ => Fail("it was not killed in time"), null, Lifetime, Timeout.InfiniteTimeSpan);
        try
        {
            using CallLog log = CallLog.Create(options.Log);
            var process = new WriterProcess(options, log);
            if (options.Fault == WriterFault.None)
            {
                process.Work();
            }
            else
            {
                FaultyWriter.Run(options, log);
            }

            return 0;
        }
        catch (Exception failure)
        {
            Fail(failure.ToString());
            throw;
        }
    }

    /// <summary>Tells the parent.</summary>
    public static void Say(byte what)
    {
        using Stream output = Console.OpenStandardOutput();
        output.WriteByte(what);
        output.Flush();
    }

    /// <summary>Opens the stream, or creates it when there is none, and logs what is in it.</summary>
    /// <param name="options">Says where it is.</param>
    /// <param name="log">The log.</param>
    /// <param name="beforeCall">Done just before the call.</param>
    public static PersistentStream Open(WriterOptions options, CallLog log, Action? beforeCall = null)
    {
        bool create = !File.Exists(options.Stream);
        var record = new CallRecord { Verb = create ? Verb.CreateStream : Verb.Open };
        log.Write(record with { Phase = Phase.Intent });
        beforeCall?.Invoke();
        PersistentStream stream = create
            ? PersistentStream.Create(options.Stream, new PersistentStreamOptions { Size = WriterOptions.StreamBytes })
            : PersistentStream.Open(options.Stream);
        CheckRecovery(stream.Recovery);
        RegionInfo[] regions = [.. stream.Regions.Select(region => region.Info)];
        log.Write(record with { Phase = Phase.Done, Size = regions.Length });
        foreach (RegionInfo region in regions)
        {
            log.Write(new CallRecord
            {
                Verb = Verb.SeenRegion, Phase = Phase.Done, Slot = RegionSlot.NumberOf(region.Name),
                Identity = region.Identity, Offset = region.Offset, Base = region.BaseTimestamp,
            });
        }

        return stream;
    }

    /// <summary>A kill damages nothing.</summary>
    public static void CheckRecovery(RecoveryInfo recovery)
    {
        if (recovery.Conditions != StreamConditions.None || recovery.DamagedRegions != 0 || recovery.FirstDamage is not null
            || recovery.SalvagedEntries != 0)
        {
            throw new ViolationException(ViolationKind.Unsound, $"recovery reports damage: {recovery}");
        }
    }

    // Loads and compiles what opening needs, or most kills would come to that instead of to opening.
    private void WarmUp()
    {
        try
        {
            PersistentStream.Open(_options.Stream + ".missing").Dispose();
        }
        catch (StreamNotFoundException)
        {
        }
    }

    private void Work()
    {
        WarmUp();
        PersistentStream stream = Open(_options, _log, () =>
        {
            Say(Opening);
            Thread.SpinWait(_style.Lead);
        });
        Say(Working);
        while (true)
        {
            using var stop = new CancellationTokenSource();
            foreach (RegionSlot slot in _slots)
            {
                slot.Attach(stream);
            }

            Thread[] threads = [.. _threads.Select(thread => Start(thread, stream, stop.Token))];
            Thread.Sleep(_options.Reopens ? _style.ReopenAfter : Timeout.Infinite);
            stop.Cancel();
            Array.ForEach(threads, thread => thread.Join());
            var close = new CallRecord { Verb = Verb.Close };
            _log.Write(close with { Phase = Phase.Intent });
            Say(Closing);
            stream.Dispose();
            _log.Write(close with { Phase = Phase.Done });
            stream = Open(_options, _log);
        }
    }

    private static Thread Start(WriterThread work, PersistentStream stream, CancellationToken stop)
    {
        var thread = new Thread(() =>
        {
            try
            {
                work.Run(stream, stop);
            }
            catch (Exception failure)
            {
                Fail(failure.ToString());
            }
        });
        thread.Start();
        return thread;
    }

    // The pipe breaks when the parent is gone.
    private static void EndWithParent()
    {
        var watch = new Thread(() =>
        {
            using Stream input = Console.OpenStandardInput();
            while (input.ReadByte() >= 0)
            {
            }

            Environment.Exit(FailureCode);
        })
        { IsBackground = true };
        watch.Start();
    }

    private static void Fail(string why)
    {
        Console.Error.WriteLine(why);
        Environment.Exit(FailureCode);
    }
}
