using System.Diagnostics.CodeAnalysis;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>About rolling logs.</content>
internal static partial class Errors
{
    /// <summary>The name of a rolling log: with the number of a segment it is the name of a region.</summary>
    /// <exception cref="ArgumentException"/>
    public static void CheckLogName([NotNull] string? name, string parameterName)
    {
        int bytes = EncodeRegionName(name, parameterName).Length;
        int max = NativeMethods.PMS_NAME_BYTES_MAX - SegmentNames.SuffixBytes;
        if (bytes > max)
        {
            throw new ArgumentException(
                $"The name of a rolling log has 1 to {max} bytes of UTF-8, this one has {bytes}.", parameterName);
        }
    }

    /// <summary>The number of segments of a rolling log.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckSegmentCount(int count, string parameterName)
    {
        if (count is < SegmentNames.CountMin or > SegmentNames.CountMax)
        {
            throw OutOfRange(
                parameterName,
                count,
                $"A rolling log has {SegmentNames.CountMin} to {SegmentNames.CountMax} segments, not {count}: one is written "
                + "to while another is recycled.");
        }
    }

    /// <summary>Not even an empty entry fits into a segment.</summary>
    public static ArgumentOutOfRangeException SegmentTooSmall(long bytes, int entryAlignment, string parameterName) =>
        OutOfRange(
            parameterName,
            bytes,
            $"A segment of {bytes} bytes has no room for an entry, which takes {entryAlignment} bytes at least.");

    /// <summary>An entry of a rolling log lies in one segment.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckLogEntrySize(int bytes, int bytesMax, string parameterName)
    {
        if ((uint)bytes > (uint)bytesMax)
        {
            throw OutOfRange(
                parameterName,
                bytes,
                $"An entry of this rolling log has 0 to {bytesMax} bytes, what a segment holds, not {bytes}.");
        }
    }

    /// <summary>Truncating writes.</summary>
    public static InvalidOperationException LogReadOnly(string path) => new(
        $"{path}: the stream is open for reading only. Open it with {nameof(PersistentStream)}.{nameof(PersistentStream.Open)}.");
}
