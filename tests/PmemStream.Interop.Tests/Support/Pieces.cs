using System.Buffers;

namespace PmemStream.Interop.Tests.Support;

/// <summary>Memory in several pieces.</summary>
internal static class Pieces
{
    /// <summary>The bytes as a sequence of pieces of at most so many.</summary>
    public static ReadOnlySequence<byte> Of(byte[] data, int pieceBytes)
    {
        var first = new Piece(data.AsMemory(0, Math.Min(pieceBytes, data.Length)));
        Piece last = first;
        for (int from = pieceBytes; from < data.Length; from += pieceBytes)
        {
            last = last.Append(data.AsSpan(from, Math.Min(pieceBytes, data.Length - from)).ToArray());
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>The same piece of memory, again and again.</summary>
    public static ReadOnlySequence<byte> Repeat(ReadOnlyMemory<byte> piece, int times)
    {
        var first = new Piece(piece);
        Piece last = first;
        for (int i = 1; i < times; i++)
        {
            last = last.Append(piece);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
