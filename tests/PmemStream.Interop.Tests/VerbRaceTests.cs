using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>
/// Threads append by every verb, persist, read, clear and dispose against each other. Nothing but the documented exceptions
/// may come of it; entries are whole, groups complete, and what was made durable is there afterwards.
/// </summary>
public sealed class VerbRaceTests
{
    private const int Rounds = 200;
    private const int GroupMax = 5;

    // An entry tells who wrote it, and a member of a group how many come behind it.
    private const int HeadBytes = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private volatile Exception? _failure;

    private enum By : byte
    {
        Append,
        Deferred,
        Sequence,
        Group,
        Builder,
        DeferredGroup,
    }

    public static TheoryData<string, int> MediaAndRounds =>
        [.. Media.All.Select(medium => (medium.Data, medium.Data == Media.Disk ? Rounds / 10 : Rounds))];

    [Theory]
    [MemberData(nameof(MediaAndRounds))]
    public void Dispose_WhileEveryVerbRuns_ThrowsNothingElseAndLosesNothing(string medium, int rounds)
    {
        using var folder = new TestFolder(medium);
        TestSeed.Run(random =>
        {
            for (int round = 0; round < rounds; round++)
            {
                string path = folder.File($"{round}.pms");
                PersistentStream stream = PersistentStream.Create(path, new() { Size = 1 << 20 });
                StreamRegion region = stream.CreateRegion(TestStreams.RegionName, 768 << 10, 8);
                int[] acknowledged = new int[Enum.GetValues<By>().Length];
                Thread[] threads = Start(
                    () => AppendAll(region, acknowledged),
                    () => GroupAll(region, random.Next(), acknowledged),
                    () => BuildAll(region, random.Next(), acknowledged),
                    () => Forever(() => region.Persist()),
                    () => Forever(() => Assert.True(stream.Persist() <= stream.PersistedTimestamp)),
                    () => Forever(() => Read(region)));
                Thread.SpinWait(random.Next(200_000));
                stream.Dispose();
                Join(threads);
                using (PersistentStream again = PersistentStream.Open(path))
                {
                    int[] found = Read(again.GetRegion(TestStreams.RegionName));
                    Assert.All(
                        Enum.GetValues<By>(),
                        by => Assert.True(
                            found[(int)by] >= acknowledged[(int)by],
                            $"{by}: {acknowledged[(int)by]} were acknowledged, {found[(int)by]} found"));
                    Assert.True(again.Check().IsSound);
                }

                File.Delete(path);
            }
        });
    }

    [Fact]
    public void Clear_WhileEveryVerbRuns_ThrowsNothingElse()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region, 8);
        using var stop = new CancellationTokenSource();
        int[] acknowledged = new int[Enum.GetValues<By>().Length];
        void UntilStopped(Action work)
        {
            while (!stop.IsCancellationRequested)
            {
                work();
                Thread.Sleep(1); // a gap, so that nobody has it open
            }
        }

        Thread[] threads = Start(
            () => UntilStopped(() => AppendAll(region, acknowledged)),
            () => UntilStopped(() => GroupAll(region, 1, acknowledged)),
            () => UntilStopped(() => BuildAll(region, 2, acknowledged)),
            () => UntilStopped(() => region.Persist()),
            () => UntilStopped(() => stream.Persist()),
            () => UntilStopped(() => Read(region)));
        int cleared = 0;
        for (var clock = System.Diagnostics.Stopwatch.StartNew(); cleared < 200 && clock.Elapsed.TotalSeconds < 20;)
        {
            try
            {
                region.Clear();
                cleared++;
            }
            catch (RegionBusyException)
            {
                Thread.Yield();
            }
        }

        stop.Cancel();
        Join(threads);
        Assert.True(cleared > 0);
        region.Clear();
        region.AppendGroup([new byte[1], new byte[2]]);
        Assert.True(stream.Check().IsSound);
    }

    [Fact]
    public void Group_UsedByManyThreads_EndsOnceAndHarmsNobody()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 8 << 20);
        StreamRegion region = stream.CreateRegion(TestStreams.RegionName, 7 << 20, 8);
        int published = 0;
        for (int round = 0; round < 500; round++)
        {
            EntryGroup group = region.BeginGroup(GroupMax, 100);
            group.Add("first"u8);
            int ended = 0;
            void Try(Action call, bool ends)
            {
                try
                {
                    call();
                    ended += ends ? 1 : 0;
                }
                catch (InvalidOperationException)
                {
                    // Another thread has ended it.
                }
            }

            Thread[] threads = Start(
                () => Try(() => Interlocked.Add(ref published, group.Publish().Length), ends: true),
                () => Try(() => group.Add("second"u8), ends: false),
                () => Try(() => _ = group.GetSpan().Length, ends: false),
                () => Try(round % 2 == 0 ? group.Abandon : group.Dispose, ends: round % 2 == 0));
            Join(threads);
            Assert.InRange(ended, 0, 1);
            Assert.Equal(0, region.Info.OpenReservations);
        }

        Assert.Equal(published, region.Arrays().Count);
    }

    private Thread[] Start(params Action[] works)
    {
        var start = new Barrier(works.Length);
        Thread[] threads = [.. works.Select(work => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                work();
            }
            catch (ObjectDisposedException)
            {
                // The stream is disposed.
            }
            catch (Exception failure)
            {
                _failure = failure;
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        return threads;
    }

    private void Join(Thread[] threads)
    {
        Assert.All(threads, thread => Assert.True(thread.Join(Patience), "A thread hangs."));
        Assert.Null(_failure);
    }

    private static void Forever(Action work)
    {
        while (true)
        {
            work();
        }
    }

    // A deferred entry counts as soon as something durable is behind it.
    private static void AppendAll(StreamRegion region, int[] acknowledged)
    {
        byte[] durable = Entry(By.Append, 0, 40);
        byte[] sequence = Entry(By.Sequence, 0, 50);
        int deferred = 0;
        while (region.TryAppendDeferred(Entry(By.Deferred, 0, deferred % 100), out EntryPosition at))
        {
            deferred++;
            if (deferred % 10 == 0)
            {
                Persist(region, at);
                acknowledged[(int)By.Deferred] = deferred;
            }

            if (!region.TryAppend(Pieces.Of(sequence, 7), out _))
            {
                break;
            }

            acknowledged[(int)By.Sequence]++;
            if (!region.TryAppend(durable, out _))
            {
                break;
            }

            acknowledged[(int)By.Append]++;
        }
    }

    private static void Persist(StreamRegion region, EntryPosition at)
    {
        try
        {
            region.Persist(at);
            Assert.True(region.PersistedOffset > at.Offset || region.Info.BaseTimestamp > at.Timestamp);
        }
        catch (EntryNotFoundException)
        {
            // Cleared in between.
        }
    }

    private static void GroupAll(StreamRegion region, int seed, int[] acknowledged)
    {
        var random = new Random(seed);
        try
        {
            while (true)
            {
                int count = random.Next(1, GroupMax + 1);
                region.AppendGroup([.. Enumerable.Range(1, count)
                    .Select(i => (ReadOnlyMemory<byte>)Entry(By.Group, count - i, random.Next(60)))]);
                acknowledged[(int)By.Group] += count;
                region.AppendGroupDeferred(
                    [.. Entry(By.DeferredGroup, 1, 9), .. Entry(By.DeferredGroup, 0, 0)], [HeadBytes + 9, HeadBytes]);
            }
        }
        catch (RegionFullException)
        {
            // The end of it.
        }
    }

    private static void BuildAll(StreamRegion region, int seed, int[] acknowledged)
    {
        var random = new Random(seed);
        try
        {
            while (true)
            {
                int count = random.Next(1, GroupMax + 1);
                using EntryGroup group = region.BeginGroup(count, 100 * count);
                for (int left = count - 1; left >= 0; left--)
                {
                    byte[] entry = Entry(By.Builder, left, random.Next(60));
                    entry.CopyTo(group.GetSpan(entry.Length));
                    group.Advance(entry.Length);
                    group.CompleteEntry();
                }

                if (random.Next(4) > 0)
                {
                    group.Publish();
                    acknowledged[(int)By.Builder] += count;
                }
            }
        }
        catch (RegionFullException)
        {
            // The end of it.
        }
    }

    // Counts the entries by verb. Each is whole, and behind each member of a group comes the next.
    private static int[] Read(StreamRegion region)
    {
        int[] found = new int[Enum.GetValues<By>().Length];
        int left = 0;
        ulong last = 0;
        foreach (StreamEntry entry in region)
        {
            ReadOnlySpan<byte> data = entry.Data;
            By by = (By)data[0];
            Assert.True(data.SequenceEqual(Entry(by, data[1], data.Length - HeadBytes)));
            Assert.True(left == 0 || (data[1] == left - 1 && entry.Timestamp == last + 1), "A group is not complete.");
            left = data[1];
            last = entry.Timestamp;
            found[(int)by]++;
        }

        Assert.Equal(0, left);
        return found;
    }

    private static byte[] Entry(By by, int left, int length)
    {
        byte[] entry = new byte[HeadBytes + length];
        entry.AsSpan().Fill((byte)(length * 7));
        (entry[0], entry[1]) = ((byte)by, (byte)left);
        return entry;
    }
}
