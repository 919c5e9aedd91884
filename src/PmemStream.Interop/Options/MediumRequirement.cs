using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>What a caller demands of the medium.</summary>
public enum MediumRequirement
{
    /// <summary>Anything.</summary>
    Any = (int)pms_medium_requirement.PMS_REQUIRE_ANY,

    /// <summary>Anything that survives power loss: not <see cref="MediumKind.Volatile"/>.</summary>
    Durable = (int)pms_medium_requirement.PMS_REQUIRE_DURABLE,

    /// <summary><see cref="MediumKind.PersistentMemory"/> only.</summary>
    PersistentMemory = (int)pms_medium_requirement.PMS_REQUIRE_PERSISTENT_MEMORY,
}

/// <summary>What a stream lies on, and so what "durable" means for it.</summary>
public enum MediumKind
{
    /// <summary>Not known: a newer core than this assembly.</summary>
    Unknown = 0,

    /// <summary>A DAX file system or device-DAX: durable by cache-line flush and fence. Survives power loss.</summary>
    PersistentMemory = (int)pms_medium_kind.PMS_MEDIUM_PERSISTENT_MEMORY,

    /// <summary>
    /// An ordinary file: durable by msync and fdatasync. Survives power loss as far as the device keeps its promises.
    /// </summary>
    PageCache = (int)pms_medium_kind.PMS_MEDIUM_PAGE_CACHE,

    /// <summary>tmpfs and the like: survives the death of the process, not of the machine.</summary>
    Volatile = (int)pms_medium_kind.PMS_MEDIUM_VOLATILE,
}

/// <summary>How bytes reach the medium.</summary>
public enum FlushPolicy
{
    /// <summary>Chosen by processor and medium.</summary>
    Automatic = (int)pms_flush_policy.PMS_FLUSH_AUTO,

    /// <summary>Non-temporal stores and a fence.</summary>
    NonTemporal = (int)pms_flush_policy.PMS_FLUSH_NON_TEMPORAL,

    /// <summary>Ordinary stores, cache-line write-back and a fence; large entries by non-temporal stores.</summary>
    CacheLines = (int)pms_flush_policy.PMS_FLUSH_CACHE_LINES,

    /// <summary>Ordinary stores and a fence: the platform flushes its caches on power loss (eADR).</summary>
    FenceOnly = (int)pms_flush_policy.PMS_FLUSH_FENCE_ONLY,

    /// <summary>msync and fdatasync: the only one for ordinary files.</summary>
    Sync = (int)pms_flush_policy.PMS_FLUSH_SYNC,
}
