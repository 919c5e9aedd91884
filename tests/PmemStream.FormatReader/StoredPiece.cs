using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace PmemStream.FormatReader;

/// <summary>What a piece is (FORMAT.md, 3).</summary>
public enum PieceKind
{
    /// <summary>Space that no region has.</summary>
    Free,

    /// <summary>A region.</summary>
    Region,

    /// <summary>Its extent word is damaged.</summary>
    Damaged,
}

/// <summary>A piece of the stream.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Words">Its sealed words: of free space the extent alone.</param>
/// <param name="Region">What the region is and holds; null when it is none, or cannot be read.</param>
public sealed record StoredPiece(
    PieceKind Kind, long Offset, long Bytes, IReadOnlyList<StoredWord> Words, StoredRegion? Region);

/// <summary>A region.</summary>
public sealed record StoredRegion
{
    /// <summary>Bytes before the entries.</summary>
    public const int HeaderBytes = 512;

    private const int StaticBytes = 128;
    private const int NameAt = 48;
    private const int NameMax = 63;

    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    /// <summary>A timestamp that was taken for it alone.</summary>
    public required ulong Identity { get; init; }

    /// <summary>Granularity of its entries.</summary>
    public required long Alignment { get; init; }

    /// <summary>Its name; empty when it has none.</summary>
    public required string Name { get; init; }

    /// <summary>Its entries; null when its base timestamp is damaged.</summary>
    public StoredLog? Log { get; init; }

    /// <summary>The entries that readers are shown.</summary>
    public IEnumerable<StoredEntry> Visible => Log?.Entries.Where(entry => entry.Kind == EntryKind.Data) ?? [];

    /// <summary>Reads the static part; null unless it is whole.</summary>
    internal static StoredRegion? ReadStatic(ReadOnlySpan<byte> stream, long offset, ReadOnlySpan<byte> uuid)
    {
        ReadOnlySpan<byte> part = stream.Slice((int)offset, StaticBytes);
        uint alignment = BinaryPrimitives.ReadUInt32LittleEndian(part[40..]);
        uint nameBytes = BinaryPrimitives.ReadUInt32LittleEndian(part[44..]);
        bool whole = part[0] == 0xF1
            && part[1..].StartsWith("mregion"u8)
            && Word(part, StaticBytes - 8) == Xxh3.Hash(part[..(StaticBytes - 8)])
            && Word(part, 8) == (ulong)offset
            && part.Slice(16, 16).SequenceEqual(uuid)
            && Word(part, 32) is >= 1 and <= StoredWord.ValueMask
            && BitOperations.IsPow2(alignment)
            && alignment is >= 8 and <= 4096
            && nameBytes <= NameMax;
        return whole && TryReadName(part.Slice(NameAt, (int)nameBytes), out string name)
            ? new StoredRegion { Identity = Word(part, 32), Alignment = alignment, Name = name }
            : null;
    }

    private static bool TryReadName(ReadOnlySpan<byte> utf8, out string name)
    {
        name = "";
        try
        {
            name = StrictUtf8.GetString(utf8);
            return !utf8.Contains((byte)0);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static ulong Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
