using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>
/// Threads append to several regions, with reservations that are published and abandoned at random, while others read all of
/// them merged. No reading is out of order, and nothing comes later in between of what was read.
/// </summary>
public sealed class MergedRaceTests
{
    private const int Writers = 3;
    private const int Regions = 5;
    private const int EntriesPerWriter = 1500;
    private const int ReadingsLeast = 300;

    private volatile Exception? _failure;

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(100)]
    public void ReadAll_WhileOthersWrite_IsNeverOvertaken(int reservePercent) => TestSeed.Run(random =>
    {
        using var folder = new TestFolder();
        int readings = 0;
        for (int round = 0; readings < ReadingsLeast; round++)
        {
            string path = folder.File($"{round}.pms");
            using (PersistentStream stream = TestStreams.Create(path, 8 << 20))
            {
                readings += ReadWhileOthersWrite(stream, reservePercent, random);
            }

            File.Delete(path);
        }
    });

    [Fact]
    public void Dispose_WhileOthersReadAll_ThrowsNothingElse() => TestSeed.Run(random =>
    {
        using var folder = new TestFolder();
        for (int round = 0; round < TestRounds.Of(200); round++)
        {
            string path = folder.File($"{round}.pms");
            PersistentStream stream = TestStreams.Create(path, 2 << 20);
            StreamRegion[] regions = CreateRegions(stream, 100_000);
            int seed = random.Next();
            using var start = new Barrier(5);
            Thread[] threads =
            [
                Worker(start, () => Write(regions, 30, new Random(seed), int.MaxValue, new ulong[1], 0)),
                Worker(start, () => ReadForEver(stream)),
                Worker(start, () => ReadForEver(stream)),
                Worker(start, () => MakeClearAndFree(stream)),
            ];
            start.SignalAndWait();
            Thread.SpinWait(random.Next(40_000));
            stream.Dispose();
            Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60)), "Hangs."));
            Assert.Null(_failure);
            File.Delete(path);
        }
    });

    private int ReadWhileOthersWrite(PersistentStream stream, int reservePercent, Random random)
    {
        StreamRegion[] regions = CreateRegions(stream, 1 << 20);
        ulong[] acknowledged = new ulong[Writers];
        int[] seeds = [.. Enumerable.Range(0, Writers).Select(_ => random.Next())];
        var readings = new List<List<ulong>>();
        using var start = new Barrier(Writers + 1);
        Thread[] threads =
        [
            .. Enumerable.Range(0, Writers).Select(i => Worker(
                start, () => Write(regions, reservePercent, new Random(seeds[i]), EntriesPerWriter, acknowledged, i))),
        ];
        start.SignalAndWait();
        bool isLast;
        do
        {
            isLast = !threads.Any(thread => thread.IsAlive);
            ulong known = acknowledged.Max();
            List<ulong> reading = stream.ReadAll().Timestamps();
            AssertRising(reading);

            // Without reservations everything is there that was acknowledged.
            Assert.True(reservePercent > 0 || known == 0 || reading[^1] >= known, $"{known} is missing");
            readings.Add(reading);
        }
        while (!isLast);
        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60)), "Hangs."));
        Assert.Null(_failure);
        List<ulong> all = stream.SortedTimestamps();
        Assert.Equal(all, readings[^1]);
        Assert.All(readings, reading => Assert.True(reading.IsBeginningOf(all), "Something came in between later."));
        return readings.Count;
    }

    private static StreamRegion[] CreateRegions(PersistentStream stream, long size) =>
        [.. Enumerable.Range(0, Regions).Select(i => stream.CreateRegion($"{i}", size, i % 2 == 0 ? 8 : 64))];

    // Up to three reservations are open at a time, and end in any order.
    private static void Write(
        StreamRegion[] regions, int reservePercent, Random random, int count, ulong[] acknowledged, int who)
    {
        var open = new List<EntryReservation>();
        try
        {
            for (int index = 0; index < count; index++)
            {
                StreamRegion region = regions[random.Next(regions.Length)];
                if (random.Next(100) >= reservePercent)
                {
                    Volatile.Write(ref acknowledged[who], region.Append(TestStreams.Payload(random.Next(100), index)).Timestamp);
                    continue;
                }

                open.Add(region.Reserve(random.Next(100)));
                if (open.Count > random.Next(4))
                {
                    End(open, random);
                }
            }
        }
        catch (RegionFullException)
        {
            // The end of it.
        }
        finally
        {
            while (open.Count > 0)
            {
                End(open, random);
            }
        }
    }

    private static void End(List<EntryReservation> open, Random random)
    {
        int which = random.Next(open.Count);
        using EntryReservation slot = open[which];
        open.RemoveAt(which);
        if (random.Next(3) > 0)
        {
            slot.Publish(random.Next(slot.Length + 1));
        }
    }

    private static void ReadForEver(PersistentStream stream)
    {
        while (true)
        {
            AssertRising(stream.ReadAll().Timestamps());
        }
    }

    private static void MakeClearAndFree(PersistentStream stream)
    {
        while (true)
        {
            StreamRegion region = stream.CreateRegion("short-lived", 10_000);
            region.Append("x");
            region.ClearWhenIdle();
            region.Append("y");
            region.FreeWhenIdle();
        }
    }

    private static void AssertRising(List<ulong> timestamps)
    {
        for (int index = 1; index < timestamps.Count; index++)
        {
            Assert.True(
                timestamps[index] > timestamps[index - 1], $"{timestamps[index]} came after {timestamps[index - 1]}");
        }
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
}
