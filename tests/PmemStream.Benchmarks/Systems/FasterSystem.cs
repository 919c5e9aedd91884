using FASTER.core;

namespace PmemStream.Benchmarks.Systems;

/// <summary>
/// FASTER's log: enqueue, commit, and wait until the commit is durable. Its device opens the file with O_DIRECT and O_SYNC,
/// so what was written is on the disk. The commit is recorded in the log itself (FastCommitMode), without a second file,
/// which is the faster of its two ways.
/// </summary>
internal sealed class FasterSystem(Workplace workplace) : IMeasuredSystem
{
    private const long KeptBytes = 64 << 20;
    private const int IteratedEntries = 100_000;

    private FasterLog? _log;
    private ManagedLocalStorageDevice? _device;
    private string _folder = "";
    private bool _isFilled;

    public Measurement Measure(BenchmarkCase measured, TimeSpan minimum)
    {
        FasterLog log = Open(workplace.PathOf(measured, "faster"));
        ReadOnlyMemory<byte> payload = Workplace.Payload[..measured.PayloadBytes];
        if (measured.Scenario == ScenarioNames.Iterate)
        {
            return Iterate(log, payload.Span, minimum);
        }

        if (measured.Scenario == ScenarioNames.Callers)
        {
            return AppendByCallers(log, payload, measured.Threads, minimum);
        }

        if (_isFilled || measured.Scenario is not (ScenarioNames.Append or ScenarioNames.Batch))
        {
            throw new BenchmarkException($"FASTER has no scenario '{measured.Scenario}' here.");
        }

        return Measurement.Of(minimum, Math.Max(measured.Batch, 1), _ => Trim(log), count =>
        {
            for (int index = 0; index < count; index++)
            {
                log.Enqueue(payload.Span);
            }

            log.Commit(spinWait: true);
        });
    }

    public void Reset()
    {
        _log?.Dispose();
        _device?.Dispose();
        _log = null;
        _device = null;
        _isFilled = false;
        if (_folder.Length > 0)
        {
            Directory.Delete(_folder, recursive: true);
            _folder = "";
        }
    }

    public void Dispose() => Reset();

    private FasterLog Open(string folder)
    {
        if (_log is not null && _folder == folder)
        {
            return _log;
        }

        Reset();
        Directory.CreateDirectory(folder);
        _folder = folder;
        _device = new ManagedLocalStorageDevice(Path.Combine(folder, "log"), disableFileBuffering: true);
        _log = new FasterLog(new FasterLogSettings
        {
            LogDevice = _device,
            LogCommitDir = folder,
            PageSizeBits = 22,
            MemorySizeBits = 24,
            SegmentSizeBits = 24,
            FastCommitMode = true,
        });
        return _log;
    }

    // Each caller begins a commit and awaits that it has come past his entry. A loop that commits all the time is slower.
    private static Measurement AppendByCallers(
        FasterLog log, ReadOnlyMemory<byte> payload, int callers, TimeSpan minimum) => Callers.Measure(
        callers,
        minimum,
        _ => Trim(log),
        async () =>
        {
            long address = log.Enqueue(payload.Span);
            log.Commit();
            await log.WaitForCommitAsync(address).ConfigureAwait(false);
        });

    // Old segments are deleted, so that the file does not grow with each round.
    private static void Trim(FasterLog log)
    {
        if (log.TailAddress - log.BeginAddress > KeptBytes)
        {
            log.TruncateUntilPageStart(log.CommittedUntilAddress);
            log.Commit(spinWait: true);
        }
    }

    private Measurement Iterate(FasterLog log, ReadOnlySpan<byte> payload, TimeSpan minimum)
    {
        if (!_isFilled)
        {
            for (int index = 0; index < IteratedEntries; index++)
            {
                log.Enqueue(payload);
            }

            log.Commit(spinWait: true);
            _isFilled = true;
        }

        return Measurement.Of(minimum, IteratedEntries, prepare: null, expected =>
        {
            using FasterLogScanIterator scan = log.Scan(log.BeginAddress, log.CommittedUntilAddress);
            int seen = 0;
            int sum = 0;
            while (scan.GetNext(out byte[] entry, out _, out _))
            {
                sum += entry[0];
                seen++;
            }

            if (seen != expected || sum < 0)
            {
                throw new BenchmarkException($"FASTER iterated {seen} of {expected} entries.");
            }
        });
    }
}
