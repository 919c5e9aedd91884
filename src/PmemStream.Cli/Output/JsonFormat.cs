using System.Text.Json;
using System.Text.Unicode;
using PmemStream.Interop;

namespace PmemStream.Cli.Output;

/// <summary>A JSON object a line. Scripts rely on the names of the properties.</summary>
internal sealed class JsonFormat(ToolOutput output) : EntryFormat(output)
{
    // A multiple of 3, so that base64 needs no padding in the middle.
    private const int SegmentBytes = 768 * 1024;

    // OFFSET@TIMESTAMP with the largest numbers.
    private const int PositionCharsMax = 41;

    private readonly JsonOutput _json = new(output);

    /// <inheritdoc/>
    public override void Write(string region, StreamEntry entry)
    {
        Utf8JsonWriter writer = _json.Begin();
        writer.WriteString("region", region);
        writer.WriteNumber("offset", entry.Position.Offset);
        writer.WriteNumber("timestamp", entry.Timestamp);
        Span<char> position = stackalloc char[PositionCharsMax];
        entry.Position.TryFormat(position, out int positionChars);
        writer.WriteString("position", position[..positionChars]);
        writer.WriteNumber("bytes", entry.Data.Length);
        bool isText = Utf8.IsValid(entry.Data);
        writer.WritePropertyName(isText ? "data" : "dataBase64");
        WriteData(writer, entry.Data, isText);
        _json.End();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _json.Dispose();
        base.Dispose();
    }

    // Segment by segment, so that a large entry is not held in memory once more.
    private static void WriteData(Utf8JsonWriter writer, ReadOnlySpan<byte> data, bool isText)
    {
        bool isLast;
        do
        {
            ReadOnlySpan<byte> segment = data[..Math.Min(data.Length, SegmentBytes)];
            data = data[segment.Length..];
            isLast = data.IsEmpty;
            if (isText)
            {
                writer.WriteStringValueSegment(segment, isLast);
            }
            else
            {
                writer.WriteBase64StringSegment(segment, isLast);
            }

            if (!isLast)
            {
                writer.Flush();
            }
        }
        while (!isLast);
    }
}
