namespace PmemStream.Interop.Tests.Support;

/// <summary>An entry as it was read: where, when, what.</summary>
internal sealed record ReadEntry(long Region, EntryPosition Position, byte[] Data);

/// <summary>Merged readings as lists.</summary>
internal static class MergedLists
{
    public static List<ReadEntry> ToList(this MergedSequence entries)
    {
        var list = new List<ReadEntry>();
        foreach (MergedEntry entry in entries)
        {
            Assert.Equal(entry.Entry.Position, entry.Position);
            Assert.Equal(entry.Entry.Timestamp, entry.Timestamp);
            list.Add(new ReadEntry(entry.Region.Offset, entry.Position, entry.Data.ToArray()));
        }

        return list;
    }

    public static List<ulong> Timestamps(this MergedSequence entries)
    {
        var timestamps = new List<ulong>();
        foreach (MergedEntry entry in entries)
        {
            timestamps.Add(entry.Timestamp);
        }

        return timestamps;
    }

    public static List<string> Texts(this MergedSequence entries) =>
        [.. entries.ToList().Select(entry => System.Text.Encoding.UTF8.GetString(entry.Data))];

    /// <summary>What somebody gets who reads the regions one after the other, up to where they are, and sorts.</summary>
    public static List<ulong> SortedTimestamps(this PersistentStream stream)
    {
        var timestamps = new List<ulong>();
        foreach (StreamRegion region in stream.Regions)
        {
            foreach (StreamEntry entry in region)
            {
                timestamps.Add(entry.Timestamp);
            }
        }

        timestamps.Sort();
        return timestamps;
    }

    /// <summary>Nothing came in between later: what was read at some time is the beginning of what there is in the end.</summary>
    public static bool IsBeginningOf(this List<ulong> earlier, List<ulong> later) =>
        earlier.Count <= later.Count && earlier.SequenceEqual(later.Take(earlier.Count));
}
