using System.Buffers.Binary;

namespace PmemStream.FormatReader;

/// <summary>What a sealed word says (FORMAT.md, 1).</summary>
public enum WordRole
{
    /// <summary>Every timestamp ever given out is below it.</summary>
    TimestampCeiling = 1,

    /// <summary>Every entry at or below it is durable.</summary>
    PersistedTimestamp = 2,

    /// <summary>Changes before every change of the layout.</summary>
    LayoutEpoch = 3,

    /// <summary>Size of the stream.</summary>
    StreamSize = 4,

    /// <summary>Not used yet.</summary>
    StreamSpare = 5,

    /// <summary>Kind and size of a piece.</summary>
    Extent = 6,

    /// <summary>The entries of a region's life are above it.</summary>
    BaseTimestamp = 7,

    /// <summary>An entry from which a walk may start.</summary>
    Checkpoint = 8,

    /// <summary>Not used yet.</summary>
    RegionSpare = 9,
}

/// <summary>A sealed word at its place.</summary>
/// <param name="Role">What it says.</param>
/// <param name="Offset">Where it stands.</param>
/// <param name="Raw">All of its 64 bits.</param>
/// <param name="IsWhole">Its check holds.</param>
public readonly record struct StoredWord(WordRole Role, long Offset, ulong Raw, bool IsWhole)
{
    /// <summary>Bits of the value.</summary>
    public const ulong ValueMask = (1UL << 56) - 1;

    private const byte Polynomial = 0x07;

    /// <summary>The 56 bits below the check.</summary>
    public ulong Value => Raw & ValueMask;

    /// <summary>Reads the word at an offset.</summary>
    public static StoredWord Read(ReadOnlySpan<byte> stream, WordRole role, long offset, ReadOnlySpan<byte> uuid)
    {
        ulong raw = BinaryPrimitives.ReadUInt64LittleEndian(stream[(int)offset..]);
        return new StoredWord(role, offset, raw, (byte)(raw >> 56) == Check(raw & ValueMask, role, offset, uuid));
    }

    /// <summary>The check of a value at a place.</summary>
    public static byte Check(ulong value, WordRole role, long offset, ReadOnlySpan<byte> uuid)
    {
        Span<byte> place = stackalloc byte[25];
        place[0] = (byte)role;
        BinaryPrimitives.WriteInt64LittleEndian(place[1..], offset);
        uuid.CopyTo(place[9..]);
        byte check = Crc8(0xFF, place);

        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Crc8(check == 0 ? (byte)0xA5 : check, bytes[..7]);
    }

    /// <summary>CRC-8 with the polynomial 0x07, most significant bit first.</summary>
    public static byte Crc8(byte start, ReadOnlySpan<byte> bytes)
    {
        byte crc = start;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (byte)((crc & 0x80) != 0 ? (crc << 1) ^ Polynomial : crc << 1);
            }
        }

        return crc;
    }
}
