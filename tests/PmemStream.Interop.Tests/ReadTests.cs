using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class ReadTests
{
    [Fact]
    public void GetEnumerator_Entries_HavePositionTimestampAndData()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition at = region.Append("hello");
        foreach (StreamEntry entry in region)
        {
            Assert.Equal(at, entry.Position);
            Assert.Equal(at.Timestamp, entry.Timestamp);
            Assert.True(entry.Data.SequenceEqual("hello"u8));
            Span<byte> copy = new byte[6];
            entry.CopyTo(copy);
            Assert.True(copy[..5].SequenceEqual("hello"u8));
        }

        Assert.Throws<ArgumentException>(() =>
        {
            foreach (StreamEntry entry in region)
            {
                entry.CopyTo(new byte[4]);
            }
        });
    }

    [Fact]
    public void EntriesAfter_Positions_ResumeBehindThem()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition[] at = [.. "abcd".Select(letter => region.Append($"{letter}"))];
        Assert.Equal(["a", "b", "c", "d"], region.EntriesAfter(default).Texts());
        Assert.Equal(["b", "c", "d"], region.EntriesAfter(at[0]).Texts());
        Assert.Equal(["d"], region.EntriesAfter(EntryPosition.Parse(at[2].ToString())).Texts());
        EntrySequence behindTheLast = region.EntriesAfter(at[3]);
        Assert.Empty(behindTheLast.Texts());
        region.Append("e");
        Assert.Equal(["e"], behindTheLast.Texts());
    }

    [Fact]
    public void EntriesFrom_PositionsAndTimestamps_BeginThere()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition[] at = [.. "abcd".Select(letter => region.Append($"{letter}"))];
        Assert.Equal(["a", "b", "c", "d"], region.EntriesFrom(default).Texts());
        Assert.Equal(["c", "d"], region.EntriesFrom(at[2]).Texts());
        Assert.Equal(["a", "b", "c", "d"], region.EntriesFromTimestamp(0).Texts());
        Assert.Equal(["c", "d"], region.EntriesFromTimestamp(at[1].Timestamp + 1).Texts());
        Assert.Equal(["b", "c", "d"], region.EntriesFromTimestamp(at[1].Timestamp).Texts());
        Assert.Empty(region.EntriesFromTimestamp(at[3].Timestamp + 1).Texts());
        Assert.Empty(region.EntriesFromTimestamp(ulong.MaxValue).Texts());
    }

    [Fact]
    public void EntriesAfter_ImpossiblePositions_ThrowEntryNotFound()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region, 8);
        StreamRegion other = stream.CreateRegion("other", 4096);
        EntryPosition at = region.Append(TestStreams.Payload(200, 1));
        EntryPosition elsewhere = other.Append("elsewhere");
        using EntryReservation open = region.Reserve(10);
        EntryPosition hidden = region.Append("hidden");
        long end = region.CommittedOffset;
        EntryPosition[] impossible =
        [
            elsewhere,
            open.Position,
            hidden,
            at with { Timestamp = at.Timestamp + 1 },
            at with { Timestamp = 0 },
            at with { Offset = 0 },
            at with { Offset = 1 },
            at with { Offset = at.Offset + 8 },
            at with { Offset = at.Offset + 1 },
            at with { Offset = end },
            at with { Offset = end - 8 },
            at with { Offset = end - 16 },
            at with { Offset = TestStreams.StreamBytes },
            at with { Offset = -8 },
            new(long.MaxValue, ulong.MaxValue),
            new(long.MinValue, 1),
        ];
        foreach (EntryPosition position in impossible)
        {
            var failure = Assert.Throws<EntryNotFoundException>(() => region.EntriesAfter(position).Texts());
            Assert.Equal(StreamStatus.NoEntry, failure.Status);
            Assert.Contains($"{position.Offset}", failure.Message, StringComparison.Ordinal);
            Assert.Throws<EntryNotFoundException>(() => region.EntriesFrom(position).Texts());
            Assert.Throws<EntryNotFoundException>(() => region.ReadToArray(position));
            Assert.Throws<EntryNotFoundException>(() => region.TryCopy(position, new byte[1000], out _));
            Assert.Throws<EntryNotFoundException>(() => region.TryCopy(position, [], out _));
        }

        Assert.Throws<EntryNotFoundException>(() => region.ReadToArray(default));
        region.EntriesAfter(at).Texts();
    }

    [Fact]
    public void TryCopy_Sizes_SaysWhatIsNeeded()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        byte[] data = TestStreams.Payload(1000, 1);
        EntryPosition at = region.Append(data);
        byte[] buffer = new byte[1200];
        Assert.False(region.TryCopy(at, buffer.AsSpan(0, 999), out int length));
        Assert.Equal(1000, length);
        Assert.All(buffer, value => Assert.Equal(0, value));
        Assert.False(region.TryCopy(at, [], out length));
        Assert.Equal(1000, length);
        Assert.True(region.TryCopy(at, buffer.AsSpan(100), out length));
        Assert.Equal(1000, length);
        Assert.Equal(data, buffer[100..1100]);
    }

    [Fact]
    public void MoveNext_AfterTheEnd_FindsWhatWasAppendedSince()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryEnumerator entries = region.GetEnumerator();
        Assert.Equal(0, entries.Current.Data.Length);
        for (int round = 0; round < 3; round++)
        {
            Assert.False(entries.MoveNext());
            Assert.True(entries.Current.Data.IsEmpty && entries.Current.Position.IsDefault);
            EntryPosition at = region.Append($"{round}");
            Assert.True(entries.MoveNext());
            Assert.Equal(at, entries.Current.Position);
        }
    }

    [Fact]
    public void Dispose_Enumerator_EndsItAndItsCopies()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("1");
        region.Append("2");
        region.Append("3");
        EntryEnumerator entries = region.GetEnumerator();
        EntryEnumerator copy = entries;
        Assert.True(entries.MoveNext());
        Assert.True(copy.MoveNext());
        Assert.Equal((byte)'1', entries.Current.Data[0]);
        Assert.Equal((byte)'2', copy.Current.Data[0]);
        entries.Dispose();
        entries.Dispose();
        copy.Dispose();
        Assert.True(ThrowsDisposed(entries));
        Assert.True(ThrowsDisposed(copy));
        Assert.True(ThrowsDisposed(default));
        region.Clear();

        static bool ThrowsDisposed(EntryEnumerator entries)
        {
            try
            {
                entries.MoveNext();
                return false;
            }
            catch (ObjectDisposedException)
            {
                return true;
            }
        }
    }

    [Fact]
    public void GetEnumerator_DefaultSequence_ThrowsInvalidOperation()
    {
        Assert.Throws<InvalidOperationException>(() => default(EntrySequence).Texts());
        Assert.Throws<InvalidOperationException>(() => default(EntrySequence).Unverified());
    }

    [Fact]
    public void Unverified_Entries_AreTheSame()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition at = region.Append("a");
        region.Append("b");
        Assert.Equal(["a", "b"], region.Entries.Unverified().Texts());
        Assert.Equal(["b"], region.EntriesAfter(at).Unverified().Texts());
    }

    [Fact]
    public void GetEnumerator_NestedAndConcurrent_AreIndependent()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        for (int index = 0; index < 30; index++)
        {
            region.Append($"{index}");
        }

        int pairs = 0;
        foreach (StreamEntry outer in region)
        {
            foreach (StreamEntry inner in region)
            {
                pairs += outer.Timestamp <= inner.Timestamp ? 1 : 0;
            }
        }

        Assert.Equal(30 * 31 / 2, pairs);
        Parallel.For(0, 4, _ =>
        {
            for (int round = 0; round < 100; round++)
            {
                Assert.Equal(30, region.Texts().Count);
            }
        });
    }

    [Fact]
    public async Task GetEnumerator_WhileOthersAppend_SeesAPrefix()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 8 << 20);
        StreamRegion region = stream.CreateRegion("log", 7 << 20);
        Task writer = Task.Run(() =>
        {
            for (int number = 0; number < 5000; number++)
            {
                region.Append(BitConverter.GetBytes(number));
            }
        });
        while (!writer.IsCompleted)
        {
            int expected = 0;
            foreach (StreamEntry entry in region)
            {
                Assert.Equal(expected++, BitConverter.ToInt32(entry.Data));
            }
        }

        await writer;
        Assert.Equal(5000, region.Texts().Count);
    }
}
