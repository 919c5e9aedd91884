using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Enumerators go through batches of entries that the core has read ahead: nobody may notice.</summary>
public sealed class BatchTests
{
    private const int Entries = 300;
    private const int Middle = 100;

    // Where batches begin and end, and which sizes are verified in another way, is the core's affair: several of each.
    private static readonly int[] Sizes = [0, 1, 40, 64, 128, 129, 241, 5000];

    [Fact]
    public void MoveNext_CopiesOfAnEnumerator_ShareThePlaceInTheBatch()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = CreateWithMany(folder, out StreamRegion region, out List<byte[]> expected);
        using EntryEnumerator entries = region.GetEnumerator();
        EntryEnumerator copy = entries;
        for (int index = 0; index < Entries; index++)
        {
            bool takesCopy = index % 3 == 1;
            Assert.True(takesCopy ? copy.MoveNext() : entries.MoveNext());
            StreamEntry current = takesCopy ? copy.Current : entries.Current;
            Assert.True(current.Data.SequenceEqual(expected[index]));
        }

        Assert.False(copy.MoveNext());
        Assert.False(entries.MoveNext());
        Assert.Equal(expected, region.Arrays());
    }

    [Fact]
    public void MoveNext_StreamDisposedInMidBatch_ThrowsAndTheEntryStays()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = CreateWithMany(folder, out StreamRegion region, out List<byte[]> expected);
        EntryEnumerator entries = region.GetEnumerator();
        MoveTo(ref entries, Middle);
        stream.Dispose();
        Assert.True(entries.Current.Data.SequenceEqual(expected[Middle]));
        Assert.IsType<ObjectDisposedException>(FailureOf(ref entries));
        Assert.True(entries.Current.Position.IsDefault);
        Assert.IsType<ObjectDisposedException>(FailureOf(ref entries));
        entries.Dispose();
        Assert.IsType<ObjectDisposedException>(FailureOf(ref entries));
    }

    [Fact]
    public void Clear_EnumeratorInMidBatch_IsBusy()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = CreateWithMany(folder, out StreamRegion region, out List<byte[]> expected);
        EntryEnumerator entries = region.GetEnumerator();
        MoveTo(ref entries, Middle);
        Assert.Throws<RegionBusyException>(region.Clear);
        Assert.Throws<RegionBusyException>(region.Free);
        Assert.True(entries.MoveNext());
        Assert.True(entries.Current.Data.SequenceEqual(expected[Middle + 1]));
        entries.Dispose();
        region.Clear();
        Assert.Empty(region.Arrays());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MoveNext_ClearedOrFreedByAWriterInMidBatch_IsStaleAtOnce(bool free)
    {
        using var folder = new TestFolder();
        using PersistentStream writer = CreateWithMany(folder, out StreamRegion region, out List<byte[]> expected);
        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        using EntryEnumerator entries = reader.GetRegion(TestStreams.RegionName).GetEnumerator();
        EntryEnumerator moved = entries;
        MoveTo(ref moved, Middle);
        Assert.True(moved.Current.Data.SequenceEqual(expected[Middle]));
        if (free)
        {
            region.Free();
        }
        else
        {
            region.Clear();
            region.Append(new byte[40]);
        }

        Assert.IsType<StaleRegionException>(FailureOf(ref moved));
        Assert.IsType<StaleRegionException>(FailureOf(ref moved));
    }

    [Fact]
    public void MoveNext_DamageInMidBatch_ThrowsAtItAndNoSooner()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = CreateWithMany(folder, out StreamRegion region, out List<byte[]> expected);
        EntryEnumerator entries = region.GetEnumerator();
        MoveTo(ref entries, Middle + 3);
        EntryPosition bad = entries.Current.Position;
        entries.Dispose();
        StreamFile.Flip(folder.Stream, bad.Offset + StreamFile.EntryHeaderBytes);
        entries = region.GetEnumerator();
        MoveTo(ref entries, Middle + 2);
        Assert.True(entries.Current.Data.SequenceEqual(expected[Middle + 2]));
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal(bad.Offset, Assert.IsType<StreamCorruptException>(FailureOf(ref entries)).Position);
            Assert.True(entries.Current.Data.IsEmpty && entries.Current.Position.IsDefault);
        }

        entries.Dispose();
        Assert.Equal(Entries, region.Entries.Unverified().Texts().Count);
    }

    private static PersistentStream CreateWithMany(
        TestFolder folder, out StreamRegion region, out List<byte[]> expected)
    {
        PersistentStream stream = TestStreams.Create(folder.Stream, 4 << 20);
        region = stream.CreateRegion(TestStreams.RegionName, 2 << 20);
        expected = [];
        for (int index = 0; index < Entries; index++)
        {
            // The one that is damaged has data.
            byte[] data = TestStreams.Payload(index == Middle + 3 ? 40 : Sizes[index * 7 % Sizes.Length], index);
            expected.Add(data);
            region.AppendDeferred(data);
        }

        return stream;
    }

    private static void MoveTo(ref EntryEnumerator entries, int index)
    {
        for (int at = 0; at <= index; at++)
        {
            Assert.True(entries.MoveNext());
        }
    }

    private static Exception? FailureOf(ref EntryEnumerator entries)
    {
        try
        {
            entries.MoveNext();
            return null;
        }
        catch (Exception failure) when (failure is PmemStreamException or ObjectDisposedException)
        {
            return failure;
        }
    }
}
