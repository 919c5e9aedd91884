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

    /// <summary>A header line an entry, and its bytes as hexadecimal numbers and characters.</summary>
    public const string Hex = "hex";

    /// <summary>A JSON object an entry.</summary>
    public const string Json = "json";

    /// <summary>Makes the format called <paramref name="name"/>.</summary>
    public static EntryFormat Create(string name, bool withRegion, ToolOutput output) => name switch
    {
        Raw => new RawFormat(output),
        Text => new TextFormat(output, withRegion),
        Hex => new HexFormat(output, withRegion),
        Json => new JsonFormat(output),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not a format."),
    };
}

/// <summary>How an entry is written.</summary>
internal abstract class EntryFormat(ToolOutput output) : IDisposable
{
    /// <summary>Where to.</summary>
    protected ToolOutput Output { get; } = output;

    /// <summary>Writes one entry of the region that is called <paramref name="region"/>.</summary>
    public abstract void Write(string region, StreamEntry entry);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>Writes text.</summary>
    protected void Write(string text) => Output.Write(Encoding.UTF8.GetBytes(text));
}

/// <summary>The payload, and nothing else.</summary>
internal sealed class RawFormat(ToolOutput output) : EntryFormat(output)
{
    /// <inheritdoc/>
    public override void Write(string region, StreamEntry entry) => Output.Write(entry.Data);
}

/// <summary>Position, timestamp and escaped payload, in columns separated by tabs.</summary>
internal sealed class TextFormat(ToolOutput output, bool withRegion) : EntryFormat(output)
{
    /// <inheritdoc/>
    public override void Write(string region, StreamEntry entry)
    {
        if (withRegion)
        {
            Write($"{EscapedText.Of(region)}\t");
        }

        Write($"{entry.Position}\t{entry.Timestamp}\t");
        EscapedText.Write(entry.Data, Output);
        Output.WriteByte((byte)'\n');
    }
}
