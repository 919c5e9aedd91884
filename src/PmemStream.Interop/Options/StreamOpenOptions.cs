using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>How a stream is opened. Values are checked when they are used.</summary>
public sealed class StreamOpenOptions
{
    /// <summary>What the medium must be: opening fails rather than fall back. Default: any.</summary>
    public MediumRequirement RequiredMedium { get; init; }

    /// <inheritdoc cref="PersistentStreamOptions.EntryAlignment"/>
    public int EntryAlignment { get; init; }

    /// <summary>
    /// How long to wait for another writer to close the stream: zero (the default) up to 49 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Reading alone never waits.
    /// </summary>
    public TimeSpan WaitForWriter { get; init; }

    /// <summary>
    /// Opens a stream with damaged entries for writing all the same: each damaged region is cut off at its first damaged
    /// entry, and the entries behind that are lost. Without it such a stream can only be read. What was done is in
    /// <see cref="PersistentStream.Recovery"/>.
    /// </summary>
    public bool Salvage { get; init; }

    /// <inheritdoc cref="PersistentStreamOptions.FlushPolicy"/>
    public FlushPolicy FlushPolicy { get; init; }

    /// <inheritdoc cref="PersistentStreamOptions.GroupCommit"/>
    public GroupCommitOptions GroupCommit { get; init; } = new();

    /// <summary>The options for the core, after all checks.</summary>
    internal unsafe pms_open_options ToNative(bool readOnly, string parameterName)
    {
        Errors.CheckDefined(RequiredMedium, parameterName);
        Errors.CheckDefined(FlushPolicy, parameterName);
        Errors.CheckGroupCommit(GroupCommit, parameterName);
        Errors.CheckEntryAlignment(EntryAlignment, parameterName);
        uint waitMilliseconds = Errors.WaitMilliseconds(WaitForWriter, parameterName);
        if (readOnly && Salvage)
        {
            throw Errors.SalvageReadOnly(parameterName);
        }

        pms_open_flags flags = (readOnly ? pms_open_flags.PMS_OPEN_READ_ONLY : pms_open_flags.PMS_OPEN_DEFAULT)
            | (Salvage ? pms_open_flags.PMS_OPEN_SALVAGE : pms_open_flags.PMS_OPEN_DEFAULT);
        return new pms_open_options
        {
            struct_bytes = (uint)sizeof(pms_open_options),
            flags = (uint)flags,
            medium_requirement = (uint)RequiredMedium,
            flush_policy = (uint)FlushPolicy,
            wait_milliseconds = waitMilliseconds,
        };
    }
}
