using System.Buffers.Binary;
using System.Numerics;

namespace PmemStream.FormatReader;

/// <summary>What a copy of the stream header turned out to be.</summary>
public enum HeaderState
{
    /// <summary>It can be read.</summary>
    Whole,

    /// <summary>No magic, or the checksum does not hold, or a field is out of its range.</summary>
    Damaged,

    /// <summary>Whole, of a version that this reader does not know.</summary>
    NewerVersion,

    /// <summary>Whole, with a feature that this reader does not know and would have to.</summary>
    UnknownFeature,
}

/// <summary>The stream header (FORMAT.md, 2).</summary>
public sealed record StreamHeader
{
    /// <summary>Where the copies are.</summary>
    public static readonly IReadOnlyList<long> CopiesAt = [0, 4096];

    /// <summary>Size of a copy.</summary>
    public const int Bytes = 128;

    private const int FixedPagesEnd = 16384;

    private StreamHeader(ReadOnlySpan<byte> copy)
    {
        Version = BinaryPrimitives.ReadUInt32LittleEndian(copy[8..]);
        CompatibleFeatures = Word(copy, 16);
        IncompatibleFeatures = Word(copy, 24);
        ReadOnlyFeatures = Word(copy, 32);
        Uuid = copy.Slice(40, 16).ToArray();
        BlockSize = BinaryPrimitives.ReadUInt32LittleEndian(copy[56..]);
        CreatedSize = Word(copy, 64);
        CreatedUnixSeconds = Word(copy, 72);
        FirstPiece = Word(copy, 80);
    }

    /// <summary>Version of the format.</summary>
    public uint Version { get; }

    /// <summary>Features that a reader need not know.</summary>
    public ulong CompatibleFeatures { get; }

    /// <summary>Features that a reader must know.</summary>
    public ulong IncompatibleFeatures { get; }

    /// <summary>Features that a writer must know.</summary>
    public ulong ReadOnlyFeatures { get; }

    /// <summary>Identity of the stream: 16 bytes.</summary>
    public byte[] Uuid { get; }

    /// <summary>Granularity of pieces.</summary>
    public uint BlockSize { get; }

    /// <summary>Size of the stream when it was created.</summary>
    public ulong CreatedSize { get; }

    /// <summary>Seconds since 1970 at creation.</summary>
    public ulong CreatedUnixSeconds { get; }

    /// <summary>Offset of the first piece.</summary>
    public ulong FirstPiece { get; }

    /// <summary>Reads one copy, in the order that the format demands.</summary>
    public static HeaderState Read(ReadOnlySpan<byte> stream, long offset, out StreamHeader? header)
    {
        header = null;
        if (stream.Length < offset + Bytes)
        {
            return HeaderState.Damaged;
        }

        ReadOnlySpan<byte> copy = stream.Slice((int)offset, Bytes);
        if (!HasMagic(copy) || Word(copy, Bytes - 8) != Xxh3.Hash(copy[..(Bytes - 8)]))
        {
            return HeaderState.Damaged;
        }

        var found = new StreamHeader(copy);
        if (found.Version > 1)
        {
            return HeaderState.NewerVersion;
        }

        if (found.IncompatibleFeatures != 0)
        {
            return HeaderState.UnknownFeature;
        }

        header = found.HasValidFields(copy) ? found : null;
        return header is null ? HeaderState.Damaged : HeaderState.Whole;
    }

    private static bool HasMagic(ReadOnlySpan<byte> copy) => copy[0] == 0xF0 && copy[1..].StartsWith("mstream"u8);

    private static ulong Word(ReadOnlySpan<byte> copy, int at) => BinaryPrimitives.ReadUInt64LittleEndian(copy[at..]);

    private bool HasValidFields(ReadOnlySpan<byte> copy) =>
        Version == 1
        && BinaryPrimitives.ReadUInt32LittleEndian(copy[12..]) == Bytes
        && BlockSize is >= 4096 and <= 2097152
        && BitOperations.IsPow2(BlockSize)
        && FirstPiece == (FixedPagesEnd + BlockSize - 1UL) / BlockSize * BlockSize;
}
