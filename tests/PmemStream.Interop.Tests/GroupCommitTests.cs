using PmemStream.Interop.Tests.Support;
using PmemStream.Interop.Waiting;

namespace PmemStream.Interop.Tests;

/// <summary>Who shares which flush, and what becomes of those who wait: with flushes that the test holds.</summary>
public sealed class GroupCommitTests : IDisposable
{
    private static readonly byte[] Data = new byte[100];

    private readonly TestFolder _folder = new();
    private readonly HeldFlush _flush = new();
    private readonly PersistentStream _stream;
    private readonly StreamRegion _region;

    public GroupCommitTests() => _stream = TestStreams.Create(_folder.Stream, out _region);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _flush.Dispose();
        _stream.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task AppendAsync_DuringAFlush_AllShareTheNextOne()
    {
        GroupCommit commits = _flush.Commits();
        Task<EntryPosition> first = commits.AppendAsync(_region, Data, default).AsTask();
        _flush.AwaitBegin();
        Task<EntryPosition>[] others = [
            .. Enumerable.Range(0, 100).Select(_ => commits.AppendAsync(_region, Data, default).AsTask())];
        Assert.Equal(101, _region.Arrays().Count);
        Assert.False(first.IsCompleted);
        _flush.LetGo();
        await first.WaitAsync(Test);
        _flush.AwaitBegin();
        Assert.DoesNotContain(others, other => other.IsCompleted);
        _flush.LetGo();
        EntryPosition[] positions = await Task.WhenAll(others).WaitAsync(Test);
        Assert.Equal(2, _flush.Count);
        Assert.Equal(positions.Order(), positions);
        Assert.True(_region.PersistedOffset > positions[^1].Offset);
    }

    [Fact]
    public async Task AppendAsync_ToManyRegions_OneFlushForAll()
    {
        GroupCommit commits = _flush.Commits();
        StreamRegion[] regions = [.. Enumerable.Range(0, 5).Select(i => _stream.CreateRegion($"{i}", 10_000))];
        Task<EntryPosition> first = commits.AppendAsync(_region, Data, default).AsTask();
        _flush.AwaitBegin();
        Task<EntryPosition>[] others = [.. regions.Select(region => commits.AppendAsync(region, Data, default).AsTask())];
        _flush.LetGo(2);
        EntryPosition[] positions = await Task.WhenAll(others).WaitAsync(Test);
        Assert.Equal(2, _flush.Count);
        Assert.All(regions.Zip(positions), pair => Assert.True(pair.First.PersistedOffset > pair.Second.Offset));
        Assert.True(_stream.PersistedTimestamp >= positions.Max().Timestamp);
        await first;
    }

    [Fact]
    public async Task AppendAsync_FlushFails_ReachesThoseOfItAndNobodyElse()
    {
        GroupCommit commits = _flush.Commits();
        Task<EntryPosition> before = commits.AppendAsync(_region, Data, default).AsTask();
        _flush.AwaitBegin();
        Task<EntryPosition>[] concerned = [
            .. Enumerable.Range(0, 10).Select(_ => commits.AppendAsync(_region, Data, default).AsTask())];
        Task persist = commits.PersistAsync(_region, _region.AppendDeferred(Data), default).AsTask();
        _flush.LetGo();
        await before.WaitAsync(Test);
        _flush.AwaitBegin();
        var failure = new InvalidDataException("the disk is gone");
        _flush.Failure = failure;
        _flush.LetGo();
        foreach (Task task in concerned.Append(persist))
        {
            Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(() => task.WaitAsync(Test)));
        }

        _flush.Failure = null;
        _flush.LetGo();
        await commits.AppendAsync(_region, Data, default).AsTask().WaitAsync(Test);
    }

    [Fact]
    public async Task AppendAsync_TooManyBytesUnpersisted_WaitsForRoomInOrder()
    {
        GroupCommit commits = _flush.Commits(maxUnpersistedBytes: 2 * (Data.Length + 24));
        Task<EntryPosition>[] tasks = [
            .. Enumerable.Range(0, 5).Select(i => commits.AppendAsync(_region, new byte[] { (byte)i, }.Concat(new byte[99]).ToArray(), default).AsTask())];
        _flush.AwaitBegin();
        Assert.Equal(2, _region.Arrays().Count);

        // Nobody passes those who wait, however small.
        Task<EntryPosition> small = commits.AppendAsync(_region, new byte[] { 5 }, default).AsTask();
        Assert.Equal(2, _region.Arrays().Count);
        Assert.False(small.IsCompleted);
        _flush.LetGo(10);
        EntryPosition[] positions = await Task.WhenAll([.. tasks, small]).WaitAsync(Test);
        Assert.Equal(positions.Order(), positions);
        Assert.Equal([0, 1, 2, 3, 4, 5], _region.Entries.Bytes());
        Assert.True(_flush.Count >= 3);
    }

    [Fact]
    public async Task AppendAsync_LargerThanAllRoom_GoesAlone()
    {
        GroupCommit commits = _flush.Commits(maxUnpersistedBytes: 1);
        _flush.LetGo(10);
        await commits.AppendAsync(_region, Data, default).AsTask().WaitAsync(Test);
        Task<EntryPosition>[] both = [
            commits.AppendAsync(_region, Data, default).AsTask(), commits.AppendAsync(_region, Data, default).AsTask()];
        await Task.WhenAll(both).WaitAsync(Test);
        Assert.Equal(3, _flush.Count);
    }

    [Fact]
    public async Task AppendAsync_NoRoomInTheRegion_FailsAtOnceOrWhenItsTurnComes()
    {
        StreamRegion tiny = _stream.CreateRegion("tiny", 1);
        int room = (int)tiny.Info.UsableBytes;
        GroupCommit commits = _flush.Commits(maxUnpersistedBytes: room);
        await Assert.ThrowsAsync<RegionFullException>(
            () => commits.AppendAsync(tiny, new byte[room], default).AsTask().WaitAsync(Test));
        Task<EntryPosition> fits = commits.AppendAsync(tiny, new byte[room - 24], default).AsTask();
        _flush.AwaitBegin();
        Task<EntryPosition> late = commits.AppendAsync(tiny, Data, default).AsTask();
        _flush.LetGo(2);
        await fits.WaitAsync(Test);
        await Assert.ThrowsAsync<RegionFullException>(() => late.WaitAsync(Test));

        // What failed has given its room back.
        await commits.AppendAsync(_region, new byte[room - 24], default).AsTask().WaitAsync(Test);
    }

    [Fact]
    public async Task AppendAsync_Cancelled_TheEntryIsAppendedAllTheSame()
    {
        GroupCommit commits = _flush.Commits();
        using var cancel = new CancellationTokenSource();
        Task<EntryPosition> task = commits.AppendAsync(_region, Data, cancel.Token).AsTask();
        _flush.AwaitBegin();
        await cancel.CancelAsync();
        var failure = await Assert.ThrowsAsync<AppendCanceledException>(() => task.WaitAsync(Test));
        Assert.Equal(cancel.Token, failure.CancellationToken);
        Assert.Equal(Data, _region.ReadToArray(failure.Position));
        Assert.False(_region.PersistedOffset > failure.Position.Offset);
        Task persisted = commits.PersistAsync(_region, failure.Position, default).AsTask();
        _flush.LetGo(2);
        await persisted.WaitAsync(Test);
        Assert.True(_region.PersistedOffset > failure.Position.Offset);
        Assert.True(task.IsCanceled);
    }

    [Fact]
    public async Task AppendAsync_CancelledWaitingForRoom_AppendsNothing()
    {
        GroupCommit commits = _flush.Commits(maxUnpersistedBytes: 1);
        using var cancel = new CancellationTokenSource();
        Task<EntryPosition> first = commits.AppendAsync(_region, Data, default).AsTask();
        _flush.AwaitBegin();
        byte[] mine = [1, 2, 3];
        Task<EntryPosition> cancelled = commits.AppendAsync(_region, mine, cancel.Token).AsTask();
        Task<EntryPosition> behind = commits.AppendAsync(_region, Data, default).AsTask();
        await cancel.CancelAsync();
        var failure = await Assert.ThrowsAsync<AppendCanceledException>(() => cancelled.WaitAsync(Test));
        Assert.True(failure.Position.IsDefault);
        mine.AsSpan().Fill(9);
        _flush.LetGo(10);
        await Task.WhenAll(first, behind).WaitAsync(Test);
        Assert.Equal([Data, Data], _region.Arrays());
    }

    [Fact]
    public async Task PersistAsync_PositionOfNothing_SaysSo()
    {
        GroupCommit commits = _flush.Commits();
        _flush.LetGo(10);
        EntryPosition at = _region.AppendDeferred(Data);
        var wrong = new EntryPosition(at.Offset, at.Timestamp + 1);
        await Assert.ThrowsAsync<EntryNotFoundException>(
            () => commits.PersistAsync(_region, wrong, default).AsTask().WaitAsync(Test));
        await commits.PersistAsync(_region, at, default).AsTask().WaitAsync(Test);
    }

    [Fact]
    public async Task EndClose_FlushUnderWay_ItsCallersGetTheResultOfTheClose()
    {
        GroupCommit commits = _flush.Commits(maxUnpersistedBytes: 2 * (Data.Length + 24));
        Task<EntryPosition> inFlush = commits.AppendAsync(_region, Data, default).AsTask();
        _flush.AwaitBegin();
        Task<EntryPosition> queued = commits.AppendAsync(_region, Data, default).AsTask();
        Task<EntryPosition> forRoom = commits.AppendAsync(_region, Data, default).AsTask();
        commits.BeginClose();
        Task<EntryPosition> tooLate = commits.AppendAsync(_region, Data, default).AsTask();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => tooLate.WaitAsync(Test));

        // The flush finds the stream closed, and nobody is told before the result of the close is known.
        _stream.Dispose();
        _flush.LetGo(10);
        commits.EndClose(null);
        await Task.WhenAll(inFlush, queued).WaitAsync(Test);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => forRoom.WaitAsync(Test));
        using PersistentStream again = PersistentStream.Open(_folder.Stream);
        Assert.Equal([Data, Data], again.GetRegion(TestStreams.RegionName).Arrays());
    }

    [Fact]
    public async Task EndClose_CloseFails_ItsFailureIsTheirs()
    {
        GroupCommit commits = _flush.Commits();
        Task<EntryPosition> inFlush = commits.AppendAsync(_region, Data, default).AsTask();
        _flush.AwaitBegin();
        Task<EntryPosition> queued = commits.AppendAsync(_region, Data, default).AsTask();
        commits.BeginClose();
        _stream.Dispose();
        var failure = new InvalidDataException("not durable");
        commits.EndClose(failure);
        _flush.LetGo(10);
        Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(() => queued.WaitAsync(Test)));
        Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(() => inFlush.WaitAsync(Test)));
    }

    [Fact]
    public async Task AppendAsync_GatherTime_WaitsForMore()
    {
        // Long enough that only half of the bytes, or the close, ends it.
        GroupCommit commits = _flush.Commits(10 * (Data.Length + 24), TimeSpan.FromSeconds(10));
        _flush.LetGo(10);
        Task<EntryPosition>[] tasks = [
            .. Enumerable.Range(0, 5).Select(_ => commits.AppendAsync(_region, Data, default).AsTask())];
        await Task.WhenAll(tasks).WaitAsync(Test);
        Assert.Equal(1, _flush.Count);
    }
}
