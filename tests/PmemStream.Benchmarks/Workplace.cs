using System.Runtime.InteropServices;

namespace PmemStream.Benchmarks;

/// <summary>Where files lie while they are measured, and sizes that all systems share with the native programs.</summary>
/// <param name="MemoryFolder">On tmpfs.</param>
/// <param name="DiskFolder">On a disk.</param>
internal sealed record Workplace(string MemoryFolder, string DiskFolder)
{
    /// <summary>Room that is appended to, over and over (core.h has the same numbers).</summary>
    public const int RegionBytes = 128 << 20;

    public const int DiskBytes = 32 << 20;
    public const int ThreadRegionBytes = 32 << 20;
    public const int ThreadOperations = 65536;

    private const int PayloadBytesMax = 65536;
    private const int EntryHeaderBytes = 24;
    private const int EntryAlignment = 64;
    private const int CacheLine = 64;

    /// <summary>Bytes that do not compress, the same each time; they begin at a cache line, as those of request.c.</summary>
    public static ReadOnlyMemory<byte> Payload { get; } = MakePayload();

    /// <summary>What an entry of the stream takes.</summary>
    public static int Extent(int payloadBytes) =>
        (EntryHeaderBytes + payloadBytes + EntryAlignment - 1) / EntryAlignment * EntryAlignment;

    /// <summary>Operations between two looks at the clock: on a disk the fewest, in memory about 0.1 ms.</summary>
    public static int Piece(BenchmarkCase measured)
    {
        int piece = measured.PayloadBytes <= 1024 ? 1024 : 1024 * 1024 / measured.PayloadBytes;
        return measured.OnDisk || piece < measured.Batch ? measured.Batch : piece - (piece % measured.Batch);
    }

    public string PathOf(BenchmarkCase measured, string name) =>
        Path.Combine(measured.OnDisk ? DiskFolder : MemoryFolder, name);

    private static ReadOnlyMemory<byte> MakePayload()
    {
        // Pinned: it stays aligned.
        byte[] room = GC.AllocateArray<byte>(PayloadBytesMax + CacheLine, pinned: true);
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(room, 0);
        Memory<byte> payload = room.AsMemory((int)(-address & (CacheLine - 1)), PayloadBytesMax);
        new Random(7).NextBytes(payload.Span);
        return payload;
    }
}
