using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Creating, finding and repairing.</content>
internal sealed partial class SegmentRing
{
    /// <summary>Finds the log, finishes what a crash left of its creation, or creates it.</summary>
    public static SegmentRing Open(
        PersistentStream stream, string name, long segmentSize, int segmentCount, Action<RollStep, StreamRegion>? stepTaken)
    {
        StreamInfo info = stream.Info;
        var found = new SortedDictionary<int, StreamRegion>();
        foreach (StreamRegion region in stream.Regions)
        {
            if (SegmentNames.TryParse(name, region.Name, out int number))
            {
                found.Add(number, region);
            }
        }

        int alignment = found.Count == 0 ? stream.DefaultEntryAlignment : found.Values.First().EntryAlignment;
        if (EntryBytesMaxOf(UsableBytesOf(segmentSize, info.BlockSize), alignment) < 0)
        {
            throw Errors.SegmentTooSmall(segmentSize, alignment, nameof(segmentSize));
        }

        int count = found.Keys.LastOrDefault() + 1;
        foreach (StreamRegion region in found.Values)
        {
            CheckAsked(stream, name, count, segmentCount, region.Info.UsableBytes, segmentSize, info.BlockSize);
        }

        var regions = new StreamRegion[segmentCount];
        foreach ((int number, StreamRegion region) in found)
        {
            regions[number] = region;
        }

        CreateMissing(stream, name, segmentSize, alignment, regions, info.IsReadOnly, stepTaken);
        return new SegmentRing(stream, name, regions, stepTaken);
    }

    /// <summary>Whether it is what somebody asks for who opens it once more.</summary>
    public void CheckAsked(long segmentSize, int segmentCount) => CheckAsked(
        _stream, Name, Count, segmentCount, SegmentBytes, segmentSize, _stream.Info.BlockSize);

    /// <summary>False when somebody has freed its regions.</summary>
    public bool IsThere()
    {
        try
        {
            return Array.TrueForAll(_regions, region => region.Info.TotalBytes > 0);
        }
        catch (StaleRegionException)
        {
            return false;
        }
    }

    private static long UsableBytesOf(long segmentSize, int blockSize)
    {
        long needed = segmentSize + NativeMethods.PMS_REGION_HEADER_BYTES;
        return ((needed + blockSize - 1) / blockSize * blockSize) - NativeMethods.PMS_REGION_HEADER_BYTES;
    }

    private static void CheckAsked(
        PersistentStream stream, string name, int count, int countAsked, long bytes, long bytesAsked, int blockSize)
    {
        if (count == countAsked && bytes == UsableBytesOf(bytesAsked, blockSize))
        {
            return;
        }

        throw Mismatch(
            stream,
            name,
            $"it has {count} segments of {bytes} bytes, asked for were {countAsked} of {bytesAsked} "
            + $"({UsableBytesOf(bytesAsked, blockSize)} in whole blocks)",
            "Nothing was changed. Open it with the sizes that it has.");
    }

    // Missing are none, or all from some number down to 0, and then there are no entries: else it was no crash.
    private static void CreateMissing(
        PersistentStream stream,
        string name,
        long segmentSize,
        int alignment,
        StreamRegion?[] regions,
        bool readOnly,
        Action<RollStep, StreamRegion>? stepTaken)
    {
        int first = Array.FindIndex(regions, region => region is not null);
        int missing = first < 0 ? regions.Length : first;
        int hole = Array.FindIndex(regions, missing, region => region is null);
        bool hasEntries = missing > 0 && Array.Exists(regions, region => region?.Info.UsedBytes > 0);
        if (missing == 0 && hole < 0)
        {
            return;
        }

        if (hole >= 0 || hasEntries || (readOnly && first >= 0))
        {
            string absent = SegmentNames.Of(name, hole >= 0 ? hole : 0);
            _ = stream.TryGetRegion(absent, out _); // a damaged header may be its own: then that is what is wrong
            throw Mismatch(
                stream,
                name,
                $"its segment '{absent}' is missing",
                readOnly && !hasEntries && hole < 0
                    ? "Whoever creates it has not finished: open it for writing first."
                    : "Somebody freed it: copy what the other segments hold, and free them.");
        }

        if (readOnly)
        {
            _ = stream.GetRegion(SegmentNames.Of(name, 0)); // not there: says so
        }

        Create(stream, name, segmentSize, alignment, regions, missing, stepTaken);
    }

    private static void Create(
        PersistentStream stream,
        string name,
        long segmentSize,
        int alignment,
        StreamRegion?[] regions,
        int missing,
        Action<RollStep, StreamRegion>? stepTaken)
    {
        int number = missing;
        try
        {
            while (number > 0)
            {
                StreamRegion region = stream.CreateRegion(SegmentNames.Of(name, number - 1), segmentSize, alignment);
                regions[--number] = region;
                stepTaken?.Invoke(RollStep.Created, region);
            }
        }
        catch (StreamFullException)
        {
            // What was there before stays. Upwards, so that a crash here leaves the highest ones again.
            for (; number < missing; number++)
            {
                regions[number]!.Free();
            }

            throw;
        }
    }

    // Writers do it once, readers again and again: their regions are changed by another process. Returns the last one.
    private LogSegment Order()
    {
        LogSegment[] known = [.. _live];
        LogSegment[] segments = Array.ConvertAll(_regions, region => SegmentOf(region, known));
        List<LogSegment> ordered = [.. segments.Where(segment => segment.FirstTimestamp is not null)];
        ordered.Sort((left, right) => left.FirstTimestamp!.Value.CompareTo(right.FirstTimestamp!.Value));
        for (int index = 1; index < ordered.Count && !_readOnly; index++)
        {
            CheckApart(ordered[index - 1], ordered[index]);
        }

        _live.Clear();
        _live.AddRange(ordered.Count > 0 ? ordered : [segments[0]]);
        _free.Clear();
        _free.AddRange(_regions.Where(region => !_live.Exists(segment => segment.Region == region)));
        return _live[^1];
    }

    // The object that is known, as long as it is the same life. A writer in another process may change that as we look.
    private static LogSegment SegmentOf(StreamRegion region, LogSegment[] known)
    {
        for (int attempt = 1; ; attempt++)
        {
            ulong life = region.Info.BaseTimestamp;
            LogSegment segment = Array.Find(known, old => old.Region == region && old.BaseTimestamp == life)
                ?? new LogSegment(region, life);
            try
            {
                _ = segment.FirstTimestamp;
                if (region.Info.BaseTimestamp == life || attempt == RacesMax)
                {
                    return segment;
                }
            }
            catch (StaleRegionException) when (attempt < RacesMax)
            {
                // Cleared in between.
            }
        }
    }

    private void CheckApart(LogSegment earlier, LogSegment later)
    {
        ulong? last = earlier.Region.Info.LastTimestamp;
        if (last >= later.FirstTimestamp)
        {
            throw Mismatch(
                _stream,
                Name,
                $"its segments '{earlier.Region.Name}' and '{later.Region.Name}' hold entries of the same time: expected all "
                + $"of the one, up to {last}, before those of the other, from {later.FirstTimestamp}",
                "Something else has written to its regions. They can be read one by one.");
        }
    }

    private static RollingLogMismatchException Mismatch(PersistentStream stream, string name, string reason, string advice) =>
        new(Failures.OfLog(StreamStatus.AlreadyExists, stream.Path, name, reason, advice));
}
