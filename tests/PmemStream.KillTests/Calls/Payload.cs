using System.Buffers.Binary;

namespace PmemStream.KillTests;

/// <summary>Names an entry that a writer wants to append: no other in the run has the same.</summary>
/// <param name="Session">The writer process, counted over the run.</param>
/// <param name="Thread">Its thread.</param>
/// <param name="Number">The entry, counted over the thread in the order in which it takes space.</param>
internal readonly record struct EntryId(uint Session, ushort Thread, uint Number)
{
    /// <inheritdoc/>
    public override string ToString() => $"entry {Number} of thread {Thread} in session {Session}";
}

/// <summary>What is in an entry: bytes that follow from its name alone.</summary>
internal static class Payload
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>Writes the payload, or as much of its beginning as there is room for.</summary>
    public static void Fill(Span<byte> bytes, ulong seed, EntryId id)
    {
        ulong state = Mix(seed ^ Mix(((ulong)id.Session << 16) | id.Thread)) ^ Mix(id.Number + Step);
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, Mix(state += Step));
        }

        Span<byte> last = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(last, Mix(state + Step));
        last[..bytes.Length].CopyTo(bytes);
    }

    /// <summary>Are these the first bytes of the payload?</summary>
    public static bool Matches(ReadOnlySpan<byte> bytes, ulong seed, EntryId id)
    {
        byte[] expected = System.Buffers.ArrayPool<byte>.Shared.Rent(bytes.Length);
        Fill(expected.AsSpan(0, bytes.Length), seed, id);
        bool equal = bytes.SequenceEqual(expected.AsSpan(0, bytes.Length));
        System.Buffers.ArrayPool<byte>.Shared.Return(expected);
        return equal;
    }

    /// <summary>A one-to-one scramble of 64 bits (splitmix64).</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
