using System.Globalization;
using System.Text;

namespace PmemStream.FormatReader;

/// <summary>A stream as text: one structure a line, in address order, always the same for the same bytes.</summary>
/// <remarks>tests/golden/README.md says what each line holds.</remarks>
public static class TextDump
{
    /// <summary>Writes the dump.</summary>
    public static string Write(StoredImage stream)
    {
        var text = new StringBuilder();
        StreamHeader header = stream.Header;
        Add(text, $"stream version {header.Version} uuid {Hex(header.Uuid)}", " ");
        Add(text, $"block {header.BlockSize} size {stream.Size} created {header.CreatedUnixSeconds}");
        for (int copy = 0; copy < stream.HeaderCopies.Count; copy++)
        {
            string state = stream.HeaderCopies[copy] == HeaderState.Whole ? "whole" : "damaged";
            Add(text, $"header {StreamHeader.CopiesAt[copy]} {state}");
        }

        WriteWords(text, stream.Words);
        foreach (StoredPiece piece in stream.Pieces)
        {
            WritePiece(text, stream, piece);
        }

        return text.ToString();
    }

    /// <summary>The line of a sealed word.</summary>
    public static string Word(long offset, string role, bool isWhole, ulong value) => isWhole
        ? string.Create(CultureInfo.InvariantCulture, $"word {offset} {role} {value}")
        : string.Create(CultureInfo.InvariantCulture, $"word {offset} {role} damaged {value:x16}");

    /// <summary>The name of a role in the dump: "LayoutEpoch" is "layout-epoch".</summary>
    public static string Role(string name)
    {
        var text = new StringBuilder();
        foreach (char letter in name)
        {
            text.Append(char.IsUpper(letter) && text.Length > 0 ? "-" : "").Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }

    private static void WriteWords(StringBuilder text, IEnumerable<StoredWord> words)
    {
        foreach (StoredWord word in words)
        {
            text.Append(Word(word.Offset, Role(word.Role.ToString()), word.IsWhole, word.IsWhole ? word.Value : word.Raw))
                .Append('\n');
        }
    }

    private static void WritePiece(StringBuilder text, StoredImage stream, StoredPiece piece)
    {
        Add(text, $"piece {piece.Offset} {Role(piece.Kind.ToString())} {piece.Bytes}");
        WriteWords(text, piece.Words);
        if (piece.Region is not { } region)
        {
            return;
        }

        Add(text, $"region {piece.Offset} identity {region.Identity} alignment {region.Alignment} name \"{region.Name}\"");
        if (region.Log is not { } log)
        {
            return;
        }

        foreach (StoredEntry entry in log.Entries)
        {
            WriteEntry(text, stream, entry);
        }

        if (log.Gap is { } gap)
        {
            Add(text, $"damage {gap}");
        }

        Add(text, $"tail {log.Tail}");
        Add(text, $"end {Role(log.End.ToString())}");
    }

    private static void WriteEntry(StringBuilder text, StoredImage stream, StoredEntry entry)
    {
        string lag = entry.Lag?.ToString(CultureInfo.InvariantCulture) ?? "unknown";
        string group = entry.GroupContinues ? " group" : "";
        Add(text, $"{Role(entry.Kind.ToString())} {entry.Offset} timestamp {entry.Timestamp}", " ");
        Add(text, $"extent {entry.Extent} lag {lag}{group}");
        if (entry.Kind == EntryKind.Data)
        {
            Add(text, $"payload {entry.PayloadBytes} {Xxh3.Hash(stream.Payload(entry)):x16}");
        }
    }

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();

    private static void Add(StringBuilder text, FormattableString line, string end = "\n") =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append(end);
}
