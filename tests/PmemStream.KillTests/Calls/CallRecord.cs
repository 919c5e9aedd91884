using System.Runtime.InteropServices;

namespace PmemStream.KillTests;

/// <summary>What a writer calls. The numbers are stored in the logs of failed rounds.</summary>
internal enum Verb : byte
{
    /// <summary>No record: a place in the log that was taken, and not written before the kill.</summary>
    None = 0,

    /// <summary>Creating the stream.</summary>
    CreateStream = 1,

    /// <summary>Opening it, with recovery. Done: <see cref="CallRecord.Size"/> regions follow.</summary>
    Open = 2,

    /// <summary>Not a call: a region that was there after opening.</summary>
    SeenRegion = 3,

    /// <summary>Closing the stream.</summary>
    Close = 4,

    /// <summary>Creating a region.</summary>
    CreateRegion = 5,

    /// <summary>Clearing one.</summary>
    ClearRegion = 6,

    /// <summary>Freeing one.</summary>
    FreeRegion = 7,

    /// <summary>An append that is durable when it is done.</summary>
    Append = 8,

    /// <summary>An append that is only visible when it is done.</summary>
    AppendDeferred = 9,

    /// <summary>Makes the entries of a region up to a timestamp durable.</summary>
    Persist = 10,

    /// <summary>Taking space; nothing is visible yet.</summary>
    Reserve = 11,

    /// <summary>Making a reservation an entry, durable when it is done.</summary>
    Publish = 12,

    /// <summary>Ending a reservation without an entry.</summary>
    Abandon = 13,

    /// <summary>
    /// A group, from ready payloads or written in place, durable when it is done. <see cref="CallRecord.Base"/> is the number
    /// of its entries; their numbers follow each other.
    /// </summary>
    AppendGroup = 14,

    /// <summary>A group that is only visible when it is done.</summary>
    AppendGroupDeferred = 15,

    /// <summary>Not a call: where an entry of a group is, before the record that says that the group is done.</summary>
    GroupMember = 16,

    /// <summary>Makes the entries of all regions durable; done: up to a timestamp at least.</summary>
    PersistStream = 17,
}

/// <summary>When, and with what result, a record was written.</summary>
internal enum Phase : byte
{
    /// <summary>Before the call.</summary>
    Intent = 1,

    /// <summary>After the call: it did what was asked for.</summary>
    Done = 2,

    /// <summary>After the call: it refused, and changed nothing (full, busy, stale).</summary>
    Refused = 3,
}

/// <summary>One record of a log: a call that is about to be made, or that has returned.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct CallRecord
{
    /// <summary>Bytes of a record.</summary>
    public const int Bytes = 64;

    /// <summary>A checksum over the others.</summary>
    public ulong Check;

    /// <summary>Which call.</summary>
    public Verb Verb;

    /// <summary>Before or after it.</summary>
    public Phase Phase;

    /// <summary>The calling thread.</summary>
    public ushort Thread;

    /// <summary>Which of the entries of that thread in this session.</summary>
    public uint Number;

    /// <summary>Which region, by its name.</summary>
    public int Slot;

    /// <summary>
    /// Bytes of the entry, of the reservation or of the region; of a group, what the sizes of its entries follow from
    /// (<see cref="GroupSizes"/>); after opening, the number of regions.
    /// </summary>
    public int Size;

    /// <summary>Which region, by its identity: another one of the same name has another.</summary>
    public ulong Identity;

    /// <summary>Where the entry is.</summary>
    public long Offset;

    /// <summary>
    /// The timestamp that the call has taken; of persist: up to which entries are durable, or 0 if that was not said.
    /// </summary>
    public ulong Timestamp;

    /// <summary>Base timestamp of the region; of a group, the number of its entries.</summary>
    public ulong Base;

    /// <summary>Place of the record in its log, which is the order in time.</summary>
    public long Index;

    /// <summary>The checksum that the record must have.</summary>
    public readonly ulong ComputeCheck()
    {
        CallRecord copy = this;
        ulong hash = 0x9E3779B97F4A7C15;
        foreach (ulong word in MemoryMarshal.Cast<CallRecord, ulong>(new ReadOnlySpan<CallRecord>(in copy))[1..])
        {
            hash = Payload.Mix(hash ^ word);
        }

        return hash;
    }
}
