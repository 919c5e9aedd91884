using System.Globalization;

namespace PmemStream.Interop;

/// <summary>Names of the regions of a rolling log: <c>NAME.0000</c> and on.</summary>
internal static class SegmentNames
{
    /// <summary>Fewest segments.</summary>
    public const int CountMin = 2;

    /// <summary>Most segments: four digits.</summary>
    public const int CountMax = 10_000;

    /// <summary>The dot and the digits.</summary>
    public const int SuffixBytes = 5;

    /// <summary>The name of one.</summary>
    public static string Of(string log, int number) => string.Create(CultureInfo.InvariantCulture, $"{log}.{number:D4}");

    /// <summary>The number in a name; false if it is no segment of this log.</summary>
    public static bool TryParse(string log, string name, out int number)
    {
        number = 0;
        return name.Length == log.Length + SuffixBytes
            && name.StartsWith(log, StringComparison.Ordinal)
            && name[log.Length] == '.'
            && int.TryParse(name.AsSpan(log.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
