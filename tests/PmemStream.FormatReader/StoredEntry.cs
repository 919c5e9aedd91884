using System.Buffers.Binary;

namespace PmemStream.FormatReader;

/// <summary>What an entry is (FORMAT.md, 4).</summary>
public enum EntryKind
{
    /// <summary>An entry.</summary>
    Data,

    /// <summary>An open reservation, or one that a dead process left.</summary>
    Pending,

    /// <summary>Abandoned, or the seal of a cut.</summary>
    Skip,
}

/// <summary>An entry that is valid at its place.</summary>
public sealed record StoredEntry
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderBytes = 24;

    private const ulong PayloadMask = (1UL << 31) - 1;
    private const long PayloadMax = 1L << 30;
    private const int LagUnknown = 15;

    /// <summary>What it is.</summary>
    public EntryKind Kind { get; private init; }

    /// <summary>Where it begins in the stream.</summary>
    public long Offset { get; private init; }

    /// <summary>All that it takes.</summary>
    public long Extent { get; private init; }

    /// <summary>Its place in the order of the stream.</summary>
    public ulong Timestamp { get; private init; }

    /// <summary>How much of the extent, behind the header, is payload. Of a pending or skip entry it is not vouched for.</summary>
    public long PayloadBytes { get; private init; }

    /// <summary>The next entry belongs to the same group.</summary>
    public bool GroupContinues { get; private init; }

    /// <summary>How far before it the region was known to be durable; null: further, or unknown.</summary>
    public long? Lag { get; private init; }

    /// <summary>Where the next entry begins.</summary>
    public long End => Offset + Extent;

    /// <summary>The payload in the stream that it was read from.</summary>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> stream) =>
        stream.Slice((int)Offset + HeaderBytes, (int)PayloadBytes);

    /// <summary>Reads the entry at an offset; null unless it is valid there. Groups are the caller's matter.</summary>
    internal static StoredEntry? Read(ReadOnlySpan<byte> stream, long offset, in RegionLife life, ulong after)
    {
        if (offset + HeaderBytes > life.End)
        {
            return null;
        }

        ReadOnlySpan<byte> header = stream.Slice((int)offset, HeaderBytes);
        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(header);
        ulong timestamp = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        long payload = (long)(size & PayloadMask);
        long extent = (long)((size >> 31) & ((1UL << 28) - 1)) * 8;
        bool fits = extent % life.Alignment == 0 && payload <= PayloadMax && extent >= HeaderBytes + payload
            && offset + extent <= life.End;
        if (!fits || timestamp <= after || timestamp > StoredWord.ValueMask)
        {
            return null;
        }

        ulong checksum = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]);
        EntryKind? kind = KindOf(
            checksum, stream.Slice((int)offset + HeaderBytes, (int)payload), size, timestamp, offset, life);
        return kind is null ? null : new StoredEntry
        {
            Kind = kind.Value,
            Offset = offset,
            Extent = extent,
            Timestamp = timestamp,
            PayloadBytes = payload,
            GroupContinues = (size >> 59 & 1) != 0,
            Lag = LagOf((int)(size >> 60)),
        };
    }

    private static EntryKind? KindOf(
        ulong checksum, ReadOnlySpan<byte> payload, ulong size, ulong timestamp, long offset, in RegionLife life)
    {
        ulong bare = size & ~PayloadMask;
        if (checksum == Checksum("pms-skip"u8, 0, bare, timestamp, offset, life))
        {
            return EntryKind.Skip;
        }

        if (checksum == Checksum("pms-pend"u8, 0, bare, timestamp, offset, life))
        {
            return EntryKind.Pending;
        }

        bool isData = checksum == Checksum("pms-data"u8, Xxh3.Hash(payload), size, timestamp, offset, life);
        return isData ? EntryKind.Data : null;
    }

    private static ulong Checksum(
        ReadOnlySpan<byte> kind, ulong payload, ulong size, ulong timestamp, long offset, in RegionLife life)
    {
        Span<byte> bytes = stackalloc byte[56];
        kind.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], payload);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], timestamp);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], life.UuidHash);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[48..], life.Base);
        return Xxh3.Hash(bytes);
    }

    private static long? LagOf(int code) => code switch
    {
        0 => 0,
        LagUnknown => null,
        _ => 64L << (2 * (code - 1)),
    };
}

/// <summary>What the entries of one life of a region have in common.</summary>
/// <param name="UuidHash">Hash of the stream's UUID.</param>
/// <param name="Base">Base timestamp.</param>
/// <param name="Alignment">Granularity of extents.</param>
/// <param name="First">Where the entries begin in the stream.</param>
/// <param name="End">Where the region ends in the stream.</param>
internal readonly record struct RegionLife(ulong UuidHash, ulong Base, long Alignment, long First, long End)
{
    /// <summary>An entry can begin at that offset.</summary>
    public bool IsPlaceForEntry(ulong offset) =>
        offset >= (ulong)First && offset < (ulong)End && (offset - (ulong)First) % (ulong)Alignment == 0;
}
