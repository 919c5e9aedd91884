using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>What a <see cref="PmemStreamException"/> is about. The numbers are those of the core and never change.</summary>
public enum StreamStatus
{
    /// <summary>No failure.</summary>
    None = pms_status.PMS_OK,

    /// <summary>The region was freed or cleared since the object was made.</summary>
    Stale = pms_status.PMS_E_STALE,

    /// <summary>There is no such file, folder or region.</summary>
    NotFound = pms_status.PMS_E_NOT_FOUND,

    /// <summary>The file, or a region of that name, exists.</summary>
    AlreadyExists = pms_status.PMS_E_EXISTS,

    /// <summary>The entry does not fit into what is left of the region.</summary>
    RegionFull = pms_status.PMS_E_REGION_FULL,

    /// <summary>No free extent of the stream is large enough for the region.</summary>
    StreamFull = pms_status.PMS_E_STREAM_FULL,

    /// <summary>A reservation, an enumerator, a lease or an append is open on the region.</summary>
    Busy = pms_status.PMS_E_BUSY,

    /// <summary>The position names no visible entry of the region.</summary>
    NoEntry = pms_status.PMS_E_NO_ENTRY,

    /// <summary>A call of the operating system failed.</summary>
    InputOutput = pms_status.PMS_E_IO,

    /// <summary>The file system or device has no room.</summary>
    NoSpace = pms_status.PMS_E_NO_SPACE,

    /// <summary>The operating system refuses access.</summary>
    AccessDenied = pms_status.PMS_E_PERMISSION,

    /// <summary>Another writer has the stream open.</summary>
    Locked = pms_status.PMS_E_LOCKED,

    /// <summary>Memory or address space ran out.</summary>
    NoMemory = pms_status.PMS_E_NO_MEMORY,

    /// <summary>The medium is not what the options require.</summary>
    WrongMedium = pms_status.PMS_E_MEDIUM,

    /// <summary>Making data durable failed earlier: what that covered may be lost.</summary>
    Poisoned = pms_status.PMS_E_POISONED,

    /// <summary>This platform or type of file cannot do it.</summary>
    NotSupported = pms_status.PMS_E_NOT_SUPPORTED,

    /// <summary>The file is no stream.</summary>
    NotAStream = pms_status.PMS_E_NOT_A_STREAM,

    /// <summary>The stream was written by a newer version of the format.</summary>
    NewerVersion = pms_status.PMS_E_NEWER_VERSION,

    /// <summary>The stream uses a feature that this version does not know.</summary>
    UnknownFeature = pms_status.PMS_E_UNKNOWN_FEATURE,

    /// <summary>The file is shorter than the stream in it.</summary>
    Truncated = pms_status.PMS_E_TRUNCATED,

    /// <summary>Stored data fails its checks.</summary>
    Corrupt = pms_status.PMS_E_CORRUPT,

    /// <summary>The 2^56 timestamps of the stream are used up.</summary>
    Exhausted = pms_status.PMS_E_EXHAUSTED,

    /// <summary>A bug in the core.</summary>
    Internal = pms_status.PMS_E_INTERNAL,
}
