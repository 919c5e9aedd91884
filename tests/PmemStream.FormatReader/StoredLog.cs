using System.Buffers.Binary;

namespace PmemStream.FormatReader;

/// <summary>What stands at the tail of a log.</summary>
public enum LogEnd
{
    /// <summary>Nothing that the log has to be told from.</summary>
    Clean,

    /// <summary>Something that a dead process left, promised to nobody: a writer seals the cut.</summary>
    Torn,

    /// <summary>Something that had been acknowledged is damaged.</summary>
    Damaged,
}

/// <summary>The entries of a region and where they end (FORMAT.md, 5).</summary>
public sealed class StoredLog
{
    /// <summary>Every entry from the first to the tail, or to a gap.</summary>
    public required IReadOnlyList<StoredEntry> Entries { get; init; }

    /// <summary>Where the log ends in the stream.</summary>
    public required long Tail { get; init; }

    /// <summary>What stands there.</summary>
    public required LogEnd End { get; init; }

    /// <summary>Where a walk from the first entry meets damage before the tail; null when it meets none.</summary>
    public required long? Gap { get; init; }

    /// <summary>False when the checkpoint could not be used: it is damaged, or names no valid entry.</summary>
    public required bool CheckpointIsUsable { get; init; }

    internal static StoredLog Read(
        ReadOnlySpan<byte> stream, in RegionLife life, StoredWord checkpoint, in StreamClock clock)
    {
        List<StoredEntry> listed = WithoutCutGroup(Walk(stream, life, life.First, life.Base));
        List<StoredEntry> walked = listed;
        StoredEntry? named = null;
        bool isNamed = checkpoint.IsWhole && life.IsPlaceForEntry(checkpoint.Value);
        if (isNamed)
        {
            named = StoredEntry.Read(stream, (long)checkpoint.Value, life, life.Base);
            walked = named is null ? listed : WithoutCutGroup(Walk(stream, life, named.Offset, life.Base));
        }

        StoredEntry? last = walked.LastOrDefault();
        long tail = last?.End ?? named?.Offset ?? life.First;
        long reached = listed.LastOrDefault()?.End ?? life.First;

        // The entry or group at the checkpoint had been durable.
        LogEnd end = isNamed && tail <= (long)checkpoint.Value
            ? LogEnd.Damaged
            : Judge(stream, life, clock, tail, last?.Timestamp ?? (named is null ? life.Base : named.Timestamp - 1));
        return new StoredLog
        {
            Entries = listed,
            Tail = tail,
            End = end,
            Gap = reached == tail ? null : reached,
            CheckpointIsUsable = named is not null || (checkpoint.IsWhole && checkpoint.Value == 0),
        };
    }

    // Valid entries one after another.
    private static List<StoredEntry> Walk(ReadOnlySpan<byte> stream, in RegionLife life, long from, ulong after)
    {
        List<StoredEntry> entries = [];
        long at = from;
        ulong last = after;
        while (StoredEntry.Read(stream, at, life, last) is { } entry)
        {
            bool inGroup = entries.Count > 0 && Continues(entries[^1]);
            if (inGroup && (entry.Kind != EntryKind.Data || entry.Timestamp != last + 1))
            {
                break;
            }

            entries.Add(entry);
            at = entry.End;
            last = entry.Timestamp;
        }

        return entries;
    }

    // Without the members of a group whose last one was not reached.
    private static List<StoredEntry> WithoutCutGroup(List<StoredEntry> entries)
    {
        int count = entries.Count;
        while (count > 0 && Continues(entries[count - 1]))
        {
            count--;
        }

        return entries.GetRange(0, count);
    }

    private static bool Continues(StoredEntry entry) => entry is { Kind: EntryKind.Data, GroupContinues: true };

    private static LogEnd Judge(
        ReadOnlySpan<byte> stream, in RegionLife life, in StreamClock clock, long tail, ulong last)
    {
        LogEnd end = LogEnd.Clean;
        for (long at = tail; at + StoredEntry.HeaderBytes <= life.End; at += life.Alignment)
        {
            ulong timestamp = BinaryPrimitives.ReadUInt64LittleEndian(stream[((int)at + 8)..]);
            if (timestamp > last && timestamp <= clock.TimestampMax)
            {
                end = LogEnd.Torn;
            }

            if (StoredEntry.Read(stream, at, life, last) is not { } entry)
            {
                continue;
            }

            if ((entry.Lag is { } lag && tail < entry.Offset - lag) || entry.Timestamp <= clock.Persisted)
            {
                return LogEnd.Damaged;
            }

            // What lies inside a valid entry is its payload. At the tail itself there may be the first of a group.
            at = at == tail ? at : entry.End - life.Alignment;
            end = LogEnd.Torn;
        }

        return end;
    }
}

/// <summary>What the stream says of its timestamps.</summary>
/// <param name="Ceiling">All are below it; 0: it is not known.</param>
/// <param name="Persisted">Entries up to it are durable.</param>
internal readonly record struct StreamClock(ulong Ceiling, ulong Persisted)
{
    /// <summary>The greatest timestamp that can have been given out.</summary>
    public ulong TimestampMax => Ceiling == 0 ? StoredWord.ValueMask : Ceiling - 1;
}
