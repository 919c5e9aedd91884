using System.Buffers;
using System.Globalization;
using System.Text;

namespace PmemStream.Cli.Output;

/// <summary>Bytes as one line of text that can be read back: printable UTF-8 as it is, the rest escaped.</summary>
/// <remarks><c>\n</c>, <c>\r</c>, <c>\t</c>, <c>\\</c>; any other byte that is not printable as <c>\xNN</c>.</remarks>
internal static class EscapedText
{
    // Needs no escape, and is most of what there is.
    private static readonly SearchValues<byte> Plain = SearchValues.Create(PlainBytes());

    /// <summary>Writes <paramref name="data"/> escaped.</summary>
    public static void Write(ReadOnlySpan<byte> data, Stream output)
    {
        while (!data.IsEmpty)
        {
            int plainBytes = data.IndexOfAnyExcept(Plain);
            if (plainBytes != 0)
            {
                plainBytes = plainBytes < 0 ? data.Length : plainBytes;
                output.Write(data[..plainBytes]);
                data = data[plainBytes..];
                continue;
            }

            OperationStatus status = Rune.DecodeFromUtf8(data, out Rune rune, out int runeBytes);
            if (status == OperationStatus.Done && IsPrintable(rune))
            {
                output.Write(data[..runeBytes]);
            }
            else
            {
                WriteEscaped(data[..runeBytes], output);
            }

            data = data[runeBytes..];
        }
    }

    /// <summary>Returns <paramref name="text"/> escaped, for names that go into a line.</summary>
    public static string Of(string text)
    {
        using var line = new MemoryStream();
        Write(Encoding.UTF8.GetBytes(text), line);
        return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
    }

    private static byte[] PlainBytes() =>
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Where(value => value != '\\').Select(value => (byte)value)];

    private static bool IsPrintable(Rune rune) => rune.Value != '\\' && Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static void WriteEscaped(ReadOnlySpan<byte> data, Stream output)
    {
        foreach (byte value in data)
        {
            switch (value)
            {
                case (byte)'\n':
                    output.Write("\\n"u8);
                    break;
                case (byte)'\r':
                    output.Write("\\r"u8);
                    break;
                case (byte)'\t':
                    output.Write("\\t"u8);
                    break;
                case (byte)'\\':
                    output.Write("\\\\"u8);
                    break;
                default:
                    output.Write([(byte)'\\', (byte)'x', HexDigit(value >> 4), HexDigit(value & 15)]);
                    break;
            }
        }
    }

    private static byte HexDigit(int value) => "0123456789abcdef"u8[value];
}
