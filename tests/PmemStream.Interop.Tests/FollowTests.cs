using System.Text;
using PmemStream.Interop.Tests.Support;

// What is tested here is what the value tasks themselves say, and that they are complete.
#pragma warning disable CA2012, xUnit1031

namespace PmemStream.Interop.Tests;

public sealed class FollowTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    /// <summary>Each way to make an entry visible that was not, by its name.</summary>
    private static Dictionary<string, Action<StreamRegion>> Arrivals => new()
    {
        ["Append"] = region => region.Append("x"),
        ["TryAppend"] = region => region.TryAppend("x"u8, out _),
        ["Append fill"] = region => region.Append(1, 0, (span, _) => span.Clear()),
        ["Append pieces"] = region => region.Append(Pieces.Of([1, 2], 1)),
        ["AppendDeferred"] = region => region.AppendDeferred("x"u8),
        ["AppendGroup"] = region => region.AppendGroup([new byte[1], new byte[2]]),
        ["AppendAsync"] = region => _ = region.AppendAsync(new byte[1]).AsTask(),
        ["Publish"] = region => region.Reserve(1).Publish(),
        ["group"] = region =>
        {
            using EntryGroup group = region.BeginGroup(1, 1);
            group.Add("x"u8);
            group.Publish();
        },
        ["Abandon before"] = region =>
        {
            EntryReservation first = region.Reserve(1);
            region.Append("x");
            first.Abandon();
        },
        ["AbandonReservation before"] = region =>
        {
            EntryReservation first = region.Reserve(1);
            region.Append("x");
            region.AbandonReservation(first.Position);
        },
        ["group abandoned before"] = region =>
        {
            EntryGroup first = region.BeginGroup(1, 1);
            region.Append("x");
            first.Dispose();
        },
    };

    [Theory]
    [InlineData(Media.Memory)]
    [InlineData(Media.Disk)]
    public async Task WaitForEntryAsync_EachWayToAppend_Wakes(string medium)
    {
        using var folder = new TestFolder(medium);
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition last = default;
        foreach ((string name, Action<StreamRegion> arrive) in Arrivals)
        {
            Task<bool> wait = region.WaitForEntryAsync(last, Test).AsTask();
            Assert.False(wait.IsCompleted, name);
            arrive(region);
            Assert.True(await wait.WaitAsync(Test), name);
            foreach (StreamEntry entry in region.EntriesAfter(last))
            {
                last = entry.Position;
            }
        }
    }

    // The race of who begins to wait with who appends, again and again: one that is missed is a test that does not end.
    [Fact]
    public async Task WaitForEntryAsync_BesideAnAppend_MissesNone()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 64 << 20);
        StreamRegion region = stream.CreateRegion("log", 60 << 20);
        const int rounds = 20_000;
        int turn = 0;
        var writer = Task.Run(() =>
        {
            for (int i = 1; i <= rounds; i++)
            {
                while (Volatile.Read(ref turn) < i)
                {
                    Thread.SpinWait(i % 50);
                }

                region.Append("x"u8);
            }
        });
        EntryPosition last = default;
        for (int i = 1; i <= rounds; i++)
        {
            Volatile.Write(ref turn, i);
            Assert.True(await region.WaitForEntryAsync(last, Test));
            using EntryEnumerator entries = region.EntriesAfter(last).GetEnumerator();
            Assert.True(entries.MoveNext());
            last = entries.Current.Position;
        }

        await writer;
    }

    [Fact]
    public async Task WaitForEntryAsync_Cancelled_LeavesNothingBehind()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        for (int i = 0; i < 100; i++)
        {
            using var cancel = new CancellationTokenSource();
            Task<bool>[] waits = [
                .. Enumerable.Range(0, 5).Select(_ => region.WaitForEntryAsync(default, cancel.Token).AsTask())];
            await cancel.CancelAsync();
            foreach (Task<bool> wait in waits)
            {
                await Assert.ThrowsAsync<OperationCanceledException>(() => wait.WaitAsync(Test));
            }
        }

        Task<bool> last = region.WaitForEntryAsync(default, Test).AsTask();
        region.Append("one");
        Assert.True(await last.WaitAsync(Test));
        using var before = new CancellationTokenSource();
        await before.CancelAsync();
        Assert.True(region.WaitForEntryAsync(default, before.Token).IsCanceled);
    }

    [Fact]
    public async Task WaitForEntryAsync_StreamOrRegionEnds_SaysSo()
    {
        using var folder = new TestFolder();
        PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        StreamRegion other = stream.CreateRegion("other", 1000);
        EntryPosition one = region.Append("one");
        Task<bool> cleared = region.WaitForEntryAsync(one, Test).AsTask();
        region.ClearWhenIdle();
        await Assert.ThrowsAsync<EntryNotFoundException>(() => cleared.WaitAsync(Test));
        Task<bool> freed = region.WaitForEntryAsync(default, Test).AsTask();
        region.FreeWhenIdle();
        await Assert.ThrowsAsync<StaleRegionException>(() => freed.WaitAsync(Test));
        Task<bool> disposed = other.WaitForEntryAsync(default, Test).AsTask();
        stream.Dispose();
        Assert.False(await disposed.WaitAsync(Test));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await other.WaitForEntryAsync(default, Test));
        await Assert.ThrowsAsync<StaleRegionException>(async () => await region.WaitForEntryAsync(default, Test));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadAllAsync_Follow_EachEntryOnceInOrder(bool fromAReader)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        StreamRegion region = stream.CreateRegion(TestStreams.RegionName, 3 << 20);
        using PersistentStream reader = fromAReader ? PersistentStream.OpenReadOnly(folder.Stream) : stream;
        StreamRegion read = reader.GetRegion(TestStreams.RegionName);
        const int count = 3000;
        var writer = Task.Run(
            async () =>
            {
                for (int i = 0; i < count; i++)
                {
                    region.Append(BitConverter.GetBytes(i));
                    if (i % 500 == 0)
                    {
                        await Task.Delay(20, Test);
                    }
                }
            },
            Test);
        int next = 0;
        EntryPosition last = default;
        await foreach (EntryCopy entry in read.ReadAllAsync(follow: true, cancellationToken: Test))
        {
            Assert.Equal(next++, BitConverter.ToInt32(entry.Data.Span));
            Assert.True(entry.Position > last);
            last = entry.Position;
            Assert.Equal(last.Timestamp, entry.Timestamp);
            if (next == count)
            {
                break;
            }
        }

        await writer;
        int rest = 0;
        await foreach (EntryCopy entry in read.ReadAllAsync(last, cancellationToken: Test))
        {
            rest++;
        }

        Assert.Equal(0, rest);
    }

    [Fact]
    public async Task ReadAllAsync_EndOfFollowing_ByCancellingAndByDisposing()
    {
        using var folder = new TestFolder();
        PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("one");
        using var cancel = new CancellationTokenSource();
        var seen = new List<string>();
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (EntryCopy entry in region.ReadAllAsync(follow: true).WithCancellation(cancel.Token))
            {
                seen.Add(Encoding.UTF8.GetString(entry.Data.Span));
                cancel.CancelAfter(20);
            }
        });
        await foreach (EntryCopy entry in region.ReadAllAsync(follow: true, cancellationToken: Test))
        {
            seen.Add(Encoding.UTF8.GetString(entry.Data.Span));
            _ = Task.Run(
                async () =>
                {
                    await Task.Delay(20, Test);
                    stream.Dispose();
                },
                Test);
        }

        Assert.Equal(["one", "one"], seen);
    }

    [Fact]
    public async Task ReadAllAsync_DamagedEntry_ThoseBeforeItComeFirst()
    {
        using var folder = new TestFolder();
        EntryPosition[] at = TestStreams.CreateWith(folder.Stream, "one", "two", "three");
        using (FileStream file = File.OpenWrite(folder.Stream))
        {
            file.Position = at[2].Offset + TestStreams.HeaderBytes;
            file.WriteByte((byte)'X');
        }

        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        var seen = new List<EntryPosition>();
        await Assert.ThrowsAsync<StreamCorruptException>(async () =>
        {
            await foreach (EntryCopy entry in reader.GetRegion(TestStreams.RegionName).ReadAllAsync(cancellationToken: Test))
            {
                seen.Add(entry.Position);
            }
        });
        Assert.Equal(at[..2], seen);
    }
}
