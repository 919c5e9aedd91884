using PmemStream.Interop.Tests.Support;

// What is tested here is what the value tasks themselves say, and that they are complete.
#pragma warning disable CA2012, xUnit1031

namespace PmemStream.Interop.Tests;

public sealed class AsyncAppendTests
{
    public static TheoryData<string> AllMedia => Media.All;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(AllMedia))]
    public async Task AppendAsync_ManyCallers_EachIsDurableAndThereOnce(string medium)
    {
        using var folder = new TestFolder(medium);
        using PersistentStream stream = TestStreams.Create(folder.Stream, 8 << 20);
        StreamRegion region = stream.CreateRegion("log", 6 << 20);
        const int callers = 50, each = 100;
        List<EntryPosition>[] positions = await Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            var mine = new List<EntryPosition>();
            byte[] data = new byte[8];
            for (int i = 0; i < each; i++)
            {
                BitConverter.TryWriteBytes(data, (caller * each) + i);
                EntryPosition at = await region.AppendAsync(data, Test);
                Assert.True(region.PersistedOffset > at.Offset);
                mine.Add(at);
            }

            return mine;
        }));
        Assert.All(positions, mine => Assert.Equal(mine.Order(), mine));
        List<byte[]> found = region.Arrays();
        Assert.Equal(Enumerable.Range(0, callers * each), found.Select(entry => BitConverter.ToInt32(entry)).Order());
        Assert.Equal(callers * each, positions.SelectMany(mine => mine).Distinct().Count());
    }

    [Fact]
    public async Task AppendAsync_NotOnThePageCache_IsCompleteAndAllocatesNothing()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        if (stream.Info.Medium == MediumKind.PageCache)
        {
            Assert.Skip("no memory medium here");
        }

        StreamRegion region = stream.CreateRegion("log", 3 << 20);
        byte[] data = [1, 2, 3];
        long allocated = 0;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
            {
                ValueTask<EntryPosition> append = region.AppendAsync(data, Test);
                if (!append.IsCompletedSuccessfully)
                {
                    Assert.Fail("not complete");
                }

                ValueTask persist = region.PersistAsync(append.Result, Test);
                if (!persist.IsCompletedSuccessfully)
                {
                    Assert.Fail("not complete");
                }
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
        Assert.Equal(3000, region.Arrays().Count);
        await region.PersistAsync(default, Test);
    }

    // In the long run: the waiting objects are used again. The least of several rounds, because a thread that was idle for
    // a second is started anew.
    [Fact]
    public void AppendAsync_OnThePageCache_AllocatesNothingForItsCaller()
    {
        using var folder = new TestFolder(Media.Disk);
        using PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        StreamRegion region = stream.CreateRegion("log", 3 << 20);
        byte[] data = [1, 2, 3];
        ValueTask<EntryPosition>[] waits = new ValueTask<EntryPosition>[500];
        long allocated = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < waits.Length; i++)
            {
                waits[i] = region.AppendAsync(data, CancellationToken.None);
            }

            for (int i = 0; i < waits.Length; i++)
            {
                while (!waits[i].IsCompleted)
                {
                    Thread.Yield();
                }

                waits[i].GetAwaiter().GetResult();
            }

            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public async Task AppendAsync_Failures_AreInTheTask()
    {
        foreach (string medium in new[] { Media.Memory, Media.Disk })
        {
            using var folder = new TestFolder(medium);
            using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
            using var cancelled = new CancellationTokenSource();
            await cancelled.CancelAsync();
            Assert.True(region.AppendAsync(new byte[1], cancelled.Token).IsCanceled);
            Assert.True(region.PersistAsync(region.Append("one"), cancelled.Token).IsCanceled);
            Assert.Single(region.Arrays());
            await Assert.ThrowsAsync<RegionFullException>(async () => await region.AppendAsync(new byte[1 << 20], Test));
            await Assert.ThrowsAsync<EntryNotFoundException>(
                async () => await region.PersistAsync(new EntryPosition(-5, 7), Test));
            await Assert.ThrowsAsync<EntryNotFoundException>(
                async () => await region.PersistAsync(new EntryPosition(region.PersistedOffset + 64, 7), Test));
            using (PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream))
            {
                StreamRegion read = reader.GetRegion(TestStreams.RegionName);
                await Assert.ThrowsAsync<InvalidOperationException>(async () => await read.AppendAsync(new byte[1], Test));
            }

            region.FreeWhenIdle();
            await Assert.ThrowsAsync<StaleRegionException>(async () => await region.AppendAsync(new byte[1], Test));
            await Assert.ThrowsAsync<StaleRegionException>(async () => await region.PersistAsync(default, Test));
        }
    }

    [Fact]
    public void AppendAsync_BadPolicy_IsRefused()
    {
        using var folder = new TestFolder();
        foreach (GroupCommitOptions bad in new GroupCommitOptions[]
        {
            new() { GatherTime = TimeSpan.FromSeconds(-1) },
            new() { GatherTime = TimeSpan.FromSeconds(11) },
            new() { MaxUnpersistedBytes = 0 },
        })
        {
            Assert.Throws<ArgumentOutOfRangeException>(
                () => PersistentStream.Create(folder.Stream, new() { Size = 1 << 20, GroupCommit = bad }));
            Assert.Throws<ArgumentOutOfRangeException>(
                () => PersistentStream.Open(folder.Stream, new() { GroupCommit = bad }));
        }

        Assert.Throws<ArgumentException>(
            () => PersistentStream.Create(folder.Stream, new() { Size = 1 << 20, GroupCommit = null! }));
        Assert.False(File.Exists(folder.Stream));
    }

    [Fact]
    public async Task Dispose_CallersWaiting_EachGetsAResultAndNoResultIsFalse()
    {
        for (int round = 0; round < 20; round++)
        {
            using var folder = new TestFolder(Media.Disk);
            PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
            var acknowledged = new List<EntryPosition>();
            using var started = new SemaphoreSlim(0);
            Task[] callers = [.. Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
            {
                try
                {
                    for (int i = 0; i < 1000; i++)
                    {
                        EntryPosition at = await region.AppendAsync(new byte[] { 1, 2, 3 }, Test);
                        lock (acknowledged)
                        {
                            acknowledged.Add(at);
                        }

                        started.Release();
                    }
                }
                catch (ObjectDisposedException)
                {
                    // As it must be.
                }
                catch (RegionFullException)
                {
                    // It was quick.
                }
            }))];
            await started.WaitAsync(Test);
            stream.Dispose();
            await Task.WhenAll(callers).WaitAsync(Test);
            using PersistentStream again = PersistentStream.Open(folder.Stream);
            StreamRegion found = again.GetRegion(TestStreams.RegionName);
            Assert.All(acknowledged, at => Assert.Equal([1, 2, 3], found.ReadToArray(at)));
        }
    }

    [Fact]
    public void GetResult_BeforeTheEndOrTwice_IsRefused()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        ValueTask<bool> wait = region.WaitForEntryAsync(default, Test);
        Assert.Throws<InvalidOperationException>(() => wait.GetAwaiter().GetResult());
        region.Append("one");
        SpinWait.SpinUntil(() => wait.IsCompleted);
        Assert.True(wait.GetAwaiter().GetResult());
        Assert.Throws<InvalidOperationException>(() => wait.GetAwaiter().GetResult());
    }
}
