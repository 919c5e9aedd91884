using System.Text;
using PmemStream.Interop;

namespace PmemStream.Cli.Output;

/// <summary>The values of <c>--format</c>.</summary>
internal static class EntryFormats
{
    /// <summary>Nothing but the payloads.</summary>
    public const string Raw = "raw";

    /// <summary>A line an entry.</summary>
    public const string Text = "text";

    /// <summary>Makes the format called <paramref name="name"/>.</summary>
    public static IEntryFormat Create(string name, bool withRegion) => name switch
    {
        Raw => new RawFormat(),
        Text => new TextFormat(withRegion),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not a format."),
    };
}

/// <summary>How an entry is written.</summary>
internal interface IEntryFormat
{
    /// <summary>Writes one entry of the region called <paramref name="regionName"/>.</summary>
    void Write(string regionName, StreamEntry entry, Stream output);
}

/// <summary>The payload, and nothing else.</summary>
internal sealed class RawFormat : IEntryFormat
{
    /// <inheritdoc/>
    public void Write(string regionName, StreamEntry entry, Stream output) => output.Write(entry.Data);
}

/// <summary>Position, timestamp and escaped payload, in columns separated by tabs.</summary>
internal sealed class TextFormat(bool withRegion) : IEntryFormat
{
    /// <inheritdoc/>
    public void Write(string regionName, StreamEntry entry, Stream output)
    {
        if (withRegion)
        {
            output.Write(Encoding.UTF8.GetBytes(EscapedText.Of(regionName)));
            output.WriteByte((byte)'\t');
        }

        output.Write(Encoding.UTF8.GetBytes($"{entry.Position}\t{entry.Timestamp}\t"));
        EscapedText.Write(entry.Data, output);
        output.WriteByte((byte)'\n');
    }
}
