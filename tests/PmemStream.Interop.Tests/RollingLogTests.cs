using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class RollingLogTests
{
    public static TheoryData<string> AllMedia => Media.All;

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Append_OverSeveralSegments_IsReadInOrderAlsoAfterReopening(string medium)
    {
        using var folder = new TestFolder(medium);
        EntryPosition[] positions;
        using (PersistentStream stream = TestStreams.Create(folder.Stream))
        {
            RollingLog log = TestLogs.Open(stream);
            Assert.Empty(log.Numbers());
            Assert.Null(log.FirstPosition);
            Assert.Null(log.LastPosition);
            positions = log.AppendNumbers(0, 10);
            Assert.Equal(TestLogs.Range(0, 9), log.Numbers());
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        RollingLog reopened = TestLogs.Open(again);
        Assert.Equal(TestLogs.Range(0, 9), reopened.Numbers());
        Assert.Equal((positions[0], positions[9]), (reopened.FirstPosition, reopened.LastPosition));
        Assert.Equal(positions.Order(), positions);
        Assert.True(reopened.Append(TestLogs.Entry(10)) > positions[9]);
        for (int index = 0; index < 10; index++)
        {
            Assert.Equal(TestLogs.Range(index, 10), reopened.EntriesFrom(positions[index]).Numbers());
            Assert.Equal(TestLogs.Range(index + 1, 10), reopened.EntriesAfter(positions[index]).Unverified().Numbers());
            Assert.Equal(TestLogs.Entry(index), reopened.ReadToArray(positions[index]));
            using EntryLease lease = reopened.Lease(positions[index]);
            Assert.Equal(TestLogs.Entry(index), lease.Memory.ToArray());
        }

        Assert.Equal(TestLogs.Range(0, 10), reopened.EntriesAfter(default).Numbers());
        Assert.Equal(TestLogs.Range(0, 10), reopened.EntriesFrom(default).Numbers());
        Assert.True(again.Check().IsSound);
    }

    [Fact]
    public void Append_Full_ThrowsAndKeepsWhatIsThere()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        RollingLog log = TestLogs.Open(stream);
        EntryPosition[] positions = log.AppendNumbers(0, 12);
        RollingLogFullException full = Assert.Throws<RollingLogFullException>(() => log.Append(TestLogs.Entry(12)));
        Assert.Contains(TestLogs.Name, full.Message, StringComparison.Ordinal);
        Assert.Contains("4 segments of 3584 bytes", full.Message, StringComparison.Ordinal);
        Assert.Contains(folder.Stream, full.Message, StringComparison.Ordinal);
        Assert.False(log.TryAppend(TestLogs.Entry(12), out EntryPosition nowhere));
        Assert.Equal(default, nowhere);
        Assert.Throws<RollingLogFullException>(() => log.Reserve(TestLogs.ThirdBytes));
        Assert.Equal(TestLogs.Range(0, 11), log.Numbers());

        // What is smaller still fits into the last segment.
        log.Append(TestLogs.Entry(12, 100));
        log.TruncateBefore(positions[3]);
        Assert.Equal(positions[3], log.FirstPosition);
        log.AppendNumbers(13, 3);
        Assert.Equal(TestLogs.Range(3, 15), log.Numbers());
        Assert.Throws<RollingLogFullException>(() => log.Append(TestLogs.Entry(16)));
    }

    [Fact]
    public void Append_DropOldest_GoesOnForEver()
    {
        using var folder = new TestFolder();
        PersistentStream stream = TestStreams.Create(folder.Stream);
        RollingLog log = TestLogs.Open(stream, WhenFull.DropOldest);
        for (int number = 0; number < 100; number++)
        {
            log.Append(TestLogs.Entry(number));
            if (number % 17 == 16)
            {
                stream.Dispose();
                stream = PersistentStream.Open(folder.Stream);
                log = TestLogs.Open(stream, WhenFull.DropOldest);
            }

            int first = number < 12 ? 0 : ((number / 3) - 3) * 3;
            Assert.Equal(TestLogs.Range(first, number), log.Numbers());
        }

        Assert.True(stream.Check().IsSound);
        stream.Dispose();
    }

    [Fact]
    public void Append_DropOldest_RefusesPositionsOfWhatIsGone()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        RollingLog log = TestLogs.Open(stream, WhenFull.DropOldest);
        EntryPosition[] old = log.AppendNumbers(0, 3);
        EntryPosition[] later = log.AppendNumbers(3, 12);
        foreach (EntryPosition gone in old)
        {
            Assert.Throws<EntryNotFoundException>(() => log.EntriesFrom(gone).Numbers());
            Assert.Throws<EntryNotFoundException>(() => log.EntriesAfter(gone).Numbers());
            Assert.Throws<EntryNotFoundException>(() => log.ReadToArray(gone));
            Assert.Throws<EntryNotFoundException>(() => log.TryCopy(gone, new byte[2000], out _));
            Assert.Throws<EntryNotFoundException>(() => log.Lease(gone));
            log.TruncateBefore(gone);
        }

        foreach (EntryPosition nothing in new EntryPosition[] { new(0, 1), new(-1, 1), new(long.MaxValue, 1) })
        {
            Assert.Throws<EntryNotFoundException>(() => log.ReadToArray(nothing));
            Assert.Throws<EntryNotFoundException>(() => log.EntriesFrom(nothing).Numbers());
        }

        Assert.Equal(later[0], log.FirstPosition);
    }

    [Fact]
    public void Append_DropOldestUnderAReader_SaysThatAndLosesNothing()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        RollingLog log = TestLogs.Open(stream, WhenFull.DropOldest);
        EntryPosition[] positions = log.AppendNumbers(0, 12);
        using (RollingLogEnumerator reader = log.GetEnumerator())
        {
            Assert.True(reader.MoveNext());
            RollingLogBusyException busy = Assert.Throws<RollingLogBusyException>(() => log.Append(TestLogs.Entry(12)));
            Assert.IsAssignableFrom<RegionBusyException>(busy);
            Assert.IsType<RegionBusyException>(busy.InnerException);
            Assert.Contains("events.0000", busy.Message, StringComparison.Ordinal);
            Assert.Contains("enumerator", busy.Message, StringComparison.Ordinal);
            Assert.Throws<RollingLogBusyException>(() => log.Reserve(TestLogs.ThirdBytes));
            Assert.Throws<RollingLogBusyException>(() => log.TryAppend(TestLogs.Entry(12), out _));
            log.Append(TestLogs.Entry(12, 100));

            // It stands in the next segment now.
            Assert.True(reader.MoveNext() && reader.MoveNext() && reader.MoveNext());
            log.Append(TestLogs.Entry(13));
            Assert.Equal(TestLogs.Range(3, 13), log.Numbers());
        }

        using (log.Lease(positions[4]))
        {
            log.AppendNumbers(14, 2);
            Assert.Throws<RollingLogBusyException>(() => log.Append(TestLogs.Entry(16)));
        }

        log.Append(TestLogs.Entry(16));
        Assert.Equal(TestLogs.Range(6, 16), log.Numbers());
    }

    [Fact]
    public void TruncateBefore_SegmentInUse_RemovesWhatIsBeforeIt()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        RollingLog log = TestLogs.Open(stream);
        EntryPosition[] positions = log.AppendNumbers(0, 12);
        using (log.Lease(positions[5]))
        {
            Assert.Throws<RollingLogBusyException>(() => log.TruncateBefore(positions[11]));
            Assert.Equal(TestLogs.Range(3, 11), log.Numbers());
        }

        log.TruncateBefore(positions[8]);
        Assert.Equal(TestLogs.Range(6, 11), log.Numbers());
        log.TruncateBefore(new EntryPosition(0, ulong.MaxValue));
        Assert.Equal(TestLogs.Range(9, 11), log.Numbers());
        log.TruncateBefore(default);
        Assert.Equal(TestLogs.Range(9, 11), log.Numbers());
        log.AppendNumbers(12, 9);
        Assert.Equal(TestLogs.Range(9, 20), log.Numbers());
    }

    [Fact]
    public void Reserve_AcrossARoll_HidesWhatIsBehindItUntilItEnds()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        RollingLog log = TestLogs.Open(stream, WhenFull.DropOldest);
        log.AppendNumbers(0, 1);
        using (RollingLogEnumerator reader = log.GetEnumerator())
        {
            Assert.True(reader.MoveNext());
            EntryReservation slot = log.Reserve(TestLogs.ThirdBytes);
            EntryPosition[] behind = log.AppendNumbers(2, 5);
            Assert.False(reader.MoveNext());
            Assert.Equal([0], log.Numbers());
            Assert.Equal(log.FirstPosition, log.LastPosition);
            Assert.Equal(TestLogs.Range(4, 6), log.EntriesFrom(behind[2]).Numbers());
            TestLogs.Entry(1).CopyTo(slot.Span);
            slot.Publish();
            for (int number = 1; number <= 6; number++)
            {
                Assert.True(reader.MoveNext());
                Assert.True(reader.Current.Data.SequenceEqual(TestLogs.Entry(number)));
            }

            Assert.False(reader.MoveNext());
            Assert.Equal(behind[^1], log.LastPosition);
        }

        using EntryReservation open = log.Reserve(10);
        Assert.Throws<RollingLogBusyException>(() => log.AppendNumbers(7, 20));
    }

    [Fact]
    public void Reserve_AbandonedAlone_DoesNotUseUpTheLog()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        RollingLog log = TestLogs.Open(stream);
        for (int round = 0; round < 20; round++)
        {
            log.Reserve(TestLogs.EntryBytesMax).Dispose();
        }

        log.AppendNumbers(0, 9);
        Assert.Equal(TestLogs.Range(0, 8), log.Numbers());
    }

    [Fact]
    public void Append_LargestEntry_FitsAndOneMoreByteIsTheCallersMistake()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        RollingLog log = TestLogs.Open(stream);
        Assert.Equal(TestLogs.EntryBytesMax, log.EntryBytesMax);
        Assert.Throws<ArgumentOutOfRangeException>("data", () => log.Append(new byte[log.EntryBytesMax + 1]));
        Assert.Throws<ArgumentOutOfRangeException>("data", () => log.TryAppend(new byte[log.EntryBytesMax + 1], out _));
        Assert.Throws<ArgumentOutOfRangeException>("size", () => log.Reserve(log.EntryBytesMax + 1));
        Assert.Throws<ArgumentOutOfRangeException>("size", () => log.Reserve(-1));
        for (int number = 0; number < TestLogs.SegmentCount; number++)
        {
            log.Append(TestLogs.Entry(number, log.EntryBytesMax));
        }

        Assert.False(log.TryAppend([], out _));
        Assert.Equal(TestLogs.Range(0, 3), log.Numbers());
    }

    [Fact]
    public void OpenReadOnly_BesideTheWriter_FollowsIt()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        using (PersistentStream before = PersistentStream.OpenReadOnly(folder.Stream))
        {
            Assert.Throws<RegionNotFoundException>(() => TestLogs.Open(before));
        }

        RollingLog log = TestLogs.Open(stream, WhenFull.DropOldest);
        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        RollingLog readable = TestLogs.Open(reader);
        Assert.Empty(readable.Numbers());
        using RollingLogEnumerator entries = readable.GetEnumerator();
        EntryPosition[] positions = new EntryPosition[60];
        for (int number = 0; number < 60; number++)
        {
            Assert.False(entries.MoveNext());
            positions[number] = log.Append(TestLogs.Entry(number));
            Assert.True(entries.MoveNext());
            Assert.True(entries.Current.Data.SequenceEqual(TestLogs.Entry(number)));
            Assert.Equal(log.Numbers(), readable.Numbers());
            Assert.Equal((log.FirstPosition, log.LastPosition), (readable.FirstPosition, readable.LastPosition));
        }

        Assert.Equal([58, 59], readable.EntriesFrom(positions[58]).Numbers());
        Assert.Throws<EntryNotFoundException>(() => readable.EntriesFrom(positions[3]).Numbers());
        Assert.Throws<InvalidOperationException>(() => readable.Append([]));
        Assert.Throws<InvalidOperationException>(() => readable.Reserve(1));
        Assert.Throws<InvalidOperationException>(() => readable.TruncateBefore(positions[58]));

        // One that was left behind is told so.
        using RollingLogEnumerator slow = readable.GetEnumerator();
        Assert.True(slow.MoveNext());
        log.AppendNumbers(60, 30);
        try
        {
            while (slow.MoveNext())
            {
                Assert.True(slow.Current.Position > positions[47]);
            }

            Assert.Fail("It went on.");
        }
        catch (StaleRegionException)
        {
            // Begin anew, with what there is.
        }
    }

    [Fact]
    public void Dispose_Stream_EveryCallThrowsObjectDisposed()
    {
        using var folder = new TestFolder();
        PersistentStream stream = TestStreams.Create(folder.Stream);
        RollingLog log = TestLogs.Open(stream);
        EntryPosition at = log.AppendNumbers(0, 5)[4];
        EntryLease lease = log.Lease(at);
        stream.Dispose();
        foreach (Action call in new Action[]
        {
            () => log.Append("x"u8), () => log.TryAppend([], out _), () => log.Reserve(1), () => log.TruncateBefore(at),
            () => log.Numbers(), () => log.EntriesFrom(at).Numbers(), () => log.EntriesAfter(at).Numbers(),
            () => _ = log.FirstPosition, () => _ = log.LastPosition, () => log.ReadToArray(at), () => log.Lease(at),
            () => log.TryCopy(at, [], out _), () => TestLogs.Open(stream),
        })
        {
            Assert.Throws<ObjectDisposedException>(call);
        }

        Assert.Equal((TestLogs.Name, TestLogs.SegmentCount), (log.Name, log.SegmentCount));
        Assert.Equal(TestLogs.Entry(4), lease.Memory.ToArray());
        lease.Dispose();
    }

    [Fact]
    public void Damage_InASegment_IsReportedWhereItIs()
    {
        using var folder = new TestFolder();
        EntryPosition[] positions;
        using (PersistentStream stream = TestStreams.Create(folder.Stream))
        {
            positions = TestLogs.Open(stream).AppendNumbers(0, 8);
        }

        foreach (int damaged in new[] { 4, 3 })
        {
            StreamFile.Flip(folder.Stream, positions[damaged].Offset + StreamFile.EntryHeaderBytes);
            using PersistentStream stream = PersistentStream.OpenReadOnly(folder.Stream);
            if (damaged == 3)
            {
                // Where a segment begins with it, its place in the log is not known.
                Assert.Equal(
                    positions[damaged].Offset,
                    Assert.Throws<StreamCorruptException>(() => TestLogs.Open(stream)).Position);
                continue;
            }

            RollingLog log = TestLogs.Open(stream);
            int count = 0;
            StreamCorruptException failure = Assert.Throws<StreamCorruptException>(() =>
            {
                foreach (StreamEntry entry in log)
                {
                    Assert.Equal(positions[count++], entry.Position);
                }
            });
            Assert.Equal((positions[damaged].Offset, damaged), (failure.Position, count));
        }
    }
}
