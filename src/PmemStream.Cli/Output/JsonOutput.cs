using System.Text.Encodings.Web;
using System.Text.Json;
using PmemStream.Interop;

namespace PmemStream.Cli.Output;

/// <summary>JSON on the standard output: one object a line, UTF-8, property names in camelCase.</summary>
internal sealed class JsonOutput(ToolOutput output) : IDisposable
{
    private readonly Utf8JsonWriter _writer = new(
        output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Writes an object; <paramref name="write"/> fills it.</summary>
    public void WriteLine(Action<Utf8JsonWriter> write)
    {
        Utf8JsonWriter writer = Begin();
        write(writer);
        End();
    }

    /// <summary>Begins an object, which <see cref="End"/> ends.</summary>
    public Utf8JsonWriter Begin()
    {
        _writer.Reset();
        _writer.WriteStartObject();
        return _writer;
    }

    /// <summary>Ends the object and the line.</summary>
    public void End()
    {
        _writer.WriteEndObject();
        _writer.Flush();
        output.WriteByte((byte)'\n');
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // What an object that failed in the middle left is not written.
        _writer.Reset();
        _writer.Dispose();
    }
}

/// <summary>Values that several commands write.</summary>
internal static class JsonValues
{
    /// <summary>What is wrong, as an array of words joined by '-'; empty when nothing is.</summary>
    public static void WriteState(this Utf8JsonWriter writer, StreamConditions conditions)
    {
        writer.WriteStartArray("state");
        if (conditions != StreamConditions.None)
        {
            foreach (string name in conditions.ToString().Split(", "))
            {
                writer.WriteStringValue(Words.Of(name, '-'));
            }
        }

        writer.WriteEndArray();
    }

    /// <summary>A number, or null.</summary>
    public static void WriteOptional(this Utf8JsonWriter writer, string name, ulong? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    /// <inheritdoc cref="WriteOptional(Utf8JsonWriter, string, ulong?)"/>
    public static void WriteOptional(this Utf8JsonWriter writer, string name, long? value) =>
        writer.WriteOptional(name, (ulong?)value);
}
