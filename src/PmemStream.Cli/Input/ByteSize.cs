using System.Globalization;

namespace PmemStream.Cli.Input;

/// <summary>Sizes as people write them: 65536, 64KiB, 256MiB, 1GiB.</summary>
internal static class ByteSize
{
    /// <summary>What a message says that it expected.</summary>
    public const string Expected = "a positive number of bytes, such as 65536, 64KiB, 256MiB or 1GiB";

    private static readonly (string Name, long Bytes)[] Units =
    [
        ("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10),
    ];

    /// <summary>Reads a size above zero. Units are powers of 1024, in upper or lower case.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        string digits = text;
        long unitBytes = 1;
        foreach ((string name, long size) in Units)
        {
            if (text.EndsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                digits = text[..^name.Length];
                unitBytes = size;
                break;
            }
        }

        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            || count == 0 || count > long.MaxValue / unitBytes)
        {
            return false;
        }

        bytes = count * unitBytes;
        return true;
    }

    /// <summary>Writes a size for people: "256MiB", "1.5GiB", "100 bytes".</summary>
    public static string Format(long bytes)
    {
        foreach ((string name, long size) in Units)
        {
            if (bytes >= size)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / size:0.##}{name}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes} {(bytes == 1 ? "byte" : "bytes")}");
    }
}
