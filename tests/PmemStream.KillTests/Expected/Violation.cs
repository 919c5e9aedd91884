namespace PmemStream.KillTests;

/// <summary>What was found to be wrong.</summary>
internal enum ViolationKind
{
    /// <summary>An entry is not there that must be.</summary>
    EntryLost,

    /// <summary>An entry is there that nobody wrote.</summary>
    EntryInvented,

    /// <summary>A reservation can be read that was abandoned, or never published.</summary>
    ReservationExposed,

    /// <summary>Some entries of a group are there, and others are not, or their timestamps do not follow each other.</summary>
    GroupTorn,

    /// <summary>An entry has other bytes, or another length, than its writer gave it.</summary>
    WrongBytes,

    /// <summary>An entry is at another place, or before one that its writer appended earlier.</summary>
    Reordered,

    /// <summary>A timestamp is not later than one that was acknowledged before, or than its predecessor's.</summary>
    WrongTimestamp,

    /// <summary>The stream, or a region of it, is not there although its creation was acknowledged.</summary>
    RegionLost,

    /// <summary>A region is there that nobody created, or under another name.</summary>
    RegionInvented,

    /// <summary>An acknowledged clear has come undone.</summary>
    ClearUndone,

    /// <summary>A region was cleared, and nobody wanted it.</summary>
    ClearInvented,

    /// <summary>A freed region is there again, or has taken an entry.</summary>
    FreeUndone,

    /// <summary>The stream cannot be opened, reports damage, or a check finds some.</summary>
    Unsound,

    /// <summary>The writer failed, or ended by itself.</summary>
    WriterFailed,

    /// <summary>The log contradicts itself.</summary>
    BadLog,
}

/// <summary>The stream is not what the log of its writers allows.</summary>
internal sealed class ViolationException(ViolationKind kind, string message) : Exception($"{kind}: {message}")
{
    /// <summary>What is wrong.</summary>
    public ViolationKind Kind { get; } = kind;
}
