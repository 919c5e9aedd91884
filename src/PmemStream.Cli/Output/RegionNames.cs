using System.Globalization;
using PmemStream.Interop;
using RegionInfo = PmemStream.Interop.RegionInfo;

namespace PmemStream.Cli.Output;

/// <summary>What the tool calls a region, and takes as REGION: its name, or @OFFSET.</summary>
internal static class RegionNames
{
    /// <summary>Begins an offset that stands for a name.</summary>
    public const char OffsetMark = '@';

    /// <summary>What <paramref name="region"/> is called.</summary>
    public static string Of(StreamRegion region) => Of(region.Name, region.Offset);

    /// <inheritdoc cref="Of(StreamRegion)"/>
    public static string Of(RegionInfo region) => Of(region.Name, region.Offset);

    /// <summary>What a region is called that begins at <paramref name="offset"/>.</summary>
    public static string Of(string name, long offset) =>
        name.Length != 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{OffsetMark}{offset}");

    /// <summary>Reads @OFFSET.</summary>
    public static bool TryParseOffset(string name, out long offset)
    {
        offset = 0;
        return name.StartsWith(OffsetMark)
            && long.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out offset);
    }
}
