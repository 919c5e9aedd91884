using FsCheck;
using FsCheck.Fluent;

namespace PmemStream.Interop.Tests.Model;

/// <summary>Every operation of a rolling log, and ways to end a session.</summary>
public enum LogOperationKind
{
    /// <summary>Appends; expects the exception when the log is full or busy.</summary>
    Append,

    /// <summary>Appends if there is room.</summary>
    TryAppend,

    /// <summary>Opens a reservation.</summary>
    Reserve,

    /// <summary>Publishes a reservation.</summary>
    Publish,

    /// <summary>Abandons a reservation.</summary>
    Abandon,

    /// <summary>Truncates before an entry.</summary>
    Truncate,

    /// <summary>Enumerates behind an entry.</summary>
    EntriesAfter,

    /// <summary>Enumerates from an entry on.</summary>
    EntriesFrom,

    /// <summary>Reads an entry, and leases it.</summary>
    ReadAndLease,

    /// <summary>Reads an entry that was removed.</summary>
    ReadRemoved,

    /// <summary>Takes a lease, which keeps its segment.</summary>
    Hold,

    /// <summary>Disposes the lease.</summary>
    LetGo,

    /// <summary>Opens it with other sizes.</summary>
    OpenOtherwise,

    /// <summary>Opens it once more, with the other behaviour when it is full.</summary>
    OpenAgain,

    /// <summary>Reads it through a stream that is open for reading only.</summary>
    ReadBeside,

    /// <summary>Disposes the stream and opens it again.</summary>
    Reopen,

    /// <summary>Goes on with the bytes that a kill would leave.</summary>
    Kill,
}

/// <summary>One step. What its numbers choose depends on what there is when it comes to it.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Which">Chooses an entry, a reservation.</param>
/// <param name="Size">A size in bytes.</param>
public readonly record struct LogOperation(LogOperationKind Kind, int Which, int Size)
{
    private const int LengthMax = 120;

    private static readonly int[] Sizes = [0, 1, 40, 41, 1000, 1744, 1768, 1769, 3560, 3561];

    /// <summary>Sequences; what fails is made shorter first, and then smaller.</summary>
    public static Arbitrary<LogOperation[]> Sequences() => Arb.From(
        from length in Gen.Choose(1, LengthMax)
        from operations in One().ArrayOf(length)
        select operations,
        Shrink);

    /// <summary>As it is written in a failure.</summary>
    public override string ToString() => $"{Kind}({Which}, {Size})";

    private static Gen<LogOperation> One()
    {
        Gen<LogOperationKind> kinds = Gen.Frequency(
            (4, Gen.Elements(LogOperationKind.Append, LogOperationKind.TryAppend)),
            (1, Gen.Elements(LogOperationKind.Reserve, LogOperationKind.Publish, LogOperationKind.LetGo)),
            (3, Gen.Elements(Enum.GetValues<LogOperationKind>())));
        Gen<int> sizes = Gen.Frequency((1, Gen.Elements(Sizes)), (2, Gen.Choose(0, 1800)));
        return
            from kind in kinds
            from which in Gen.Choose(0, 999)
            from size in sizes
            select new LogOperation(kind, which, size);
    }

    private static IEnumerable<LogOperation[]> Shrink(LogOperation[] sequence)
    {
        for (int part = sequence.Length / 2; part > 0; part /= 2)
        {
            for (int from = 0; from + part <= sequence.Length; from += part)
            {
                yield return [.. sequence[..from], .. sequence[(from + part)..]];
            }
        }
    }
}
