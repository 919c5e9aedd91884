using System.Globalization;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>
/// Threads append, reserve, read, truncate and look while another disposes the stream. Nothing but the documented exceptions
/// may come of it, and everything that was acknowledged and not removed is there, in order, while it runs and afterwards.
/// </summary>
public sealed class RollingLogRaceTests
{
    private const int Rounds = 200;

    private volatile Exception? _failure;
    private int _appended;

    public static TheoryData<string, int, WhenFull> Races =>
        [.. Media.All.SelectMany(
            medium => new[] { WhenFull.DropOldest, WhenFull.Fail },
            (medium, whenFull) => (medium.Data, medium.Data == Media.Disk ? Rounds / 20 : Rounds, whenFull))];

    [Theory]
    [MemberData(nameof(Races))]
    public void Dispose_WhileOthersWork_ThrowsNothingElseAndLosesNothing(string medium, int rounds, WhenFull whenFull) =>
        TestSeed.Run(random =>
        {
            using var folder = new TestFolder(medium);
            for (int round = 0; round < rounds; round++)
            {
                string path = folder.File($"{round}.pms");
                PersistentStream stream = TestStreams.Create(path, 64 << 10);
                RollingLog log = TestLogs.Open(stream, whenFull);
                var acknowledged = new Dictionary<EntryPosition, int>[] { [], [] };
                int seed = random.Next();
                _appended = 0;
                using var start = new Barrier(7);
                Thread[] threads =
                [
                    Worker(start, () => AppendAll(log, 0, acknowledged[0])),
                    Worker(start, () => PublishAll(TestLogs.Open(stream, whenFull), 1, acknowledged[1])),
                    Worker(start, () => ReadAll(log, new Random(seed))),
                    Worker(start, () => ReadAll(log, new Random(seed + 1))),
                    Worker(start, () => TruncateAll(log, new Random(seed + 2))),
                    Worker(start, () => LookAround(stream, log)),
                ];
                start.SignalAndWait();

                // After some appends, a segment holds five or six, or at once.
                int target = Math.Max(0, random.Next(-10, 60));
                Assert.True(SpinWait.SpinUntil(
                    () => Volatile.Read(ref _appended) >= target || _failure is not null, TimeSpan.FromSeconds(60)));
                Thread.SpinWait(random.Next(20_000));
                stream.Dispose();
                Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60)), $"Hangs in round {round}"));
                Assert.True(_failure is null, $"Round {round}: {_failure}");
                CheckWhatIsLeft(path, acknowledged);
                File.Delete(path);
            }
        });

    // All that they have in common is the roll: every append meets another segment.
    [Fact]
    public void Append_FromManyThreads_KeepsOrderAndEveryEntry()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 8 << 20);
        const int Threads = 8;
        const int Each = 200;
        var log = new RollingLog(stream, TestLogs.Name, TestLogs.SegmentBytes, 1000);
        var positions = new EntryPosition[Threads * Each];
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            EntryPosition last = default;
            for (int index = 0; index < Each; index++)
            {
                int number = (thread * Each) + index;
                positions[number] = log.Append(TestLogs.Entry(number, 1500));
                Assert.True(positions[number] > last);
                last = positions[number];
            }
        });
        int[] byPosition = [.. Enumerable.Range(0, positions.Length).OrderBy(number => positions[number])];
        Assert.Equal(byPosition, log.Numbers());
    }

    // The negative: an append that comes too late to a segment, past its gate, is found by the readers' check.
    [Fact]
    public void Numbers_EntryAppendedPastTheGate_Fails()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        RollingLog log = TestLogs.Open(stream);
        log.AppendNumbers(0, 4);
        Assert.Equal(TestLogs.Range(0, 3), log.Numbers());
        stream.GetRegion("events.0000").Append(TestLogs.Entry(4, 50));
        Assert.ThrowsAny<Exception>(() => log.Numbers());
    }

    private static void CheckWhatIsLeft(string path, Dictionary<EntryPosition, int>[] acknowledged)
    {
        using PersistentStream stream = PersistentStream.Open(path);
        RollingLog log = TestLogs.Open(stream);
        _ = log.Numbers();
        EntryPosition first = log.FirstPosition ?? new EntryPosition(0, ulong.MaxValue);
        foreach ((EntryPosition position, int number) in acknowledged.SelectMany(entries => entries))
        {
            if (position >= first)
            {
                Assert.Equal(TestLogs.Entry(number, LengthOf(number)), log.ReadToArray(position));
            }
        }

        // Something is always left: the segment that was written to.
        Assert.True(log.FirstPosition is not null || acknowledged.Sum(entries => entries.Count) == 0);
        Assert.True(stream.Check().IsSound);
    }

    private Thread Worker(Barrier start, Action work)
    {
        var thread = new Thread(() =>
        {
            start.SignalAndWait();
            while (true)
            {
                try
                {
                    work();
                }
                catch (ObjectDisposedException)
                {
                    return;
                }
                catch (Exception failure)
                    when (failure is RollingLogBusyException or EntryNotFoundException or RollingLogFullException)
                {
                    // Somebody reads there, it was removed, nobody has truncated it: what may come of it. Once more.
                    Thread.Yield();
                }
                catch (Exception failure)
                {
                    _failure = failure;
                    return;
                }
            }
        });
        thread.Start();
        return thread;
    }

    private static int LengthOf(int number) => 6 + (number * 37 % 1200);

    // Numbers of the appender are even, those of the publisher odd. Each goes on where it was refused.
    private void AppendAll(RollingLog log, int first, Dictionary<EntryPosition, int> acknowledged)
    {
        for (int number = first + (2 * acknowledged.Count); ; number += 2)
        {
            acknowledged.Add(log.Append(TestLogs.Entry(number, LengthOf(number))), number);
            Interlocked.Increment(ref _appended);
        }
    }

    private void PublishAll(RollingLog log, int first, Dictionary<EntryPosition, int> acknowledged)
    {
        for (int number = first + (2 * acknowledged.Count); ; number += 2)
        {
            byte[] entry = TestLogs.Entry(number, LengthOf(number));
            if (number % 7 == 0)
            {
                log.Reserve(entry.Length).Dispose();
            }

            using EntryReservation slot = log.Reserve(entry.Length);
            entry.CopyTo(slot.GetSpan(entry.Length));
            slot.Advance(entry.Length);
            acknowledged.Add(slot.Publish(), number);
            Interlocked.Increment(ref _appended);
        }
    }

    private static void ReadAll(RollingLog log, Random random)
    {
        while (true)
        {
            EntryPosition last = default;
            int[] numbers = [-1, -1];
            using (RollingLogEnumerator entries = log.GetEnumerator())
            {
                // Now and then it waits at the end for what comes.
                for (int ends = random.Next(3); entries.MoveNext() || ends-- > 0;)
                {
                    if (entries.Current.Position.IsDefault)
                    {
                        Thread.Yield();
                        continue;
                    }

                    CheckEntry(entries.Current, ref last, numbers);
                }
            }

            if (!last.IsDefault)
            {
                using EntryLease lease = log.Lease(last);
                Assert.Equal(lease.Length, log.ReadToArray(last).Length);
                _ = log.EntriesAfter(last).Numbers();
            }
        }
    }

    // In order, and without a gap in what each thread wrote: nothing was passed over that became visible later.
    private static void CheckEntry(StreamEntry entry, ref EntryPosition last, int[] numbers)
    {
        int number = int.Parse(entry.Data[..6], CultureInfo.InvariantCulture);
        Assert.True(entry.Data.SequenceEqual(TestLogs.Entry(number, LengthOf(number))));
        Assert.True(entry.Position > last, $"{entry.Position} comes after {last}.");
        ref int before = ref numbers[number % 2];
        Assert.True(before < 0 || number == before + 2, $"{number} comes after {before}.");
        before = number;
        last = entry.Position;
    }

    private static void TruncateAll(RollingLog log, Random random)
    {
        while (true)
        {
            if (random.Next(2) == 0 && log.LastPosition is { } last)
            {
                log.TruncateBefore(last);
            }
            else if (log.FirstPosition is { } first)
            {
                log.TruncateBefore(first with { Timestamp = first.Timestamp + (ulong)random.Next(10) });
            }

            Thread.Yield();
        }
    }

    private static void LookAround(PersistentStream stream, RollingLog log)
    {
        while (true)
        {
            EntryPosition? first = log.FirstPosition;
            EntryPosition? last = log.LastPosition;
            Assert.True(first is null || last is null || first <= last, $"From {first} to {last}");
            Assert.True(stream.Check().IsSound);
            Exception? refusal = Record.Exception(() => TestLogs.Open(stream, segmentCount: 3));
            Assert.True(refusal is RollingLogMismatchException or ObjectDisposedException, $"{refusal}");
        }
    }
}
