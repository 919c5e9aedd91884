using System.Globalization;
using System.Text;

namespace PmemStream.Interop.Tests.Support;

/// <summary>Short ways to make, fill and read rolling logs.</summary>
internal static class TestLogs
{
    public const string Name = "events";

    /// <summary>A block but for the header of a region.</summary>
    public const long SegmentBytes = 4096 - 512;

    public const int SegmentCount = 4;

    /// <summary>Three entries of this size fill a segment.</summary>
    public const int ThirdBytes = 1000;

    /// <summary>The largest entry.</summary>
    public const int EntryBytesMax = (int)SegmentBytes - TestStreams.HeaderBytes;

    public static RollingLog Open(
        PersistentStream stream, WhenFull whenFull = WhenFull.Fail, int segmentCount = SegmentCount) =>
        new(stream, Name, SegmentBytes, segmentCount, whenFull);

    /// <summary>A large entry that begins with a number.</summary>
    public static byte[] Entry(int number, int length = ThirdBytes)
    {
        byte[] entry = TestStreams.Payload(length, number);
        Encoding.UTF8.GetBytes(number.ToString("D6", CultureInfo.InvariantCulture)).CopyTo(entry, 0);
        return entry;
    }

    /// <summary>Appends entries with these numbers.</summary>
    public static EntryPosition[] AppendNumbers(this RollingLog log, int first, int count) =>
        [.. Enumerable.Range(first, count).Select(number => log.Append(Entry(number)))];

    public static List<int> Numbers(this RollingLog log) => log.Entries.Numbers();

    /// <summary>The numbers of the entries, which must be whole.</summary>
    public static List<int> Numbers(this RollingLogSequence entries)
    {
        var numbers = new List<int>();
        EntryPosition last = default;
        foreach (StreamEntry entry in entries)
        {
            int number = int.Parse(entry.Data[..6], CultureInfo.InvariantCulture);
            Assert.True(entry.Data.SequenceEqual(Entry(number, entry.Data.Length)), $"Entry {number} holds other bytes.");
            Assert.True(entry.Position > last, $"{entry.Position} comes after {last}.");
            numbers.Add(number);
            last = entry.Position;
        }

        return numbers;
    }

    public static IEnumerable<int> Range(int first, int last) => Enumerable.Range(first, last - first + 1);
}
