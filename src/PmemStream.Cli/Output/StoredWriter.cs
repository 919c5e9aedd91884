using System.Text.Json;
using PmemStream.Interop;

namespace PmemStream.Cli.Output;

/// <summary>Lists stored structures.</summary>
internal abstract class StoredWriter : IDisposable
{
    /// <summary>Columns on a terminal, otherwise tabs; or a JSON object a line.</summary>
    public static StoredWriter For(ToolIo io, bool json) => json
        ? new JsonStoredWriter(io.Output)
        : new TextStoredWriter(io.Text, io.OutputIsTerminal);

    /// <summary>Writes one.</summary>
    public abstract void Write(StoredStructure stored);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>What a kind is called in the output.</summary>
    protected static string Kind(StoredStructure stored) => Words.Of(stored.Kind.ToString(), '-');
}

/// <summary>A line each, under a line of column names.</summary>
internal sealed class TextStoredWriter : StoredWriter
{
    private readonly TextWriter _output;
    private readonly bool _aligned;

    public TextStoredWriter(TextWriter output, bool aligned)
    {
        _output = output;
        _aligned = aligned;
        WriteLine("offset", "bytes", "kind", "state", "fields");
    }

    /// <inheritdoc/>
    public override void Write(StoredStructure stored) => WriteLine(
        ReportValue.Of(stored.Offset).Exact,
        ReportValue.Of(stored.Bytes).Exact,
        Kind(stored),
        stored.IsWhole ? "whole" : "damaged",
        OneLine.Of(stored.Text));

    private void WriteLine(string offset, string bytes, string kind, string state, string fields) =>
        _output.WriteLine(_aligned
            ? $"{offset,14} {bytes,14} {kind,-19} {state,-7} {fields}"
            : string.Join('\t', offset, bytes, kind, state, fields));
}

/// <summary>A JSON object each.</summary>
internal sealed class JsonStoredWriter(ToolOutput output) : StoredWriter
{
    private readonly JsonOutput _json = new(output);

    /// <inheritdoc/>
    public override void Write(StoredStructure stored)
    {
        Utf8JsonWriter writer = _json.Begin();
        writer.WriteNumber("offset", stored.Offset);
        writer.WriteNumber("bytes", stored.Bytes);
        writer.WriteString("kind", Kind(stored));
        writer.WriteOptional("piece", stored.PieceOffset);
        writer.WriteBoolean("whole", stored.IsWhole);
        if (stored.Value is { } value)
        {
            writer.WriteNumber("value", value);
        }

        if (stored.Timestamp is { } timestamp)
        {
            writer.WriteOptional("payloadBytes", stored.PayloadBytes);
            writer.WriteNumber("timestamp", timestamp);
            writer.WriteOptional("lagBytes", stored.LagBytes);
            writer.WriteBoolean("groupContinues", stored.GroupContinues);
        }

        writer.WriteString("text", OneLine.Of(stored.Text));
        _json.End();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _json.Dispose();
        base.Dispose();
    }
}
