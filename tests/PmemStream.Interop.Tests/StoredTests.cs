using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary><see cref="PersistentStream.EnumerateStored"/>.</summary>
public sealed class StoredTests
{
    [Fact]
    public void EnumerateStored_Stream_HasEachEntryWithItsPlace()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        StreamRegion region = stream.CreateRegion("orders", 64 << 10);
        EntryPosition at = region.Append(new byte[100]);
        using (EntryReservation reservation = region.Reserve(10))
        {
            reservation.Abandon();
        }

        region.Append("x"u8);
        List<StoredStructure> stored = [.. stream.EnumerateStored()];

        Assert.All(stored, item => Assert.True(item.IsWhole, item.Text));
        Assert.All(stored, item => Assert.NotEqual(StoredKind.Unknown, item.Kind));
        Assert.All(stored, item => Assert.NotEmpty(item.Text));
        StoredStructure first = stored.First(item => item.Kind == StoredKind.Data);
        Assert.Equal((at.Offset, at.Timestamp), (first.Offset, first.Timestamp));
        Assert.Equal((100, 128, region.Offset), (first.PayloadBytes, first.Bytes, first.PieceOffset));
        Assert.Equal(0, first.LagBytes);
        Assert.False(first.GroupContinues);
        Assert.Null(first.Value);
        Assert.Single(stored, item => item.Kind == StoredKind.Skip);
        StoredStructure size = stored.Single(item => item.Kind == StoredKind.StreamSize);
        Assert.Equal((ulong)stream.Info.Size, size.Value);
        Assert.Null(size.PieceOffset);
        Assert.Null(size.Timestamp);
    }

    [Fact]
    public void EnumerateStored_WhileItStandsInARegion_ThatIsBusy()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        StreamRegion region = stream.CreateRegion("orders", 64 << 10);
        region.Append("x"u8);
        using (IEnumerator<StoredStructure> enumerator = stream.EnumerateStored().GetEnumerator())
        {
            while (enumerator.MoveNext() && enumerator.Current.Kind != StoredKind.Data)
            {
            }

            Assert.Throws<RegionBusyException>(region.Clear);
        }

        region.Clear();
    }

    [Fact]
    public void EnumerateStored_AfterDispose_Throws()
    {
        using var folder = new TestFolder();
        PersistentStream stream = TestStreams.Create(folder.Stream);
        IEnumerable<StoredStructure> stored = stream.EnumerateStored();
        using IEnumerator<StoredStructure> begun = stored.GetEnumerator();
        Assert.True(begun.MoveNext());

        stream.Dispose();

        Assert.Throws<ObjectDisposedException>(() => begun.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => stored.Any());
    }

    [Fact]
    public async Task EnumerateStored_OneEnumeratorInTwoThreads_DoesNoHarm()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream);
        stream.CreateRegion("orders", 64 << 10).Append("x"u8);
        for (int round = 0; round < 200; round++)
        {
            IEnumerator<StoredStructure> shared = stream.EnumerateStored().GetEnumerator();
            Assert.True(shared.MoveNext());
            Task other = Task.Run(() => Drain(shared), TestContext.Current.CancellationToken);
            Drain(shared);
            shared.Dispose();
            await other;
        }
    }

    // What two threads get from an enumerator that is made for one is not said; it must not harm the process.
    private static void Drain(IEnumerator<StoredStructure> enumerator)
    {
        try
        {
            while (enumerator.MoveNext())
            {
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or NullReferenceException or ArgumentNullException)
        {
            // The other one has ended it.
        }
    }
}
