using PmemStream.Interop.Tests.Support;

// What is tested here is what the value tasks themselves say, and that they are complete.
#pragma warning disable CA2012

namespace PmemStream.Interop.Tests;

public sealed class RollingLogAsyncTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public static TheoryData<string> AllMedia => [.. Media.All.Select(medium => medium.Data)];

    // Every third append of somebody meets the end of a segment; there, in the full one, nothing may be left that a crash loses.
    [Theory]
    [MemberData(nameof(AllMedia))]
    public async Task AppendAsync_ManyCallers_KeepOrderAcrossSegmentsAndNothingBehindIsUndurable(string medium)
    {
        using var folder = new TestFolder(medium);
        const int callers = 16;
        const int each = 60;
        var undurable = new List<string>();
        int rolls = 0;
        using (PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20))
        {
            var log = new RollingLog(stream, TestLogs.Name, TestLogs.SegmentBytes, 400, WhenFull.Fail, (step, full) =>
            {
                if (step == RollStep.GateClosed)
                {
                    rolls++;
                    RegionInfo info = full.Info;
                    if (info.PersistedOffset != info.CommittedOffset)
                    {
                        undurable.Add(info.ToString());
                    }
                }
            });
            EntryPosition[][] positions = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(
                async () =>
                {
                    var at = new EntryPosition[each];
                    for (int i = 0; i < each; i++)
                    {
                        at[i] = await log.AppendAsync(TestLogs.Entry((caller * each) + i), Test);
                    }

                    return at;
                },
                Test)));
            Assert.All(positions, of => Assert.Equal(of.Order(), of));
            Assert.Empty(undurable);
            Assert.Equal((callers * each / 3) - 1, rolls);
        }

        using PersistentStream reopened = PersistentStream.Open(folder.Stream);
        List<int> numbers = new RollingLog(reopened, TestLogs.Name, TestLogs.SegmentBytes, 400).Numbers();
        Assert.Equal(Enumerable.Range(0, callers * each), numbers.Order());
    }

    // Callers that do not fit into the room for what is not durable are appended later, by another thread, into a segment
    // that is full by then; they go on to the next one.
    [Theory]
    [MemberData(nameof(AllMedia))]
    public async Task AppendAsync_WithoutRoomForWhatIsNotDurable_GoesOnInTheNextSegment(string medium)
    {
        using var folder = new TestFolder(medium);
        var options = new PersistentStreamOptions
        {
            Size = 4 << 20,
            GroupCommit = new GroupCommitOptions { MaxUnpersistedBytes = 2 * TestLogs.ThirdBytes },
        };
        using PersistentStream stream = PersistentStream.Create(folder.Stream, options);
        var log = new RollingLog(stream, TestLogs.Name, TestLogs.SegmentBytes, 100);
        Task<EntryPosition>[] appends =
            [.. Enumerable.Range(0, 200).Select(number => log.AppendAsync(TestLogs.Entry(number), Test).AsTask())];
        EntryPosition[] positions = await Task.WhenAll(appends);
        Assert.Equal(200, positions.Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 200), log.Numbers().Order());
    }

    [Theory]
    [MemberData(nameof(AllMedia))]
    public async Task AppendAsync_FullBusyAndCancelled_ThrowAsAppendDoes(string medium)
    {
        using var folder = new TestFolder(medium);
        using PersistentStream stream = TestStreams.Create(folder.Stream, 256 << 10);
        RollingLog log = TestLogs.Open(stream);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await log.AppendAsync(new byte[TestLogs.EntryBytesMax + 1], Test));
        for (int number = 0; number < 3 * TestLogs.SegmentCount; number++)
        {
            await log.AppendAsync(TestLogs.Entry(number), Test);
        }

        await Assert.ThrowsAsync<RollingLogFullException>(async () => await log.AppendAsync(TestLogs.Entry(99), Test));
        RollingLog dropping = TestLogs.Open(stream, WhenFull.DropOldest);
        using (log.Lease(log.FirstPosition!.Value))
        {
            await Assert.ThrowsAsync<RollingLogBusyException>(
                async () => await dropping.AppendAsync(TestLogs.Entry(99), Test));
        }

        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        Assert.True(dropping.AppendAsync(TestLogs.Entry(99), cancelled.Token).IsCanceled);
        Assert.Equal(TestLogs.Range(0, 11), log.Numbers());

        // Nobody was left inside a gate: the log goes on, over all of its segments.
        for (int number = 12; number < 40; number++)
        {
            await dropping.AppendAsync(TestLogs.Entry(number), Test);
        }

        Assert.Equal(TestLogs.Range(30, 39), log.Numbers());
        stream.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.AppendAsync(TestLogs.Entry(99), Test));
    }

    // The task of a cancelled append ends, its entry stays, and the gate that it is inside of is left when that is durable.
    [Fact]
    public async Task AppendAsync_CancelledInMidCourse_LeavesTheGate()
    {
        using var folder = new TestFolder(Media.Disk);
        using PersistentStream stream = TestStreams.Create(folder.Stream, 8 << 20);
        var log = new RollingLog(stream, TestLogs.Name, TestLogs.SegmentBytes, 1000);
        var there = new List<int>();
        for (int round = 0; round < 200; round++)
        {
            using var cancel = new CancellationTokenSource();
            Task<EntryPosition>[] appends =
                [.. Enumerable.Range(0, 5).Select(i => log.AppendAsync(TestLogs.Entry((round * 5) + i), cancel.Token).AsTask())];
            await cancel.CancelAsync();
            for (int i = 0; i < appends.Length; i++)
            {
                try
                {
                    await appends[i].WaitAsync(Test);
                    there.Add((round * 5) + i);
                }
                catch (AppendCanceledException cancelled)
                {
                    if (!cancelled.Position.IsDefault)
                    {
                        there.Add((round * 5) + i);
                    }
                }
                catch (OperationCanceledException)
                {
                    // Between two segments: nothing is there.
                }
            }
        }

        Assert.Equal(there.Order(), log.Numbers().Order());
    }

    [Fact]
    public async Task AppendAsync_AndTheStreamIsDisposed_EndsForAll()
    {
        using var folder = new TestFolder(Media.Disk);
        for (int round = 0; round < 20; round++)
        {
            string path = folder.File($"{round}.pms");
            PersistentStream stream = TestStreams.Create(path, 1 << 20);
            var log = new RollingLog(stream, TestLogs.Name, TestLogs.SegmentBytes, 200);
            int acknowledged = 0;
            var callers = Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(
                async () =>
                {
                    try
                    {
                        for (int i = 0; ; i++)
                        {
                            await log.AppendAsync(TestLogs.Entry((caller * 1000) + i));
                            Interlocked.Increment(ref acknowledged);
                        }
                    }
                    catch (Exception failure) when (failure is ObjectDisposedException or RollingLogFullException)
                    {
                    }
                },
                Test)));
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref acknowledged) > round, TimeSpan.FromSeconds(60)));
            stream.Dispose();
            await callers.WaitAsync(Test);
            using PersistentStream reopened = PersistentStream.Open(path);
            List<int> numbers = new RollingLog(reopened, TestLogs.Name, TestLogs.SegmentBytes, 200).Numbers();
            Assert.True(numbers.Count >= acknowledged, $"{numbers.Count} of {acknowledged}");
            File.Delete(path);
        }
    }
}
