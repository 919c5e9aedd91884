using System.Buffers.Binary;
using System.Numerics;

namespace PmemStream.FormatReader;

/// <summary>XXH3, 64 bits, no seed, as the specification of xxHash defines it.</summary>
public static class Xxh3
{
    private const ulong Prime32First = 0x9E3779B1;
    private const ulong Prime32Second = 0x85EBCA77;
    private const ulong Prime32Third = 0xC2B2AE3D;
    private const ulong PrimeFirst = 0x9E3779B185EBCA87;
    private const ulong PrimeSecond = 0xC2B2AE3D27D4EB4F;
    private const ulong PrimeThird = 0x165667B19E3779F9;
    private const ulong PrimeFourth = 0x85EBCA77C2B2AE63;
    private const ulong PrimeFifth = 0x27D4EB2F165667C5;
    private const ulong PrimeMixFirst = 0x165667919E3779F9;
    private const ulong PrimeMixSecond = 0x9FB21C651E98DF25;

    private const int StripeBytes = 64;
    private const int StripesPerBlock = (192 - StripeBytes) / 8;
    private const int BlockBytes = StripesPerBlock * StripeBytes;

    // The default secret: 192 bytes.
    private static ReadOnlySpan<byte> Secret =>
    [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
        0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
        0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
        0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
        0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
        0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
        0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
        0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
        0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
        0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
        0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
        0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ];

    /// <summary>The hash of these bytes.</summary>
    public static ulong Hash(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        0 => AvalancheShort(Key(56) ^ Key(64)),
        <= 3 => HashTo3(bytes),
        <= 8 => HashTo8(bytes),
        <= 16 => HashTo16(bytes),
        <= 128 => HashTo128(bytes),
        <= 240 => HashTo240(bytes),
        _ => HashLong(bytes),
    };

    private static ulong HashTo3(ReadOnlySpan<byte> bytes)
    {
        uint combined = ((uint)bytes[0] << 16) | ((uint)bytes[bytes.Length >> 1] << 24) | bytes[^1]
            | ((uint)bytes.Length << 8);
        uint flip = BinaryPrimitives.ReadUInt32LittleEndian(Secret) ^ BinaryPrimitives.ReadUInt32LittleEndian(Secret[4..]);
        return AvalancheShort(combined ^ flip);
    }

    private static ulong HashTo8(ReadOnlySpan<byte> bytes)
    {
        ulong first = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        ulong last = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]);
        ulong hash = (last + (first << 32)) ^ (Key(8) ^ Key(16));
        hash ^= BitOperations.RotateLeft(hash, 49) ^ BitOperations.RotateLeft(hash, 24);
        hash *= PrimeMixSecond;
        hash ^= (hash >> 35) + (ulong)bytes.Length;
        hash *= PrimeMixSecond;
        return hash ^ (hash >> 28);
    }

    private static ulong HashTo16(ReadOnlySpan<byte> bytes)
    {
        ulong low = Word(bytes) ^ Key(24) ^ Key(32);
        ulong high = Word(bytes[^8..]) ^ Key(40) ^ Key(48);
        return Avalanche((ulong)bytes.Length + BinaryPrimitives.ReverseEndianness(low) + high + MultiplyFold(low, high));
    }

    private static ulong HashTo128(ReadOnlySpan<byte> bytes)
    {
        ulong sum = (ulong)bytes.Length * PrimeFirst;
        for (int pair = (bytes.Length - 1) / 32; pair >= 0; pair--)
        {
            sum += Mix16(bytes[(16 * pair)..], 32 * pair);
            sum += Mix16(bytes[(bytes.Length - (16 * (pair + 1)))..], (32 * pair) + 16);
        }

        return Avalanche(sum);
    }

    private static ulong HashTo240(ReadOnlySpan<byte> bytes)
    {
        ulong sum = (ulong)bytes.Length * PrimeFirst;
        for (int part = 0; part < 8; part++)
        {
            sum += Mix16(bytes[(16 * part)..], 16 * part);
        }

        sum = Avalanche(sum);
        for (int part = 8; part < bytes.Length / 16; part++)
        {
            sum += Mix16(bytes[(16 * part)..], (16 * (part - 8)) + 3);
        }

        return Avalanche(sum + Mix16(bytes[^16..], 136 - 17));
    }

    private static ulong HashLong(ReadOnlySpan<byte> bytes)
    {
        Span<ulong> sums =
        [
            Prime32Third, PrimeFirst, PrimeSecond, PrimeThird, PrimeFourth, Prime32Second, PrimeFifth, Prime32First,
        ];
        int at = 0;
        for (; at + BlockBytes < bytes.Length; at += BlockBytes)
        {
            AddStripes(sums, bytes[at..], StripesPerBlock);
            Scramble(sums);
        }

        AddStripes(sums, bytes[at..], (bytes.Length - 1 - at) / StripeBytes);
        AddStripe(sums, bytes[^StripeBytes..], 192 - StripeBytes - 7);

        ulong hash = (ulong)bytes.Length * PrimeFirst;
        for (int pair = 0; pair < 4; pair++)
        {
            hash += MultiplyFold(
                sums[2 * pair] ^ Key(11 + (16 * pair)), sums[(2 * pair) + 1] ^ Key(11 + (16 * pair) + 8));
        }

        return Avalanche(hash);
    }

    private static void AddStripes(Span<ulong> sums, ReadOnlySpan<byte> bytes, int count)
    {
        for (int stripe = 0; stripe < count; stripe++)
        {
            AddStripe(sums, bytes[(stripe * StripeBytes)..], stripe * 8);
        }
    }

    private static void AddStripe(Span<ulong> sums, ReadOnlySpan<byte> bytes, int secretAt)
    {
        for (int lane = 0; lane < 8; lane++)
        {
            ulong value = Word(bytes[(8 * lane)..]);
            ulong keyed = value ^ Key(secretAt + (8 * lane));
            sums[lane ^ 1] += value;
            sums[lane] += (uint)keyed * (keyed >> 32);
        }
    }

    private static void Scramble(Span<ulong> sums)
    {
        for (int lane = 0; lane < 8; lane++)
        {
            sums[lane] = (sums[lane] ^ (sums[lane] >> 47) ^ Key(192 - StripeBytes + (8 * lane))) * Prime32First;
        }
    }

    private static ulong Mix16(ReadOnlySpan<byte> bytes, int secretAt) =>
        MultiplyFold(Word(bytes) ^ Key(secretAt), Word(bytes[8..]) ^ Key(secretAt + 8));

    private static ulong MultiplyFold(ulong first, ulong second)
    {
        ulong high = Math.BigMul(first, second, out ulong low);
        return high ^ low;
    }

    private static ulong Avalanche(ulong hash)
    {
        hash ^= hash >> 37;
        hash *= PrimeMixFirst;
        return hash ^ (hash >> 32);
    }

    private static ulong AvalancheShort(ulong hash)
    {
        hash ^= hash >> 33;
        hash *= PrimeSecond;
        hash ^= hash >> 29;
        hash *= PrimeThird;
        return hash ^ (hash >> 32);
    }

    private static ulong Key(int at) => Word(Secret[at..]);

    private static ulong Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
