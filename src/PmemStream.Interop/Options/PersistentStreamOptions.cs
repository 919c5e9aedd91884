using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>How a stream is created. Values are checked when they are used.</summary>
public sealed class PersistentStreamOptions
{
    /// <summary>
    /// Size of the stream in bytes, rounded up to whole blocks. All of it is allocated at creation, so that appending never
    /// runs out of disk. At least the header (16 KiB, or a larger block) and one block: 20480 with the default block size.
    /// Not used where an existing stream is opened. Left at 0 only for a device, whose size it then has.
    /// </summary>
    public long Size { get; init; }

    /// <summary>What the medium must be: creating or opening fails rather than fall back. Default: any.</summary>
    public MediumRequirement RequiredMedium { get; init; }

    /// <summary>
    /// Entry alignment in bytes of the regions that this object creates, where a call does not say another: a power of two
    /// from 8 (packed) to 4096. 0, the default, is 64: one cache line, the fastest for small entries. It is a property of
    /// each region; the stream does not store it.
    /// </summary>
    public int EntryAlignment { get; init; }

    /// <summary>
    /// How long to wait for another writer of an existing stream to close it: zero (the default) up to 49 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Creating does not wait.
    /// </summary>
    public TimeSpan WaitForWriter { get; init; }

    /// <summary>
    /// Replaces what is at the path. What was there is lost. Refused while a writer has it open. Only for
    /// <see cref="PersistentStream.Create"/>.
    /// </summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// Block size in bytes, the unit of region sizes: a power of two from 4096 to 2 MiB; 0, the default, is 4096. Ignored
    /// where an existing stream is opened.
    /// </summary>
    public int BlockSize { get; init; }

    /// <summary>How bytes reach the medium. Other than the default is for tests and measurements.</summary>
    public FlushPolicy FlushPolicy { get; init; }

    /// <summary>How asynchronous callers share flushes, on the page cache.</summary>
    public GroupCommitOptions GroupCommit { get; init; } = new();

    /// <summary>The same wishes for opening.</summary>
    internal StreamOpenOptions ForOpening() => new()
    {
        RequiredMedium = RequiredMedium,
        EntryAlignment = EntryAlignment,
        WaitForWriter = WaitForWriter,
        FlushPolicy = FlushPolicy,
        GroupCommit = GroupCommit,
    };

    /// <summary>The options for the core, after all checks.</summary>
    internal unsafe pms_create_options ToNative(string parameterName)
    {
        Errors.CheckDefined(RequiredMedium, parameterName);
        Errors.CheckDefined(FlushPolicy, parameterName);
        Errors.CheckGroupCommit(GroupCommit, parameterName);
        Errors.CheckEntryAlignment(EntryAlignment, parameterName);
        Errors.CheckPowerOfTwo(
            BlockSize,
            NativeMethods.PMS_BLOCK_BYTES_DEFAULT,
            NativeMethods.PMS_BLOCK_BYTES_MAX,
            nameof(BlockSize),
            parameterName);
        Errors.CheckStreamSize(Size, BlockSize, parameterName);
        _ = Errors.WaitMilliseconds(WaitForWriter, parameterName);
        return new pms_create_options
        {
            struct_bytes = (uint)sizeof(pms_create_options),
            flags = (uint)(Overwrite ? pms_create_flags.PMS_CREATE_OVERWRITE : pms_create_flags.PMS_CREATE_DEFAULT),
            stream_bytes = (ulong)Size,
            block_bytes = (uint)BlockSize,
            medium_requirement = (uint)RequiredMedium,
            flush_policy = (uint)FlushPolicy,
        };
    }
}
