using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>What a writer was told about an entry.</summary>
internal enum Promise : byte
{
    /// <summary>It is visible: it may survive a kill, or not.</summary>
    Visible = 1,

    /// <summary>It is durable.</summary>
    Durable = 2,
}

/// <summary>An entry that was acknowledged, or was found after a kill.</summary>
internal sealed class ExpectedEntry(EntryId id, EntryPosition position, int size, Promise promise)
{
    /// <summary>Which.</summary>
    public EntryId Id { get; } = id;

    /// <summary>Where.</summary>
    public EntryPosition Position { get; } = position;

    /// <summary>Bytes of its data.</summary>
    public int Size { get; } = size;

    /// <summary>What holds for it after a kill.</summary>
    public Promise Promise { get; set; } = promise;

    /// <summary>Was it met on the walk that is under way?</summary>
    public bool Found { get; set; }
}

/// <summary>An entry whose fate is open: its append or publish was begun, and no result is known.</summary>
/// <param name="Id">Which.</param>
/// <param name="Size">Bytes of its data.</param>
/// <param name="After">Its timestamp is later than this one, which was acknowledged before the call.</param>
/// <param name="Position">Where it must be, if it was a reservation.</param>
internal sealed record Attempt(EntryId Id, int Size, ulong After, EntryPosition? Position = null);
