using PmemStream.Interop.Tests.Support;
using static PmemStream.Interop.Tests.Support.VerbWork;

namespace PmemStream.Interop.Tests;

/// <summary>
/// Threads append by every verb, persist, read, clear and dispose against each other. Nothing but the documented exceptions
/// may come of it; entries are whole, groups complete, and what was made durable is there afterwards.
/// </summary>
public sealed class VerbRaceTests
{
    private const int Rounds = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private volatile Exception? _failure;

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
        for (int round = 0; round < TestRounds.Of(500); round++)
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

    // The negative: that what the readers look for is found.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(1, 0, 1)]
    [InlineData(2, 1)]
    public void Read_GroupsThatAreNotComplete_AreFound(params int[] left)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        StreamRegion other = stream.CreateRegion("other", 4096);
        foreach (int behind in left)
        {
            region.Append(Entry(By.Group, behind, 10));
            other.Append("takes a timestamp");
        }

        bool isComplete = left.All(behind => behind == 0);
        Exception? found = Record.Exception(() => Read(region));
        Assert.Equal(isComplete, found is null);
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
}
