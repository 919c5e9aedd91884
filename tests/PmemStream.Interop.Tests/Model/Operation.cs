using FsCheck;
using FsCheck.Fluent;

namespace PmemStream.Interop.Tests.Model;

/// <summary>Every public operation of a stream and its regions, and ways to end a session.</summary>
public enum OperationKind
{
    /// <summary>Creates a region, also where the name is taken or no extent is large enough.</summary>
    CreateRegion,

    /// <summary>Gets a region by name, whether it exists or not.</summary>
    GetRegion,

    /// <summary>Gets a region, or creates it.</summary>
    GetOrCreateRegion,

    /// <summary>Appends; expects the exception when the region is full.</summary>
    Append,

    /// <summary>Appends if there is room.</summary>
    TryAppend,

    /// <summary>Appends by a delegate that writes in place.</summary>
    AppendInPlace,

    /// <summary>Appends by a delegate that throws.</summary>
    AppendAndThrow,

    /// <summary>Appends, and leaves it to a persist to make it durable.</summary>
    AppendDeferred,

    /// <summary>Appends several pieces of memory as one entry, durable or deferred.</summary>
    AppendSequence,

    /// <summary>Appends a group, from memories or from a buffer, durable or deferred.</summary>
    AppendGroup,

    /// <summary>Persists a region, up to an entry or all of it.</summary>
    Persist,

    /// <summary>Persists the stream.</summary>
    PersistStream,

    /// <summary>Begins a group that is written in place, and writes entries.</summary>
    BeginGroup,

    /// <summary>Publishes a group; if something behind it is durable, its entries move there, or there is no room.</summary>
    PublishGroup,

    /// <summary>Abandons a group, by itself, by its disposal or by its position.</summary>
    AbandonGroup,

    /// <summary>Opens a reservation.</summary>
    Reserve,

    /// <summary>Publishes all of a reservation.</summary>
    Publish,

    /// <summary>Publishes a part of a reservation.</summary>
    PublishShorter,

    /// <summary>Abandons a reservation.</summary>
    Abandon,

    /// <summary>Disposes a reservation.</summary>
    DisposeReservation,

    /// <summary>Abandons the oldest reservation by its position.</summary>
    AbandonByPosition,

    /// <summary>Clears a region, or is told that it is busy.</summary>
    Clear,

    /// <summary>Frees a region, or is told that it is busy.</summary>
    Free,

    /// <summary>Clears and frees under an enumerator.</summary>
    ChangeUnderEnumerator,

    /// <summary>Enumerates behind an entry.</summary>
    EntriesAfter,

    /// <summary>Enumerates from an entry on.</summary>
    EntriesFrom,

    /// <summary>Enumerates from a timestamp on.</summary>
    EntriesFromTimestamp,

    /// <summary>Reads all regions in the order of timestamps.</summary>
    ReadAll,

    /// <summary>Copies an entry, into a buffer that may be too small.</summary>
    TryCopy,

    /// <summary>Reads a position that names no visible entry.</summary>
    ReadNoEntry,

    /// <summary>Makes the stream larger, by nothing or a few blocks; is told that it does not shrink.</summary>
    Grow,

    /// <summary>Uses a region that was freed.</summary>
    UseFreed,

    /// <summary>Checks the stream.</summary>
    Check,

    /// <summary>Lists what is stored.</summary>
    EnumerateStored,

    /// <summary>Opens for reading only beside the writer.</summary>
    ReadBeside,

    /// <summary>Opens a second time for writing.</summary>
    OpenTwice,

    /// <summary>Disposes the stream and opens it again.</summary>
    Reopen,

    /// <summary>Goes on with the bytes that a kill would leave.</summary>
    Kill,
}

/// <summary>
/// One step. What its numbers choose depends on what there is when it comes to it, so that any part of a sequence is one.
/// </summary>
/// <param name="Kind">What is done.</param>
/// <param name="Which">Chooses a region, a reservation, an entry.</param>
/// <param name="Size">A size in bytes.</param>
public readonly record struct Operation(OperationKind Kind, int Which, int Size)
{
    private const int LengthMax = 100;

    private static readonly int[] Sizes = [0, 1, 7, 8, 9, 39, 40, 41, 63, 64, 104, 232, 488, 1000, 3560, 4072, 4073, 9000];

    /// <summary>Sequences; what fails is made shorter first, and then smaller.</summary>
    public static Arbitrary<Operation[]> Sequences() => Arb.From(
        from first in Gen.Choose(0, 999)
        from size in Gen.Choose(500, 9000)
        from length in Gen.Choose(1, LengthMax)
        from others in One().ArrayOf(length)
        select (Operation[])[new Operation(OperationKind.CreateRegion, first, size), .. others],
        Shrink);

    /// <summary>As it is written in a failure.</summary>
    public override string ToString() => $"{Kind}({Which}, {Size})";

    private static Gen<Operation> One()
    {
        Gen<OperationKind> kinds = Gen.Frequency(
            (1, Gen.Constant(OperationKind.CreateRegion)),
            (4, Gen.Elements(OperationKind.Append, OperationKind.TryAppend, OperationKind.AppendInPlace)),
            (4, Gen.Elements(OperationKind.AppendDeferred, OperationKind.AppendGroup, OperationKind.BeginGroup, OperationKind.PublishGroup)),
            (3, Gen.Elements(OperationKind.Reserve, OperationKind.Publish, OperationKind.PublishShorter, OperationKind.Abandon)),
            (7, Gen.Elements(Enum.GetValues<OperationKind>())));
        Gen<int> sizes = Gen.Frequency((3, Gen.Elements(Sizes)), (1, Gen.Choose(0, 12000)));
        return
            from kind in kinds
            from which in Gen.Choose(0, 999)
            from size in sizes
            select new Operation(kind, which, size);
    }

    private static IEnumerable<Operation[]> Shrink(Operation[] sequence)
    {
        for (int part = sequence.Length / 2; part > 0; part /= 2)
        {
            for (int from = 0; from + part <= sequence.Length; from += part)
            {
                yield return [.. sequence[..from], .. sequence[(from + part)..]];
            }
        }

        for (int index = 0; index < sequence.Length; index++)
        {
            Operation operation = sequence[index];
            if (operation.Size > 0)
            {
                yield return With(sequence, index, operation with { Size = operation.Size / 2 });
            }

            if (operation.Which > 0)
            {
                yield return With(sequence, index, operation with { Which = operation.Which / 2 });
            }
        }
    }

    private static Operation[] With(Operation[] sequence, int index, Operation operation)
    {
        Operation[] changed = [.. sequence];
        changed[index] = operation;
        return changed;
    }
}
