using System.Diagnostics;

namespace PmemStream.Benchmarks.Systems;

/// <summary>Threads that do something together, over and over. They are started once.</summary>
internal sealed class Crew : IDisposable
{
    private readonly Barrier _start;
    private readonly Barrier _end;
    private readonly Thread[] _threads;
    private readonly long[] _ends;
    private Exception? _failure;
    private bool _done;

    public Crew(int count, Action<int> work)
    {
        _start = new Barrier(count + 1);
        _end = new Barrier(count + 1);
        _ends = new long[count];
        _threads =
        [
            .. Enumerable.Range(0, count).Select(index => new Thread(() => Run(index, work)) { IsBackground = true }),
        ];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>From the moment at which all are there to the end of the last one.</summary>
    public Measurement Measure(TimeSpan minimum, int operations, Action prepare)
    {
        long target = (long)(minimum.TotalSeconds * Stopwatch.Frequency);
        long ticks = 0;
        long done = 0;
        long before = GC.GetTotalAllocatedBytes(precise: true);
        do
        {
            prepare();
            long begin = Stopwatch.GetTimestamp();
            _start.SignalAndWait();
            _end.SignalAndWait();
            ticks += _ends.Max() - begin;
            done += operations;
            if (_failure is not null)
            {
                throw new BenchmarkException($"A thread failed: {_failure.Message}");
            }
        }
        while (ticks < target);
        return new Measurement(
            done, ticks * 1e9 / Stopwatch.Frequency, GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    public void Dispose()
    {
        _done = true;
        _start.SignalAndWait();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _start.Dispose();
        _end.Dispose();
    }

    private void Run(int index, Action<int> work)
    {
        while (true)
        {
            _start.SignalAndWait();
            if (_done)
            {
                return;
            }

            try
            {
                work(index);
            }
            catch (Exception failure)
            {
                _failure = failure;
            }

            _ends[index] = Stopwatch.GetTimestamp();
            _end.SignalAndWait();
        }
    }
}
