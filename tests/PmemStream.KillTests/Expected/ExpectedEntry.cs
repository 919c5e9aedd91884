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

    /// <summary>Which entry of the group it is.</summary>
    public int Index { get; init; }

    /// <summary>What holds for it after a kill.</summary>
    public Promise Promise { get; set; } = promise;

    /// <summary>Was it met on the walk that is under way?</summary>
    public bool Found { get; set; }

    /// <summary>The group that it is a part of, if any.</summary>
    public GroupFate? Group { get; init; }
}

/// <summary>A group, of which all entries are there after a kill or none.</summary>
/// <param name="name">What it is called in texts.</param>
/// <param name="count">Number of its entries.</param>
internal sealed class GroupFate(string name, int count)
{
    private ulong _first;

    /// <summary>How many were met on the walk that is under way.</summary>
    public int Found { get; private set; }

    /// <summary>A walk begins.</summary>
    public void Reset() => Found = 0;

    /// <summary>An entry was met.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <param name="timestamp">Its timestamp: the timestamps of a group follow each other.</param>
    public void Meet(int index, ulong timestamp)
    {
        _first = Found++ == 0 ? timestamp - (ulong)index : _first;
        if (timestamp - (ulong)index != _first)
        {
            throw new ViolationException(
                ViolationKind.GroupTorn, $"{name}: its entry {index} has timestamp {timestamp}, the first has {_first}");
        }
    }

    /// <summary>The walk is over.</summary>
    public void CheckWhole()
    {
        if (Found != 0 && Found != count)
        {
            throw new ViolationException(
                ViolationKind.GroupTorn, $"{name}: {Found} of its {count} entries are there; all must be, or none");
        }
    }
}

/// <summary>An entry whose fate is open: its append or publish was begun, and no result is known.</summary>
/// <param name="Id">Which.</param>
/// <param name="Size">Bytes of its data.</param>
/// <param name="After">Its timestamp is later than this one, which was acknowledged before the call.</param>
/// <param name="Position">Where it must be, if it was a reservation.</param>
/// <param name="Group">The group that it is a part of, if any.</param>
/// <param name="Index">Which entry of the group it is.</param>
internal sealed record Attempt(
    EntryId Id, int Size, ulong After, EntryPosition? Position = null, GroupFate? Group = null, int Index = 0);
