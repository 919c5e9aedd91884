using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class DamageTests
{
    [Theory]
    [InlineData(StreamFile.EntryHeaderBytes)]
    [InlineData(StreamFile.EntryHeaderBytes + 99)]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(16)]
    public void Open_EntryDamagedAfterACrash_RefusesToWriteAndReadsWhatIsBefore(int byteOfEntry)
    {
        using var folder = new TestFolder();
        EntryPosition[] at = CreateCrashed(folder, out string[] texts);
        StreamFile.Flip(folder.Stream, at[1].Offset + byteOfEntry);
        byte[] content = StreamFile.ReadAllBytes(folder.Stream);

        var failure = Assert.Throws<StreamCorruptException>(() => PersistentStream.Open(folder.Stream));
        Assert.Equal(StreamStatus.Corrupt, failure.Status);
        Assert.Equal(at[1].Offset, failure.Position);
        Assert.Contains("Salvage", failure.Message, StringComparison.Ordinal);
        Assert.Throws<StreamCorruptException>(
            () => PersistentStream.OpenOrCreate(folder.Stream, new() { Size = 1 << 20 }));

        using PersistentStream stream = PersistentStream.OpenReadOnly(folder.Stream);
        StreamRegion region = stream.GetRegion(TestStreams.RegionName);
        AssertStopsAtDamage(region, at, texts);
        Assert.True(region.Info.Conditions.HasFlag(StreamConditions.EntriesDamaged));
        Assert.Equal(1, stream.Recovery.DamagedRegions);
        Assert.Equal(at[1].Offset, stream.Recovery.FirstDamage);
        StreamCheck check = stream.Check();
        Assert.False(check.IsSound);
        Assert.Contains(check.Problems, problem =>
            problem.Severity == ProblemSeverity.Error
            && problem.Position == at[1].Offset
            && problem.RegionOffset == region.Offset
            && problem.Message.Length > 0);
        Assert.Equal(content, StreamFile.ReadAllBytes(folder.Stream));
    }

    // Before the checkpoint nothing is looked at when a stream is opened: it would take as long as the log.
    [Theory]
    [InlineData(StreamFile.EntryHeaderBytes)]
    [InlineData(StreamFile.EntryHeaderBytes + 99)]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(16)]
    public void Open_EntryDamagedAfterACleanClose_IsNoticedByWhoeverReadsIt(int byteOfEntry)
    {
        using var folder = new TestFolder();
        EntryPosition[] at = Create(folder.Stream, out string[] texts);
        StreamFile.Flip(folder.Stream, at[1].Offset + byteOfEntry);
        foreach (Func<PersistentStream> open in new[]
        {
            () => PersistentStream.OpenReadOnly(folder.Stream),
            () => PersistentStream.Open(folder.Stream),
        })
        {
            using PersistentStream stream = open();
            StreamRegion region = stream.GetRegion(TestStreams.RegionName);
            AssertStopsAtDamage(region, at, texts);
            Assert.Equal(texts[2..4], region.EntriesFrom(at[2]).Texts().Take(2));
            Assert.ThrowsAny<PmemStreamException>(() => region.ReadToArray(at[1]));
            Assert.Contains(stream.Check().Problems, problem =>
                problem.Severity == ProblemSeverity.Error && problem.Position == at[1].Offset);
            if (!stream.Info.IsReadOnly)
            {
                Assert.True(region.Append("behind") > at[3]);
            }
        }
    }

    [Fact]
    public void Open_Salvage_CutsAtTheDamageAndSaysSo()
    {
        using var folder = new TestFolder();
        EntryPosition[] at = CreateCrashed(folder, out string[] texts);
        StreamFile.Flip(folder.Stream, at[1].Offset + StreamFile.EntryHeaderBytes);
        using (PersistentStream stream = PersistentStream.Open(folder.Stream, new() { Salvage = true }))
        {
            Assert.True(stream.Recovery.Conditions.HasFlag(StreamConditions.Salvaged));
            Assert.Equal(1, stream.Recovery.DamagedRegions);
            StreamRegion region = stream.GetRegion(TestStreams.RegionName);
            Assert.Equal([texts[0]], region.Texts());
            region.Append("goes on");
            Assert.Throws<EntryNotFoundException>(() => region.ReadToArray(at[2]));
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal([texts[0], "goes on"], again.GetRegion(TestStreams.RegionName).Texts());
        Assert.True(again.Check().IsSound);
    }

    [Fact]
    public void MoveNext_DamageWhileOpen_ThrowsAtItAndAgain()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("good");
        EntryPosition bad = region.Append("soon bad");
        region.Append("behind");
        StreamFile.Flip(folder.Stream, bad.Offset + StreamFile.EntryHeaderBytes);
        EntryEnumerator entries = region.GetEnumerator();
        Assert.True(entries.MoveNext());
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(bad.Offset, PositionOfDamage(ref entries));
            Assert.True(entries.Current.Data.IsEmpty);
        }

        entries.Dispose();

        Assert.Throws<StreamCorruptException>(() => region.ReadToArray(bad));
        Assert.Throws<StreamCorruptException>(() => region.TryCopy(bad, new byte[100], out _));
        Assert.Equal(3, region.Entries.Unverified().Texts().Count);
        Assert.False(stream.Check().IsSound);
    }

    [Fact]
    public void Open_TornTail_IsTheEndAndNothingIsLost()
    {
        using var folder = new TestFolder();
        EntryPosition[] at = Create(folder.Stream, out string[] texts);

        // The last entry, whose append may not have returned before the crash.
        StreamFile.Flip(folder.Stream, at[^1].Offset + StreamFile.EntryHeaderBytes);
        using PersistentStream reader = PersistentStream.OpenReadOnly(folder.Stream);
        List<string> seen = [];
        try
        {
            foreach (StreamEntry entry in reader.GetRegion(TestStreams.RegionName))
            {
                seen.Add(System.Text.Encoding.UTF8.GetString(entry.Data));
            }
        }
        catch (StreamCorruptException)
        {
            // A checkpoint at the last entry says that it was whole.
        }

        Assert.Equal(texts[..^1], seen);
    }

    // Every byte of a small stream, one after the other: whatever is hit, nothing crashes, and no wrong byte is shown.
    [Fact]
    public void Open_AnyByteDamaged_NeverShowsAWrongByte()
    {
        using var folder = new TestFolder();
        string[] texts = ["first entry", "", new string('x', 100), "last entry"];
        long used;
        using (PersistentStream stream = TestStreams.Create(folder.Stream, 16384 + 8192))
        {
            StreamRegion region = stream.CreateRegion(TestStreams.RegionName, 4096, 8);
            foreach (string text in texts)
            {
                region.Append(text);
            }

            used = region.CommittedOffset;
        }

        byte[] content = StreamFile.ReadAllBytes(folder.Stream);
        long[] places = [.. Enumerable.Range(0, (int)used).Where(at => content[at] != 0).Select(at => (long)at)];
        string copy = folder.File("copy.pms");
        foreach (long place in places)
        {
            content[place] ^= 0x10;
            File.WriteAllBytes(copy, content);
            content[place] ^= 0x10;
            AssertPrefixOrFailure(() => PersistentStream.OpenReadOnly(copy), texts, place);
            AssertPrefixOrFailure(() => PersistentStream.Open(copy), texts, place);
        }

        Assert.True(places.Length > 300);
    }

    private static void AssertPrefixOrFailure(Func<PersistentStream> open, string[] texts, long place)
    {
        var seen = new List<string>();
        try
        {
            using PersistentStream stream = open();
            stream.Check();
            foreach (StreamEntry entry in stream.GetRegion(TestStreams.RegionName))
            {
                seen.Add(System.Text.Encoding.UTF8.GetString(entry.Data));
            }
        }
        catch (PmemStreamException)
        {
            // It says so.
        }

        Assert.True(
            seen.SequenceEqual(texts.Take(seen.Count)),
            $"With byte {place} damaged: {string.Join(" | ", seen)}");
    }

    private static EntryPosition[] Create(string path, out string[] texts)
    {
        texts = [.. Enumerable.Range(0, 4).Select(index => new string((char)('a' + index), 100))];
        return TestStreams.CreateWith(path, texts);
    }

    // The bytes of a stream whose process died: copied while it was open, so without the checkpoint of a clean close.
    private static EntryPosition[] CreateCrashed(TestFolder folder, out string[] texts)
    {
        texts = [.. Enumerable.Range(0, 4).Select(index => new string((char)('a' + index), 100))];
        using PersistentStream stream = TestStreams.Create(folder.File("living.pms"), out StreamRegion region);
        EntryPosition[] positions = [.. texts.Select(region.Append)];
        File.Copy(stream.Path, folder.Stream);
        return positions;
    }

    private static void AssertStopsAtDamage(StreamRegion region, EntryPosition[] at, string[] texts)
    {
        EntryEnumerator entries = region.GetEnumerator();
        Assert.True(entries.MoveNext());
        Assert.Equal(texts[0], System.Text.Encoding.UTF8.GetString(entries.Current.Data));
        Assert.Equal(at[1].Offset, PositionOfDamage(ref entries));
        entries.Dispose();
    }

    private static long? PositionOfDamage(ref EntryEnumerator entries)
    {
        try
        {
            Assert.False(entries.MoveNext(), "A damaged entry was returned.");
            return null;
        }
        catch (StreamCorruptException failure)
        {
            return failure.Position;
        }
    }
}
