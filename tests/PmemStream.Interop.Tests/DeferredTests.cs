using System.Buffers;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class DeferredTests
{
    public static TheoryData<string> AllMedia => Media.All;

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void AppendDeferred_Entries_AreVisibleAtOnceAndDurableAfterPersist(string medium)
    {
        using var folder = new TestFolder(medium);
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        long start = region.PersistedOffset;
        byte[][] entries = [.. new[] { 0, 1, 8, 41, 5000 }.Select(TestStreams.Payload)];
        EntryPosition[] positions = [.. entries.Select(entry => region.AppendDeferred(entry))];
        Assert.Equal(entries, region.Arrays());
        Assert.Equal(entries, positions.Select(region.ReadToArray));
        Assert.Equal(start, region.PersistedOffset);
        Assert.Equal(start + region.Info.UsedBytes, region.CommittedOffset);

        region.Persist();
        Assert.Equal(region.CommittedOffset, region.PersistedOffset);
        region.Persist();
        Assert.Equal(region.CommittedOffset, region.PersistedOffset);
    }

    [Fact]
    public void Persist_UpToAnEntry_CoversItAndWhatLiesBefore()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition first = region.AppendDeferred("first"u8);
        EntryPosition second = region.AppendDeferred("second"u8);
        Assert.True(region.PersistedOffset <= first.Offset);
        region.Persist(default(EntryPosition));
        Assert.True(region.PersistedOffset <= first.Offset);
        region.Persist(second);
        Assert.True(region.PersistedOffset > second.Offset);
        EntryPosition third = region.AppendDeferred("third"u8);
        region.Persist(first);
        Assert.True(region.PersistedOffset <= third.Offset);
    }

    [Fact]
    public void Append_BehindDeferredEntries_MakesThemDurable()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.AppendDeferred("deferred"u8);
        region.Append("durable");
        Assert.Equal(region.CommittedOffset, region.PersistedOffset);

        region.AppendDeferred("deferred"u8);
        using EntryReservation slot = region.Reserve(3);
        slot.Publish();
        Assert.Equal(region.CommittedOffset, region.PersistedOffset);
    }

    [Fact]
    public void Persist_BehindAnOpenReservation_IsDurableAndNotVisible()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryReservation slot = ReservationTests.Written(region, "first");
        EntryPosition behind = region.AppendDeferred("behind"u8);
        region.Persist();
        Assert.True(region.PersistedOffset > behind.Offset);
        Assert.Empty(region.Texts());
        region.Persist(behind);
        slot.Publish();
        Assert.Equal(["first", "behind"], region.Texts());
    }

    [Fact]
    public void Persist_NoEntry_ThrowsEntryNotFound()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        StreamRegion other = stream.CreateRegion("other", 4096);
        EntryPosition at = region.AppendDeferred("entry"u8);
        EntryPosition elsewhere = other.AppendDeferred("entry"u8);
        EntryPosition[] wrong =
        [
            elsewhere,
            at with { Offset = at.Offset + 64 },
            at with { Offset = at.Offset + 1 },
            at with { Timestamp = at.Timestamp + 1 },
            new EntryPosition(-1, at.Timestamp),
            new EntryPosition(0, at.Timestamp),
            new EntryPosition(long.MaxValue, ulong.MaxValue),
        ];
        Assert.All(wrong, position => Assert.Throws<EntryNotFoundException>(() => region.Persist(position)));
        region.Clear();
        Assert.Throws<EntryNotFoundException>(() => region.Persist(at));
        region.Free();
        Assert.Throws<StaleRegionException>(() => region.Persist());
        Assert.Throws<StaleRegionException>(() => region.Persist(at));
        Assert.Throws<StaleRegionException>(() => region.Persist(default(EntryPosition)));
        Assert.Throws<StaleRegionException>(() => region.AppendDeferred("x"u8));
    }

    [Fact]
    public void Persist_ReadOnly_ThrowsInvalidOperation()
    {
        using var folder = new TestFolder();
        EntryPosition[] there = TestStreams.CreateWith(folder.Stream, "one");
        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        StreamRegion region = reader.GetRegion(TestStreams.RegionName);
        Assert.Throws<InvalidOperationException>(() => region.AppendDeferred("x"u8));
        Assert.Throws<InvalidOperationException>(() => region.Append(Pieces.Of([1, 2, 3], 1)));
        Assert.Throws<InvalidOperationException>(() => region.AppendGroup([new byte[3]]));
        Assert.Throws<InvalidOperationException>(() => region.BeginGroup(1, 1));
        Assert.Throws<InvalidOperationException>(() => region.Persist());
        Assert.Throws<InvalidOperationException>(() => region.Persist(there[0]));
        Assert.Throws<InvalidOperationException>(() => reader.Persist());
    }

    [Fact]
    public void Persist_Stream_CoversAllRegionsAndTellsTheTimestamp()
    {
        using var folder = new TestFolder();
        ulong stored;
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion first))
        {
            StreamRegion second = stream.CreateRegion("second", 64 << 10);
            Assert.Equal(0UL, stream.PersistedTimestamp);
            EntryPosition last = default;
            for (int round = 0; round < 10; round++)
            {
                last = (round % 2 == 0 ? first : second).AppendDeferred("deferred"u8);
            }

            stored = stream.Persist();
            Assert.True(stored >= last.Timestamp);
            Assert.True(stored < stream.Info.NextTimestamp);
            Assert.Equal(stored, stream.PersistedTimestamp);
            Assert.Equal(first.CommittedOffset, first.PersistedOffset);
            Assert.Equal(second.CommittedOffset, second.PersistedOffset);
            EntryPosition later = first.AppendDeferred("later"u8);
            Assert.True(later.Timestamp > stored);
            Assert.Equal(stored, stream.PersistedTimestamp);
        }

        using PersistentStream again = PersistentStream.OpenReadOnly(folder.Stream);
        Assert.Equal(stored, again.PersistedTimestamp);
    }

    [Fact]
    public void Persist_StreamWithAnOpenReservation_StopsBeforeIt()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition before = region.AppendDeferred("before"u8);
        EntryReservation slot = region.Reserve(1);
        EntryPosition behind = region.AppendDeferred("behind"u8);
        ulong stopped = stream.Persist();
        Assert.InRange(stopped, before.Timestamp, slot.Position.Timestamp - 1);
        Assert.True(region.PersistedOffset > behind.Offset);
        slot.Abandon();
        Assert.True(stream.Persist() >= behind.Timestamp);
    }

    [Fact]
    public void TryAppend_OfEachKind_SaysWhetherThereIsRoom()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        byte[] large = TestStreams.Payload((int)region.Info.UsableBytes, 1);
        ReadOnlySequence<byte> pieces = Pieces.Of(large, 1000);
        Assert.False(region.TryAppendDeferred(large, out EntryPosition none));
        Assert.Equal(default, none);
        Assert.False(region.TryAppend(pieces, out none));
        Assert.False(region.TryAppendDeferred(pieces, out none));
        Assert.Equal(default, none);
        Assert.Throws<RegionFullException>(() => region.AppendDeferred(large));
        Assert.Throws<RegionFullException>(() => region.Append(pieces));
        Assert.Throws<RegionFullException>(() => region.AppendDeferred(pieces));
        Assert.Equal(0, region.Info.UsedBytes);

        Assert.True(region.TryAppendDeferred("a"u8, out EntryPosition at));
        Assert.Equal("a"u8.ToArray(), region.ReadToArray(at));
        Assert.True(region.TryAppendDeferred(Pieces.Of("bcd"u8.ToArray(), 1), out at));
        Assert.True(region.PersistedOffset <= at.Offset);
        Assert.True(region.TryAppend(Pieces.Of("efg"u8.ToArray(), 2), out at));
        Assert.True(region.PersistedOffset > at.Offset);
        Assert.Equal(["a", "bcd", "efg"], region.Texts());
    }

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Append_Sequence_IsOneEntryHoweverManyPieces(string medium)
    {
        using var folder = new TestFolder(medium);
        byte[][] entries = [.. new[] { 0, 1, 7, 8, 9, 100, 4073, 20_000 }.Select(TestStreams.Payload)];
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region, 8))
        {
            foreach (byte[] entry in entries)
            {
                EntryPosition at = region.Append(Pieces.Of(entry, 1 + (entry.Length / 5)));
                Assert.Equal(entry, region.ReadToArray(at));
                Assert.True(region.PersistedOffset > at.Offset);
                at = region.AppendDeferred(Pieces.Of(entry, Math.Max(1, entry.Length / 300)));
                Assert.Equal(entry, region.ReadToArray(at));
                Assert.True(region.PersistedOffset <= at.Offset);
            }

            region.Append(ReadOnlySequence<byte>.Empty);
            region.Append(new ReadOnlySequence<byte>("alone"u8.ToArray()));
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        byte[][] expected = [.. entries.SelectMany(entry => new[] { entry, entry }), [], "alone"u8.ToArray()];
        Assert.Equal(expected, again.GetRegion(TestStreams.RegionName).Arrays());
    }

    [Fact]
    public void Append_SequenceOfMoreThanAGibibyte_ThrowsArgumentOutOfRange()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        ReadOnlySequence<byte> large = Pieces.Repeat(new byte[1 << 20], 1025);
        Assert.Throws<ArgumentOutOfRangeException>("data", () => region.Append(large));
        Assert.Throws<ArgumentOutOfRangeException>("data", () => region.TryAppend(large, out _));
        Assert.Throws<ArgumentOutOfRangeException>("data", () => region.AppendDeferred(large));
        Assert.Throws<ArgumentOutOfRangeException>("data", () => region.TryAppendDeferred(large, out _));
        Assert.Throws<RegionFullException>(() => region.Append(large.Slice(0, 1 << 30)));
        Assert.Empty(region.Texts());
    }

    [Fact]
    public void Append_SequenceWhosePinFails_LetsGoOfTheOthers()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        foreach (int good in new[] { 3, 20 })
        {
            var counting = new CountingMemory(failFrom: good);
            ReadOnlySequence<byte> pieces = Pieces.Repeat(counting.Memory, good + 2);
            Assert.Throws<TimeoutException>(() => region.Append(pieces));
            Assert.Equal((good, 0), (counting.Pinned, counting.Pinned - counting.Unpinned));
            Assert.Empty(region.Texts());
        }
    }

    [Fact]
    public void Dispose_Stream_MakesDeferredEntriesDurable()
    {
        using var folder = new TestFolder();
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            region.AppendDeferred("deferred"u8);
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal(["deferred"], again.GetRegion(TestStreams.RegionName).Texts());
        Assert.Equal(0, again.Recovery.WalkedEntries);
    }

    private sealed class CountingMemory(int failFrom) : MemoryManager<byte>
    {
        private readonly byte[] _bytes = new byte[10];

        public int Pinned { get; private set; }

        public int Unpinned { get; private set; }

        public override Span<byte> GetSpan() => _bytes;

        public override unsafe MemoryHandle Pin(int elementIndex = 0)
        {
            if (Pinned == failFrom)
            {
                throw new TimeoutException();
            }

            Pinned++;
            return new MemoryHandle(null, default, this);
        }

        public override void Unpin() => Unpinned++;

        protected override void Dispose(bool disposing)
        {
        }
    }
}
