using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>
/// Threads append, reserve, read and look while another disposes. Nothing but <see cref="ObjectDisposedException"/> may
/// come of it, and everything that was acknowledged is there afterwards.
/// </summary>
public sealed class RaceTests
{
    private const int Rounds = 300;

    private volatile Exception? _failure;

    public static TheoryData<string, int> MediaAndRounds =>
        [.. Media.All.Select(medium => (medium.Data, medium.Data == Media.Disk ? Rounds / 10 : Rounds))];

    [Theory]
    [MemberData(nameof(MediaAndRounds))]
    public void Dispose_WhileOthersWork_ThrowsNothingElseAndLosesNothing(string medium, int rounds)
    {
        using var folder = new TestFolder(medium);
        int seed = Environment.TickCount;
        for (int round = 0; round < rounds; round++)
        {
            string path = folder.File($"{round}.pms");
            PersistentStream stream = PersistentStream.Create(path, new() { Size = 512 << 10 });
            StreamRegion region = stream.CreateRegion(TestStreams.RegionName, 256 << 10, 8);
            int[] acknowledged = new int[2];
            using var start = new Barrier(6);
            Thread[] threads =
            [
                Worker(start, () => AppendAll(region, 0, acknowledged)),
                Worker(start, () => PublishAll(region, 1, acknowledged)),
                Worker(start, () => ReadAll(region)),
                Worker(start, () => LookAround(stream, region)),
                Worker(start, () => MakeAndFreeRegions(stream)),
            ];
            start.SignalAndWait();
            Thread.SpinWait(new Random(seed + round).Next(20_000));
            stream.Dispose();
            Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60)), $"Hangs; seed {seed + round}"));
            Assert.Null(_failure);

            using (PersistentStream again = PersistentStream.Open(path))
            {
                var found = again.GetRegion(TestStreams.RegionName).Arrays();
                Assert.All(found, entry => Assert.Equal(ChildTasks.NumberedEntry(BitConverter.ToInt32(entry)), entry));
                int[] counts = [found.Count(entry => entry.Length > 0 && BitConverter.ToInt32(entry) % 2 == 0), 0];
                counts[1] = found.Count - counts[0];
                Assert.True(
                    counts[0] >= acknowledged[0] && counts[1] >= acknowledged[1],
                    $"Acknowledged {acknowledged[0]} and {acknowledged[1]}, found {counts[0]} and {counts[1]}");
                Assert.True(again.Check().IsSound);
            }

            File.Delete(path);
        }
    }

    [Fact]
    public void Dispose_FromManyThreads_IsHarmless()
    {
        using var folder = new TestFolder();
        for (int round = 0; round < TestRounds.Of(Rounds); round++)
        {
            PersistentStream stream = PersistentStream.Create(
                folder.Stream, new() { Size = 64 << 10, Overwrite = true });
            StreamRegion region = stream.CreateRegion("a", 4096);
            EntryReservation slot = region.Reserve(10);
            Parallel.Invoke(stream.Dispose, slot.Dispose, stream.Dispose, () => TryAppend(region), slot.Dispose);
            PersistentStream.Open(folder.Stream).Dispose();
        }

        static void TryAppend(StreamRegion region)
        {
            try
            {
                region.Append("x");
            }
            catch (ObjectDisposedException)
            {
                // That is all it may throw.
            }
        }
    }

    [Fact]
    public void Clear_WhileOthersWork_ThrowsNothingElse()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region, 8);
        using var stop = new CancellationTokenSource();
        int[] acknowledged = new int[2];
        using var start = new Barrier(4);
        Thread[] threads =
        [
            Worker(start, () => UntilStopped(() => AppendAll(region, 0, acknowledged), stop.Token)),
            Worker(start, () => UntilStopped(() => PublishAll(region, 1, acknowledged), stop.Token)),
            Worker(start, () => UntilStopped(() => ReadOnce(region), stop.Token)),
        ];
        start.SignalAndWait();
        int cleared = 0;
        for (var clock = System.Diagnostics.Stopwatch.StartNew(); cleared < 50 && clock.Elapsed.TotalSeconds < 20;)
        {
            try
            {
                region.Clear();
                cleared++;
            }
            catch (RegionBusyException)
            {
                // Somebody has it open.
            }
        }

        stop.Cancel();
        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60))));
        Assert.Null(_failure);
        region.Clear();
        Assert.True(cleared > 0);
        Assert.True(stream.Check().IsSound);
    }

    private Thread Worker(Barrier start, Action work)
    {
        var thread = new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                work();
            }
            catch (ObjectDisposedException)
            {
                // The one thing that may come of it.
            }
            catch (Exception failure)
            {
                _failure = failure;
            }
        });
        thread.Start();
        return thread;
    }

    private static void UntilStopped(Action work, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            work();
            Thread.Sleep(1); // a gap, so that nobody has it open
        }
    }

    // Numbers of the appender are even, those of the publisher odd: that tells whose an entry is.
    private static void AppendAll(StreamRegion region, int number, int[] acknowledged)
    {
        for (; region.TryAppend(ChildTasks.NumberedEntry(number), out _); number += 2)
        {
            acknowledged[0]++;
        }
    }

    private static void PublishAll(StreamRegion region, int number, int[] acknowledged)
    {
        try
        {
            for (; ; number += 2)
            {
                byte[] entry = ChildTasks.NumberedEntry(number);
                using EntryReservation slot = region.Reserve(entry.Length);
                entry.CopyTo(slot.Span);
                if (number % 6 == 1)
                {
                    continue;
                }

                slot.Publish();
                acknowledged[1]++;
            }
        }
        catch (RegionFullException)
        {
            // The end of it.
        }
    }

    private static void ReadAll(StreamRegion region)
    {
        while (true)
        {
            ReadOnce(region);
        }
    }

    private static void ReadOnce(StreamRegion region)
    {
        EntryPosition last = default;
        foreach (StreamEntry entry in region)
        {
            Assert.True(entry.Data.SequenceEqual(ChildTasks.NumberedEntry(BitConverter.ToInt32(entry.Data))));
            last = entry.Position;
        }

        try
        {
            region.EntriesAfter(last).Texts();
            if (!last.IsDefault)
            {
                region.ReadToArray(last);
            }
        }
        catch (EntryNotFoundException)
        {
            // Cleared in between.
        }
    }

    private static void LookAround(PersistentStream stream, StreamRegion region)
    {
        while (true)
        {
            _ = stream.Info;
            _ = region.Info;
            Assert.True(region.CommittedOffset >= region.Offset && region.PersistedOffset >= region.Offset);
            Assert.Contains(stream.Regions, other => other.Offset == region.Offset);
            Assert.True(stream.Check().IsSound);
        }
    }

    private static void MakeAndFreeRegions(PersistentStream stream)
    {
        while (true)
        {
            StreamRegion region = stream.CreateRegion("short-lived", 10_000);
            region.Append("x");
            region.ClearWhenIdle();
            region.FreeWhenIdle();
        }
    }
}
