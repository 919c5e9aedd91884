using System.Buffers;
using System.Runtime.CompilerServices;

namespace PmemStream.Interop.Native;

/// <summary>
/// Pieces of a caller's memory that stay where they are during one call of the core. A few of them need no memory of their
/// own; for more, arrays are rented.
/// </summary>
internal unsafe ref struct PinnedParts
{
    /// <summary>As many parts as the caller provides room for on his stack.</summary>
    public const int FewCount = 8;

    private readonly Span<pms_part> _parts;
    private readonly pms_part[]? _rentedParts;
    private readonly MemoryHandle[]? _rentedPins;
    private FewPins _fewPins;
    private int _count;

    /// <summary>Makes room for so many parts.</summary>
    public PinnedParts(int count, Span<pms_part> few)
    {
        if (count <= few.Length)
        {
            _parts = few;
            return;
        }

        _parts = _rentedParts = ArrayPool<pms_part>.Shared.Rent(count);
        _rentedPins = ArrayPool<MemoryHandle>.Shared.Rent(count);
    }

    /// <summary>The parts that were added.</summary>
    public readonly ReadOnlySpan<pms_part> All => _parts[.._count];

    /// <summary>Pins one more piece.</summary>
    public void Add(ReadOnlyMemory<byte> piece)
    {
        MemoryHandle pin = piece.Pin();
        if (_rentedPins is null)
        {
            _fewPins[_count] = pin;
        }
        else
        {
            _rentedPins[_count] = pin;
        }

        _parts[_count++] = new pms_part { data = pin.Pointer, bytes = (ulong)piece.Length };
    }

    /// <summary>Lets them all go.</summary>
    public void Dispose()
    {
        for (int index = 0; index < _count; index++)
        {
            if (_rentedPins is null)
            {
                _fewPins[index].Dispose();
            }
            else
            {
                _rentedPins[index].Dispose();
            }
        }

        _count = 0;
        if (_rentedParts is not null)
        {
            ArrayPool<pms_part>.Shared.Return(_rentedParts);
            ArrayPool<MemoryHandle>.Shared.Return(_rentedPins!, clearArray: true);
        }
    }

    [InlineArray(FewCount)]
    private struct FewPins
    {
        private MemoryHandle _first;
    }
}
