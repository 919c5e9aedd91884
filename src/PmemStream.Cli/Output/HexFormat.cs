using System.Globalization;
using PmemStream.Interop;

namespace PmemStream.Cli.Output;

/// <summary>
/// A header line for each entry, its bytes as <c>hexdump -C</c> writes them (a line that repeats the one before is "*"),
/// and an empty line.
/// </summary>
internal sealed class HexFormat(ToolOutput output, bool withRegion) : EntryFormat(output)
{
    private const int LineBytes = 16;
    private const int HalfBytes = LineBytes / 2;

    // "00000010  00 01 ... 0f  |................|" and a newline; an offset may have more than 8 digits.
    private readonly byte[] _line = new byte[96];
    private int _used;

    /// <inheritdoc/>
    public override void Write(string region, StreamEntry entry)
    {
        string name = withRegion ? $"region {EscapedText.Of(region)}, " : "";
        Write($"# {name}position {entry.Position}, timestamp {entry.Timestamp}, ");
        Write($"{Counted.Of(entry.Data.Length, "byte")}\n");
        WriteLines(entry.Data);
        Output.WriteByte((byte)'\n');
    }

    private void WriteLines(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> before = default;
        bool repeats = false;
        for (int offset = 0; offset < data.Length; offset += LineBytes)
        {
            ReadOnlySpan<byte> line = data[offset..Math.Min(offset + LineBytes, data.Length)];
            if (offset > 0 && line.SequenceEqual(before))
            {
                Output.Write(repeats ? [] : "*\n"u8);
                repeats = true;
                continue;
            }

            repeats = false;
            before = line;
            WriteLine(offset, line);
        }

        if (!data.IsEmpty)
        {
            Add(data.Length);
            Flush();
        }
    }

    private void WriteLine(int offset, ReadOnlySpan<byte> bytes)
    {
        Add(offset);
        for (int i = 0; i < LineBytes; i++)
        {
            Add(i % HalfBytes == 0 ? "  "u8 : " "u8);
            Add(i < bytes.Length ? [HexDigit(bytes[i] >> 4), HexDigit(bytes[i] & 15)] : "  "u8);
        }

        Add("  |"u8);
        foreach (byte value in bytes)
        {
            Add([value is >= (byte)' ' and <= (byte)'~' ? value : (byte)'.']);
        }

        Add("|"u8);
        Flush();
    }

    private void Add(int offset)
    {
        offset.TryFormat(_line, out int digits, "x8", CultureInfo.InvariantCulture);
        _used = digits;
    }

    private void Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_line.AsSpan(_used));
        _used += text.Length;
    }

    private void Flush()
    {
        Add("\n"u8);
        Output.Write(_line.AsSpan(0, _used));
        _used = 0;
    }

    private static byte HexDigit(int value) => "0123456789abcdef"u8[value];
}
