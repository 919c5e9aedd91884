namespace PmemStream.Interop.Tests.Support;

/// <summary>The verb that an entry was appended by; its first byte.</summary>
internal enum By : byte
{
    Append,
    Deferred,
    Sequence,
    Group,
    Builder,
    DeferredGroup,
}

/// <summary>
/// Appends until the region is full, by every verb, and what is found then. An entry tells who wrote it, and a member of a group
/// how many come behind it. What is durable is counted in <c>acknowledged</c>, by verb.
/// </summary>
internal static class VerbWork
{
    public const int GroupMax = 5;

    private const int HeadBytes = 3;

    // A deferred entry counts as soon as something durable is behind it.
    public static void AppendAll(StreamRegion region, int[] acknowledged)
    {
        byte[] durable = Entry(By.Append, 0, 40);
        byte[] sequence = Entry(By.Sequence, 0, 50);
        int deferred = 0;
        while (region.TryAppendDeferred(Entry(By.Deferred, 0, deferred % 100), out EntryPosition at))
        {
            deferred++;
            if (deferred % 10 == 0)
            {
                PersistIfThere(region, at);
                acknowledged[(int)By.Deferred] = deferred;
            }

            if (!region.TryAppend(Pieces.Of(sequence, 7), out _))
            {
                break;
            }

            acknowledged[(int)By.Sequence]++;
            if (!region.TryAppend(durable, out _))
            {
                break;
            }

            acknowledged[(int)By.Append]++;
        }
    }

    private static void PersistIfThere(StreamRegion region, EntryPosition at)
    {
        try
        {
            region.Persist(at);
            Assert.True(region.PersistedOffset > at.Offset || region.Info.BaseTimestamp > at.Timestamp);
        }
        catch (EntryNotFoundException)
        {
            // Cleared in between.
        }
    }

    public static void GroupAll(StreamRegion region, int seed, int[] acknowledged)
    {
        var random = new Random(seed);
        try
        {
            while (true)
            {
                int count = random.Next(1, GroupMax + 1);
                region.AppendGroup([.. Enumerable.Range(1, count)
                    .Select(i => (ReadOnlyMemory<byte>)Entry(By.Group, count - i, random.Next(60)))]);
                acknowledged[(int)By.Group] += count;
                region.AppendGroupDeferred(
                    [.. Entry(By.DeferredGroup, 1, 9), .. Entry(By.DeferredGroup, 0, 0)], [HeadBytes + 9, HeadBytes]);
            }
        }
        catch (RegionFullException)
        {
            // The end of it.
        }
    }

    public static void BuildAll(StreamRegion region, int seed, int[] acknowledged)
    {
        var random = new Random(seed);
        try
        {
            while (true)
            {
                int count = random.Next(1, GroupMax + 1);
                using EntryGroup group = region.BeginGroup(count, 100 * count);
                for (int left = count - 1; left >= 0; left--)
                {
                    byte[] entry = Entry(By.Builder, left, random.Next(60));
                    entry.CopyTo(group.GetSpan(entry.Length));
                    group.Advance(entry.Length);
                    group.CompleteEntry();
                }

                if (random.Next(4) > 0)
                {
                    group.Publish();
                    acknowledged[(int)By.Builder] += count;
                }
            }
        }
        catch (RegionFullException)
        {
            // The end of it.
        }
    }

    // Counts the entries by verb. Each is whole, and behind each member of a group comes the next.
    public static int[] Read(StreamRegion region)
    {
        int[] found = new int[Enum.GetValues<By>().Length];
        int left = 0;
        ulong last = 0;
        foreach (StreamEntry entry in region)
        {
            ReadOnlySpan<byte> data = entry.Data;
            By by = (By)data[0];
            Assert.True(data.SequenceEqual(Entry(by, data[1], data.Length - HeadBytes)));
            Assert.True(left == 0 || (data[1] == left - 1 && entry.Timestamp == last + 1), "A group is not complete.");
            left = data[1];
            last = entry.Timestamp;
            found[(int)by]++;
        }

        Assert.Equal(0, left);
        return found;
    }

    public static byte[] Entry(By by, int left, int length)
    {
        byte[] entry = new byte[HeadBytes + length];
        entry.AsSpan().Fill((byte)(length * 7));
        (entry[0], entry[1]) = ((byte)by, (byte)left);
        return entry;
    }
}
