using System.Buffers;
using System.Runtime.CompilerServices;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>How a group ends, and what is left of it then.</summary>
public sealed class EntryGroupLifeTests
{
    [Fact]
    public void Group_AfterItsEnd_SaysHowItEnded()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryGroup published = region.BeginGroup(1, 10);
        Memory<byte> memory = published.GetMemory();
        published.Add("x"u8);
        published.Publish();
        EntryGroup abandoned = region.BeginGroup(1, 10);
        abandoned.Abandon();
        foreach (EntryGroup ended in new[] { published, abandoned })
        {
            Assert.All(CallsOf(ended), call => Assert.IsNotType<ObjectDisposedException>(Assert.Throws<InvalidOperationException>(call)));
            ended.Dispose();
            ended.Dispose();
            Assert.All(CallsOf(ended), call => Assert.Throws<ObjectDisposedException>(call));
        }

        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Pin());
        Assert.Equal(["x"], region.Texts());
    }

    [Fact]
    public void Dispose_StaleReference_DoesNotTouchTheNextGroup()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryGroup old = region.BeginGroup(1, 10);
        old.Add("old"u8);
        old.Publish();
        EntryGroup next = region.BeginGroup(1, 10);
        old.Dispose();
        Assert.All(CallsOf(old), call => Assert.Throws<ObjectDisposedException>(call));
        Assert.Equal(1, region.Info.OpenReservations);
        next.Add("next"u8);
        next.Publish();
        Assert.Equal(["old", "next"], region.Texts());
    }

    [Fact]
    public void AbandonReservation_OfAGroup_EndsItAndTheOwnerIsTold()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryGroup lost = region.BeginGroup(2, 10);
        lost.Add("lost"u8);
        region.Append("behind");
        region.AbandonReservation(region.Info.OldestReservation!.Value);
        Assert.Equal(["behind"], region.Texts());
        Assert.Throws<InvalidOperationException>(() => lost.Add("x"u8));
        Assert.Throws<InvalidOperationException>(() => lost.Publish());
        Assert.Throws<InvalidOperationException>(lost.Abandon);
        region.Clear();
    }

    [Fact]
    public void BeginGroup_Forgotten_IsAbandonedByTheGarbageCollector()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        Forget(region);
        region.Append("behind");
        Assert.Empty(region.Texts());
        ReservationTests.Collect(() => region.Info.OpenReservations == 0);
        Assert.Equal(["behind"], region.Texts());
        region.Clear();

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget(StreamRegion region) => region.BeginGroup(2, 10).Add("forgotten"u8);
    }

    [Fact]
    public void Pin_OfTheMemory_KeepsTheGroupOpen()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        HoldPin(region);
        ReservationTests.Collect(() => region.Info.OpenReservations == 0);

        // On frames of their own, so that nothing of them is left in this one.
        [MethodImpl(MethodImplOptions.NoInlining)]
        static void HoldPin(StreamRegion region)
        {
            using MemoryHandle pin = PinAndForget(region);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.Equal(1, region.Info.OpenReservations);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static MemoryHandle PinAndForget(StreamRegion region) => region.BeginGroup(2, 10).GetMemory().Pin();
    }

    [Fact]
    public void Publish_AfterTheStreamIsDisposed_ThrowsObjectDisposedAndTheLockGoes()
    {
        using var folder = new TestFolder();
        PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryGroup group = region.BeginGroup(2, 100);
        group.Add("never"u8);
        Span<byte> span = group.GetSpan();
        Memory<byte> memory = group.GetMemory();
        stream.Dispose();
        Assert.Throws<ObjectDisposedException>(() => group.GetSpan().Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => group.Add("x"u8));
        span.Fill(1);

        // An open group may still be written to, so nobody else gets the stream.
        Assert.Throws<StreamLockedException>(() => PersistentStream.Open(folder.Stream));
        Assert.Throws<ObjectDisposedException>(() => group.Publish());
        span.Fill(2);
        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Empty(again.GetRegion(TestStreams.RegionName).Texts());
        Assert.True(again.Check().IsSound);
    }

    [Fact]
    public void Group_Open_AfterACrashIsPassedOver()
    {
        using var folder = new TestFolder();
        byte[] image;
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            region.Append("before");
            EntryGroup open = region.BeginGroup(2, 100);
            open.Add("open"u8);
            region.Append("behind");
            image = StreamFile.ReadAllBytes(folder.Stream);
            open.Dispose();
        }

        string copy = folder.File("copy.pms");
        File.WriteAllBytes(copy, image);
        using PersistentStream crashed = PersistentStream.Open(copy);
        Assert.Equal(["before", "behind"], crashed.GetRegion(TestStreams.RegionName).Texts());
        Assert.Equal(1, crashed.Recovery.PendingSkipped);
    }

    private static Action[] CallsOf(EntryGroup group) =>
    [
        () => group.Add("x"u8),
        () => group.Advance(0),
        group.CompleteEntry,
        () => _ = group.GetSpan().Length,
        () => group.GetMemory(),
        () => group.Publish(),
        () => group.Publish(new EntryPosition[10]),
        group.Abandon,
    ];
}
