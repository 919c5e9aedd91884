using System.Runtime.CompilerServices;
using PmemStream.Interop.Native;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class ReservationTests
{
    public static TheoryData<string> AllMedia => Media.All;

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Publish_Whole_IsAnEntryAlsoAfterReopening(string medium)
    {
        using var folder = new TestFolder(medium);
        byte[] data = TestStreams.Payload(1000, 1);
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            using EntryReservation slot = region.Reserve(data.Length);
            Assert.Equal(data.Length, slot.Length);
            data.CopyTo(slot.Span);
            Assert.Empty(region.Texts());
            EntryPosition at = slot.Publish();
            Assert.Equal(slot.Position, at);
            Assert.Equal(data, region.ReadToArray(at));
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal([data], again.GetRegion(TestStreams.RegionName).Arrays());
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(100, 1)]
    [InlineData(100, 99)]
    [InlineData(100, 100)]
    [InlineData(0, 0)]
    public void Publish_Fewer_IsAnEntryOfThat(int reserved, int published)
    {
        using var folder = new TestFolder();
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region, 8))
        {
            using (EntryReservation slot = region.Reserve(reserved))
            {
                slot.Span.Fill((byte)'x');
                slot.Publish(published);
            }

            region.Append("next");
            Assert.Equal([new string('x', published), "next"], region.Texts());
            Assert.Equal(TestStreams.ExtentOf(reserved, 8) + TestStreams.ExtentOf(4, 8), region.Info.UsedBytes);
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal([new string('x', published), "next"], again.GetRegion(TestStreams.RegionName).Texts());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(101)]
    [InlineData(int.MaxValue)]
    public void Publish_ImpossibleSize_ThrowsArgumentOutOfRangeAndStaysOpen(int bytes)
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryReservation slot = region.Reserve(100);
        Assert.Throws<ArgumentOutOfRangeException>("bytesWritten", () => slot.Publish(bytes));
        slot.Span[0] = (byte)'a';
        slot.Publish(1);
        Assert.Equal(["a"], region.Texts());
    }

    [Fact]
    public void Reserve_Several_AreVisibleInTheirOrder()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("0");
        EntryReservation first = Written(region, "1");
        EntryReservation second = Written(region, "2");
        region.Append("3");
        EntryReservation fourth = Written(region, "4");
        Assert.Equal(["0"], region.Texts());
        Assert.Equal(3, region.Info.OpenReservations);
        Assert.Equal(first.Position, region.Info.OldestReservation);
        Assert.True(region.PersistedOffset > region.CommittedOffset);

        second.Publish();
        Assert.Equal(["0"], region.Texts());
        first.Publish();
        Assert.Equal(["0", "1", "2", "3"], region.Texts());
        Assert.Equal(fourth.Position, region.Info.OldestReservation);
        fourth.Abandon();
        region.Append("5");
        Assert.Equal(["0", "1", "2", "3", "5"], region.Texts());
        Assert.Equal(0, region.Info.OpenReservations);
        Assert.Null(region.Info.OldestReservation);
    }

    [Fact]
    public void Abandon_Reservation_IsPassedOverAlsoAfterReopening()
    {
        using var folder = new TestFolder();
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            EntryReservation slot = Written(region, "never");
            region.Append("behind");
            slot.Abandon();
            Assert.Equal(["behind"], region.Texts());
            Assert.Throws<EntryNotFoundException>(() => region.ReadToArray(slot.Position));
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal(["behind"], again.GetRegion(TestStreams.RegionName).Texts());
        Assert.True(again.Check().IsSound);
    }

    [Fact]
    public void Publish_Again_ThrowsInvalidOperation()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryReservation slot = Written(region, "once");
        slot.Publish();
        Assert.Throws<InvalidOperationException>(() => slot.Publish());
        Assert.Throws<InvalidOperationException>(slot.Abandon);
        Assert.Throws<InvalidOperationException>(() => slot.Span.Length);
        slot.Dispose();
        slot.Dispose();
        Assert.Throws<ObjectDisposedException>(() => slot.Publish());
        Assert.Throws<ObjectDisposedException>(() => slot.Span.Length);
        Assert.Equal(["once"], region.Texts());
    }

    [Fact]
    public void Abandon_Again_ThrowsInvalidOperation()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryReservation slot = Written(region, "never");
        slot.Abandon();
        Assert.Throws<InvalidOperationException>(slot.Abandon);
        Assert.Throws<InvalidOperationException>(() => slot.Publish());
        Assert.Throws<InvalidOperationException>(() => slot.Span.Length);
        slot.Dispose();
        Assert.Empty(region.Texts());
    }

    [Fact]
    public void Dispose_Reservation_AbandonsIt()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryReservation slot = Written(region, "never");
        slot.Dispose();
        Assert.Throws<ObjectDisposedException>(() => slot.Publish());
        Assert.Throws<ObjectDisposedException>(slot.Abandon);
        Assert.Throws<ObjectDisposedException>(() => slot.Span.Length);
        region.Append("behind");
        Assert.Equal(["behind"], region.Texts());
    }

    [Fact]
    public void Dispose_StaleReference_DoesNotTouchTheNextReservation()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryReservation old = Written(region, "old");
        old.Publish();
        EntryReservation next = Written(region, "next");
        old.Dispose();
        Assert.Throws<ObjectDisposedException>(() => old.Publish());
        Assert.Throws<ObjectDisposedException>(old.Abandon);
        Assert.Equal(1, region.Info.OpenReservations);
        next.Publish();
        Assert.Equal(["old", "next"], region.Texts());
    }

    [Fact]
    public void AbandonReservation_ByPosition_EndsItAndTheOwnerIsTold()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryReservation lost = Written(region, "lost");
        region.Append("behind");
        region.AbandonReservation(region.Info.OldestReservation!.Value);
        Assert.Equal(["behind"], region.Texts());
        Assert.Throws<InvalidOperationException>(() => lost.Publish());
        Assert.Throws<EntryNotFoundException>(() => region.AbandonReservation(lost.Position));
        Assert.Throws<EntryNotFoundException>(() => region.AbandonReservation(new EntryPosition(-8, 1)));
        Assert.Throws<EntryNotFoundException>(() => region.AbandonReservation(default));
        region.Clear();
    }

    [Fact]
    public void Reserve_Forgotten_IsAbandonedByTheGarbageCollector()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        Forget(region);
        region.Append("behind");
        Assert.Empty(region.Texts());
        Collect(() => region.Info.OpenReservations == 0);
        Assert.Equal(["behind"], region.Texts());
        region.Clear();

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget(StreamRegion region) => Written(region, "forgotten").Span.Fill(1);
    }

    [Fact]
    public void Publish_AfterTheStreamIsDisposed_ThrowsObjectDisposedAndTheLockGoes()
    {
        using var folder = new TestFolder();
        PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryReservation slot = region.Reserve(100);
        Span<byte> span = slot.Span;
        stream.Dispose();
        Assert.Throws<ObjectDisposedException>(() => slot.Span.Length);
        span.Fill(1);

        // An open reservation may still be written to, so nobody else gets the stream.
        Assert.Throws<StreamLockedException>(() => PersistentStream.Open(folder.Stream));
        Assert.Throws<ObjectDisposedException>(() => slot.Publish());
        span.Fill(2);
        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Empty(again.GetRegion(TestStreams.RegionName).Texts());
        Assert.True(again.Check().IsSound);
    }

    [Fact]
    public void Publish_Open_AfterReopeningIsPassedOver()
    {
        using var folder = new TestFolder();
        byte[] image;
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            region.Append("before");
            EntryReservation open = Written(region, "open");
            region.Append("behind");

            // What a crash would leave, taken while the reservation is open.
            image = StreamFile.ReadAllBytes(folder.Stream);
            open.Dispose();
        }

        string copy = folder.File("copy.pms");
        File.WriteAllBytes(copy, image);
        using PersistentStream crashed = PersistentStream.Open(copy);
        Assert.Equal(["before", "behind"], crashed.GetRegion(TestStreams.RegionName).Texts());
        Assert.Equal(1, crashed.Recovery.PendingSkipped);
    }

    [Fact]
    public void Reserve_WithoutRoom_GivesTheHandleBackToThePool()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        ReservationHandle pooled = ReservationHandle.Rent();
        pooled.Return();
        Assert.Throws<RegionFullException>(() => region.Reserve(1 << 30));
        ReservationHandle next = ReservationHandle.Rent();
        Assert.Same(pooled, next);
        next.Return();
    }

    internal static void Collect(Func<bool> done)
    {
        for (int round = 0; round < 100 && !done(); round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.True(done());
    }

    internal static EntryReservation Written(StreamRegion region, string text)
    {
        EntryReservation slot = region.Reserve(text.Length);
        System.Text.Encoding.UTF8.GetBytes(text, slot.Span);
        return slot;
    }
}
