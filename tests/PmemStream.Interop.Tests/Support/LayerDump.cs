using System.Globalization;
using System.Text;
using PmemStream.FormatReader;

namespace PmemStream.Interop.Tests.Support;

/// <summary>
/// The dump of a stream (tests/golden/README.md) from what this library says of it. The lines that tell how a log ends are
/// missing: nothing public says that.
/// </summary>
internal sealed class LayerDump
{
    private const string EndLine = "end ";

    private readonly StringBuilder _text = new();
    private readonly Dictionary<long, StreamRegion> _regions;
    private StreamRegion? _region;
    private bool _hasBase;
    private bool _isDamaged;

    private LayerDump(PersistentStream stream)
    {
        _regions = stream.Regions.ToDictionary(region => region.Offset);
        StreamInfo info = stream.Info;
        string uuid = Convert.ToHexString(info.Uuid.ToByteArray(bigEndian: true)).ToLowerInvariant();
        Add($"stream version {info.FormatVersion} uuid {uuid}", " ");
        Add($"block {info.BlockSize} size {info.Size} created {info.Created.ToUnixTimeSeconds()}");
        foreach (StoredStructure stored in stream.EnumerateStored())
        {
            Write(stored);
        }

        EndRegion();
    }

    public static string[] Of(PersistentStream stream) => Lines(new LayerDump(stream)._text.ToString());

    /// <summary>The lines of a dump of the independent reader that this library can know, too.</summary>
    public static string[] WithoutEnds(string dump) =>
        [.. Lines(dump).Where(line => !line.StartsWith(EndLine, StringComparison.Ordinal))];

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    private void Write(StoredStructure stored)
    {
        switch (stored.Kind)
        {
            case StoredKind.StreamHeader:
                Add($"header {stored.Offset} {(stored.IsWhole ? "whole" : "damaged")}");
                break;
            case StoredKind.FreePiece or StoredKind.RegionPiece or StoredKind.DamagedPiece:
                EndRegion();
                string kind = stored.Kind.ToString().Replace("Piece", "", StringComparison.Ordinal);
                Add($"piece {stored.Offset} {TextDump.Role(kind)} {stored.Bytes}");
                break;
            case StoredKind.RegionHeader:
                _region = stored.IsWhole ? _regions.GetValueOrDefault(stored.Offset) : null;
                break;
            case StoredKind.Data or StoredKind.Pending or StoredKind.Skip:
                WriteEntry(stored);
                break;
            case StoredKind.Damaged:
                WriteDamage(stored);
                break;
            case StoredKind.Room:
                break;
            default:
                WriteWord(stored);
                break;
        }
    }

    private void WriteWord(StoredStructure stored)
    {
        _text.Append(TextDump.Word(
            stored.Offset, TextDump.Role(stored.Kind.ToString()), stored.IsWhole, stored.Value ?? 0)).Append('\n');
        if (stored.Kind == StoredKind.BaseTimestamp)
        {
            _hasBase = stored is { IsWhole: true, Value: not 0 };
        }

        bool isLast = _region is not null && stored.Kind == StoredKind.RegionSpare && stored.Offset == _region.Offset + 384;
        if (isLast)
        {
            RegionInfo info = _region!.Info;
            Add($"region {info.Offset} identity {info.Identity} alignment {info.EntryAlignment} name \"{info.Name}\"");
        }
    }

    // The first damage before the tail: there reading ends, though the listing goes on behind it.
    private void WriteDamage(StoredStructure stored)
    {
        if (IsInLog(stored))
        {
            Add($"damage {stored.Offset}");
            _isDamaged = true;
        }
    }

    private bool IsInLog(StoredStructure stored) =>
        _region is not null && !_isDamaged && stored.Offset < _region.CommittedOffset;

    private void WriteEntry(StoredStructure stored)
    {
        if (!IsInLog(stored))
        {
            return;
        }

        string lag = stored.LagBytes?.ToString(CultureInfo.InvariantCulture) ?? "unknown";
        string group = stored.GroupContinues ? " group" : "";
        Add($"{TextDump.Role(stored.Kind.ToString())} {stored.Offset} timestamp {stored.Timestamp}", " ");
        Add($"extent {stored.Bytes} lag {lag}{group}");
        if (stored.Kind == StoredKind.Data)
        {
            byte[] payload = _region!.ReadToArray(new EntryPosition(stored.Offset, stored.Timestamp!.Value));
            Add($"payload {payload.Length} {Xxh3.Hash(payload):x16}");
        }
    }

    private void EndRegion()
    {
        if (_region is not null && _hasBase)
        {
            Add($"tail {_region.CommittedOffset}");
        }

        _region = null;
        _isDamaged = false;
    }

    private void Add(FormattableString line, string end = "\n") =>
        _text.Append(line.ToString(CultureInfo.InvariantCulture)).Append(end);
}
