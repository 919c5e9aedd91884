using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class LeaseTests
{
    public static TheoryData<string> AllMedia => Media.All;

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Lease_OfTheCurrentEntry_OutlivesTheLoopAndTheStream(string medium)
    {
        using var folder = new TestFolder(medium);
        byte[] data = TestStreams.Payload(50_000, 1);
        PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("before");
        EntryPosition at = region.Append(data);
        var leases = new List<EntryLease>();
        foreach (StreamEntry entry in region)
        {
            leases.Add(entry.Lease());
        }

        leases.Add(region.Lease(at));
        stream.Dispose();
        Assert.Equal("before"u8.ToArray(), leases[0].Memory.ToArray());
        Assert.All(leases[1..], lease =>
        {
            Assert.Equal((at, data.Length), (lease.Position, lease.Length));
            Assert.Equal(data, lease.Memory.ToArray());
            Assert.Equal(data, lease.Span.ToArray());
            Assert.Equal(data, ((IMemoryOwner<byte>)lease).Memory.ToArray());
        });

        // Only readers are left: they do not keep the next writer out.
        using PersistentStream again = PersistentStream.Open(folder.Stream);
        again.GetRegion(TestStreams.RegionName).Clear();
        again.GetRegion(TestStreams.RegionName).Append("later");
        leases.ForEach(lease => lease.Dispose());
    }

    [Fact]
    public void Lease_Open_KeepsTheRegionFromBeingClearedAndFreed()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryLease lease = region.Lease(region.Append("one"));
        RegionBusyException busy = Assert.Throws<RegionBusyException>(region.Clear);
        Assert.Contains("lease", busy.Message, StringComparison.Ordinal);
        Assert.Throws<RegionBusyException>(region.Free);
        region.Append("two");
        Assert.Equal("one"u8.ToArray(), lease.Memory.ToArray());
        lease.Dispose();
        region.Clear();
        region.Free();
    }

    [Fact]
    public void Dispose_Lease_TakesItsMemoryAway()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryLease lease = region.Lease(region.Append("one"));
        ReadOnlyMemory<byte> memory = lease.Memory;
        lease.Dispose();
        lease.Dispose();
        Assert.Throws<ObjectDisposedException>(() => lease.Memory);
        Assert.Throws<ObjectDisposedException>(() => lease.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => ((IMemoryOwner<byte>)lease).Memory);
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Pin());
        Assert.Equal(3, lease.Length);
    }

    [Fact]
    public unsafe void Dispose_LeaseThatIsPinned_KeepsTheMemoryUntilItIsUnpinned()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryLease lease = region.Lease(region.Append("one"));
        MemoryHandle pin = lease.Memory[1..].Pin();
        MemoryHandle second = lease.Memory.Pin();
        lease.Dispose();
        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => lease.Memory);
        Assert.Throws<RegionBusyException>(region.Clear);
        Assert.Equal("ne", Encoding.UTF8.GetString((byte*)pin.Pointer, 2));
        pin.Dispose();
        region.Clear();
    }

    [Fact]
    public void Lease_NoEntry_Throws()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition old = region.Append("one");
        region.Clear();
        EntryPosition at = region.Append("two");
        Assert.Throws<EntryNotFoundException>(() => region.Lease(old));
        Assert.Throws<EntryNotFoundException>(() => region.Lease(default));
        Assert.Throws<EntryNotFoundException>(() => region.Lease(new EntryPosition(-8, at.Timestamp)));
        Assert.Throws<EntryNotFoundException>(() => region.Lease(at with { Timestamp = at.Timestamp + 1 }));
        Assert.Throws<InvalidOperationException>(() =>
        {
            using EntryEnumerator before = region.GetEnumerator();
            before.Current.Lease();
        });
        Assert.Throws<InvalidOperationException>(() => default(StreamEntry).Lease());

        // None of these holds the region.
        region.Clear();
        stream.Dispose();
        Assert.Throws<ObjectDisposedException>(() => region.Lease(at));
    }

    [Fact]
    public void Lease_DamagedEntry_ThrowsAlsoWhereTheEnumerationVerifiesNothing()
    {
        using var folder = new TestFolder();
        EntryPosition at = TestStreams.CreateWith(folder.Stream, "first", "second", "third")[1];
        StreamFile.Flip(folder.Stream, at.Offset + StreamFile.EntryHeaderBytes);
        using PersistentStream stream = PersistentStream.OpenReadOnly(folder.Stream);
        StreamRegion region = stream.GetRegion(TestStreams.RegionName);
        Assert.Throws<StreamCorruptException>(() => region.Lease(at));
        Assert.Throws<StreamCorruptException>(() =>
        {
            foreach (StreamEntry entry in region.Entries.Unverified())
            {
                entry.Lease().Dispose();
            }
        });
    }

    [Fact]
    public void Lease_OfAReader_ShowsTheEntry()
    {
        using var folder = new TestFolder();
        EntryPosition at = TestStreams.CreateWith(folder.Stream, "first")[0];
        using PersistentStream stream = PersistentStream.OpenReadOnly(folder.Stream);
        using EntryLease lease = stream.GetRegion(TestStreams.RegionName).Lease(at);
        Assert.Equal("first"u8.ToArray(), lease.Memory.ToArray());
    }

    [Fact]
    public void Lease_Forgotten_IsReleasedByTheGarbageCollectorButNotUnderAMemory()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition at = region.Append("one");
        ReadOnlyMemory<byte>[] kept = Forget(region, at);
        for (int round = 0; round < 5; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Throws<RegionBusyException>(region.Clear);
        ForgetMemory(kept);
        ReservationTests.Collect(() => Clears(region));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static ReadOnlyMemory<byte>[] Forget(StreamRegion region, EntryPosition at) => [region.Lease(at).Memory];

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void ForgetMemory(ReadOnlyMemory<byte>[] kept)
        {
            Assert.Equal("one"u8.ToArray(), kept[0].ToArray());
            kept[0] = default;
        }

        static bool Clears(StreamRegion region)
        {
            try
            {
                region.Clear();
                return true;
            }
            catch (RegionBusyException)
            {
                return false;
            }
        }
    }

    // Leases are taken, read and given back by several threads, while another clears and one ends it all.
    [Fact]
    public void Dispose_RacingReadsClearsAndTheStream_ThrowsNothingElse()
    {
        using var folder = new TestFolder();
        byte[] data = TestStreams.Payload(3000, 7);
        for (int round = 0; round < TestRounds.Of(200); round++)
        {
            string path = folder.File($"{round}.pms");
            PersistentStream stream = TestStreams.Create(path, out StreamRegion region);
            EntryPosition at = region.Append(data);
            using EntryLease shared = region.Lease(at);
            using var start = new Barrier(4);
            void Try(Action work)
            {
                start.SignalAndWait();
                for (int index = 0; index < 50; index++)
                {
                    try
                    {
                        work();
                    }
                    catch (Exception failure)
                        when (failure is ObjectDisposedException or RegionBusyException or EntryNotFoundException)
                    {
                        // The stream or the lease was disposed, a lease is open, the region was cleared.
                    }
                }
            }

            void ReadShared()
            {
                using MemoryHandle pin = shared.Memory.Pin();
                using EntryLease own = region.Lease(at);
                Assert.True(own.Memory.Span.SequenceEqual(data));
            }

            Parallel.Invoke(
                new ParallelOptions { MaxDegreeOfParallelism = 4 },
                () => Try(ReadShared),
                () => Try(region.Clear),
                () => Try(shared.Dispose),
                () => Try(() =>
                {
                    if (Random.Shared.Next(50) == 0)
                    {
                        stream.Dispose();
                    }
                }));
            stream.Dispose();
            PersistentStream.Open(path).Dispose();
            File.Delete(path);
        }
    }
}
