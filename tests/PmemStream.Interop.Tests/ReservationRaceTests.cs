using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Reservations in several threads.</summary>
public sealed class ReservationRaceTests
{
    [Fact]
    public void Publish_RacingPublishAbandonAndDispose_ExactlyOneWins()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        int published = 0;
        for (int round = 0; round < 500; round++)
        {
            EntryReservation slot = ReservationTests.Written(region, "x");
            int winners = 0;
            using var start = new Barrier(3);
            void Try(Action end)
            {
                start.SignalAndWait();
                try
                {
                    end();
                    Interlocked.Increment(ref winners);
                }
                catch (InvalidOperationException)
                {
                    // Somebody else ended it.
                }
            }

            Parallel.Invoke(
                () => Try(() =>
                {
                    slot.Publish();
                    published++;
                }),
                () => Try(slot.Abandon),
                () =>
                {
                    start.SignalAndWait();
                    slot.Dispose();
                });
            Assert.InRange(winners, 0, 1);
            Assert.Equal(0, region.Info.OpenReservations);
            if (round % 100 == 99)
            {
                Assert.Equal(published, region.Texts().Count);
            }
        }
    }

    [Fact]
    public void Reserve_FromManyThreads_KeepsEveryEntryWhole()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, 8 << 20);
        StreamRegion region = stream.CreateRegion("shared", 7 << 20, 8);
        Parallel.For(0, 4, thread =>
        {
            var random = new Random(thread);
            var open = new Queue<(EntryReservation Slot, int Length)>();
            for (int index = 0; index < 1000; index++)
            {
                byte[] entry = ChildTasks.NumberedEntry((thread * 1000) + index);
                EntryReservation slot = region.Reserve(entry.Length + random.Next(3) * 10);
                entry.CopyTo(slot.Span);
                open.Enqueue((slot, entry.Length));
                while (open.Count > random.Next(6))
                {
                    (EntryReservation oldest, int length) = open.Dequeue();
                    oldest.Publish(length);
                    oldest.Dispose();
                }
            }

            while (open.TryDequeue(out (EntryReservation Slot, int Length) last))
            {
                last.Slot.Publish(last.Length);
            }
        });
        List<byte[]> entries = region.Arrays();
        Assert.Equal(4000, entries.Count);
        Assert.All(entries, entry => Assert.Equal(ChildTasks.NumberedEntry(BitConverter.ToInt32(entry)), entry));
        Assert.True(stream.Check().IsSound);
    }
}
