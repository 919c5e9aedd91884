using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary>Finding regions, with messages for people.</summary>
internal static class Streams
{
    /// <summary>Gets the region called <paramref name="name"/>, which may be @OFFSET.</summary>
    /// <exception cref="ToolException">There is none.</exception>
    public static StreamRegion Region(PersistentStream stream, string path, string name) =>
        Find(stream, name) ?? throw NoRegion(path, name);

    /// <summary>What is said when there is no region called <paramref name="name"/>.</summary>
    public static ToolException NoRegion(string path, string name) => new(
        ExitCode.NotFound, $"{path} has no region '{EscapedText.Of(name)}' (see: pmemstream region list {path})");

    private static StreamRegion? Find(PersistentStream stream, string name)
    {
        if (!RegionNames.TryParseOffset(name, out long offset))
        {
            return UserValues.Check(() => stream.TryGetRegion(name, out StreamRegion? region) ? region : null);
        }

        // It may be a name all the same.
        IReadOnlyList<StreamRegion> regions = stream.Regions;
        return regions.FirstOrDefault(region => region.Name == name)
            ?? regions.FirstOrDefault(region => region.Offset == offset);
    }
}
