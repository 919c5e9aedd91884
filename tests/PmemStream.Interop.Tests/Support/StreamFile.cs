using System.Buffers.Binary;
using System.Numerics;

namespace PmemStream.Interop.Tests.Support;

/// <summary>
/// What the tests know of the format (native/FORMAT.md) to damage files: on purpose written down a second time, and apart
/// from the core.
/// </summary>
internal static class StreamFile
{
    public const long HeaderA = 0;
    public const long HeaderB = 4096;
    public const long CeilingA = 8192;
    public const long CeilingB = 12288;
    public const int RegionNameAt = 48;
    public const int RegionExtentAt = 128;
    public const int RegionCheckpointAt = 256;
    public const int EntryHeaderBytes = 24;

    private const int VersionAt = 8;
    private const int IncompatibleFeaturesAt = 24;
    private const int ReadOnlyFeaturesAt = 32;
    private const int ChecksumAt = 120;

    /// <summary>All bytes of a file that may be open as a stream, which its namesake in System.IO does not allow on Windows.</summary>
    public static byte[] ReadAllBytes(string path)
    {
        using FileStream file = Open(path, FileAccess.Read);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Flips all bits of a byte.</summary>
    public static void Flip(string path, long offset)
    {
        using FileStream file = Open(path, FileAccess.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)~value);
    }

    /// <summary>Overwrites a copy of the header with noise.</summary>
    public static void DestroyHeader(string path, long header)
    {
        using FileStream file = Open(path, FileAccess.ReadWrite);
        file.Position = header;
        file.Write(TestStreams.Payload(128, 1));
    }

    public static void SetVersion(string path, uint version) => PatchHeaders(
        path, header => BinaryPrimitives.WriteUInt32LittleEndian(header[VersionAt..], version));

    public static void SetIncompatibleFeatures(string path, ulong features) => PatchHeaders(
        path, header => BinaryPrimitives.WriteUInt64LittleEndian(header[IncompatibleFeaturesAt..], features));

    public static void SetReadOnlyFeatures(string path, ulong features) => PatchHeaders(
        path, header => BinaryPrimitives.WriteUInt64LittleEndian(header[ReadOnlyFeaturesAt..], features));

    /// <summary>XXH3 with 64 bits of 17 to 128 bytes, without a seed.</summary>
    public static ulong Xxh3(ReadOnlySpan<byte> bytes)
    {
        const ulong prime = 0x9E3779B185EBCA87;
        ulong sum = (ulong)bytes.Length * prime;
        for (int pair = (bytes.Length - 1) / 32; pair >= 0; pair--)
        {
            sum += Mix(bytes[(16 * pair)..], 32 * pair);
            sum += Mix(bytes[(bytes.Length - (16 * (pair + 1)))..], (32 * pair) + 16);
        }

        sum ^= sum >> 37;
        sum *= 0x165667919E3779F9;
        return sum ^ (sum >> 32);
    }

    private static FileStream Open(string path, FileAccess access) =>
        new(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete);

    private delegate void Patch(Span<byte> header);

    private static void PatchHeaders(string path, Patch patch)
    {
        using FileStream file = Open(path, FileAccess.ReadWrite);
        byte[] header = new byte[128];
        foreach (long offset in new[] { HeaderA, HeaderB })
        {
            file.Position = offset;
            file.ReadExactly(header);

            // Shows that the checksum is known before it is written.
            Assert.Equal(BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(ChecksumAt)), Xxh3(header.AsSpan(0, ChecksumAt)));
            patch(header);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(ChecksumAt), Xxh3(header.AsSpan(0, ChecksumAt)));
            file.Position = offset;
            file.Write(header);
        }
    }

    private static ulong Mix(ReadOnlySpan<byte> bytes, int secretAt)
    {
        ulong low = Read(bytes) ^ Read(Secret[secretAt..]);
        ulong high = Read(bytes[8..]) ^ Read(Secret[(secretAt + 8)..]);
        ulong upper = Math.BigMul(low, high, out ulong lower);
        return upper ^ lower;
    }

    private static ulong Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    // The first 128 bytes of the default secret of XXH3.
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
    ];
}
