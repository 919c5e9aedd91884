using System.Text;

namespace PmemStream.Interop.Tests.Support;

/// <summary>Short ways to make, fill and read streams.</summary>
internal static class TestStreams
{
    public const string RegionName = "log";

    public const long StreamBytes = 1 << 20;

    public const long RegionBytes = 256 << 10;

    /// <summary>What an entry takes besides its data.</summary>
    public const int HeaderBytes = 24;

    public static PersistentStream Create(string path, long size = StreamBytes, int blockSize = 0) =>
        PersistentStream.Create(path, new PersistentStreamOptions { Size = size, BlockSize = blockSize });

    /// <summary>A stream with one region.</summary>
    public static PersistentStream Create(string path, out StreamRegion region, int entryAlignment = 0)
    {
        PersistentStream stream = Create(path);
        region = stream.CreateRegion(RegionName, RegionBytes, entryAlignment);
        return stream;
    }

    /// <summary>A stream with one region and these entries, closed again.</summary>
    public static EntryPosition[] CreateWith(string path, params string[] entries)
    {
        using PersistentStream stream = Create(path, out StreamRegion region);
        return [.. entries.Select(entry => region.Append(Encoding.UTF8.GetBytes(entry)))];
    }

    public static EntryPosition Append(this StreamRegion region, string text) =>
        region.Append(Encoding.UTF8.GetBytes(text));

    public static List<string> Texts(this StreamRegion region) => region.Entries.Texts();

    public static List<string> Texts(this EntrySequence entries)
    {
        var texts = new List<string>();
        foreach (StreamEntry entry in entries)
        {
            texts.Add(Encoding.UTF8.GetString(entry.Data));
        }

        return texts;
    }

    /// <summary>The first byte of each.</summary>
    public static List<byte> Bytes(this EntrySequence entries)
    {
        var bytes = new List<byte>();
        foreach (StreamEntry entry in entries)
        {
            bytes.Add(entry.Data[0]);
        }

        return bytes;
    }

    public static List<byte[]> Arrays(this StreamRegion region)
    {
        var arrays = new List<byte[]>();
        foreach (StreamEntry entry in region)
        {
            arrays.Add(entry.Data.ToArray());
        }

        return arrays;
    }

    /// <summary>Frees the region, also while other threads look at it: each look keeps it busy for a moment.</summary>
    public static void FreeWhenIdle(this StreamRegion region) => WhenIdle(region.Free);

    /// <summary>Clears the region, also while other threads look at it.</summary>
    public static void ClearWhenIdle(this StreamRegion region) => WhenIdle(region.Clear);

    /// <summary>Bytes that tell where they are from.</summary>
    public static byte[] Payload(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Rounds up as the core does.</summary>
    public static long ExtentOf(int payload, int alignment) =>
        (HeaderBytes + payload + alignment - 1L) / alignment * alignment;

    private static void WhenIdle(Action change)
    {
        while (true)
        {
            try
            {
                change();
                return;
            }
            catch (RegionBusyException)
            {
                Thread.Yield();
            }
        }
    }
}
