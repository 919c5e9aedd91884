using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary>Finding regions, with messages for people.</summary>
internal static class Streams
{
    /// <summary>Gets the region called <paramref name="name"/>.</summary>
    /// <exception cref="ToolException">There is none.</exception>
    public static StreamRegion Region(PersistentStream stream, string path, string name) =>
        stream.TryGetRegion(name, out StreamRegion? region)
            ? region
            : throw new ToolException(
                ExitCode.NotFound,
                $"{path} has no region '{EscapedText.Of(name)}' (see: pmemstream region list {path})");
}
