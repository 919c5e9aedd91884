using PmemStream.Interop.Native;
using PmemStream.Interop.Waiting;

namespace PmemStream.Interop;

/// <summary>
/// A crash-safe, append-only stream on persistent memory, or in an ordinary file: a file or device that is divided into
/// regions, each a log of entries.
/// </summary>
/// <remarks>
/// <para>
/// One writer has a stream open at a time, in one process; any number of readers may have it open meanwhile. The lock dies
/// with its process.
/// </para>
/// <para>
/// Thread-safe: every member may be called from any thread at any time, <see cref="Dispose"/> too. After it every call that
/// needs the stream, on this object and on what it returned, throws <see cref="ObjectDisposedException"/>. What does not
/// need it still works: <see cref="Path"/>; a region's name, offset and entry alignment, and making a sequence of entries of
/// it; length and position of a reservation, limits and count of a group, abandoning and disposing either; the entry that
/// an enumerator is at, and disposing the enumerator; a lease and its memory.
/// </para>
/// <para>
/// What "durable" means depends on the medium (<see cref="StreamInfo.Medium"/>): on <see cref="MediumKind.Volatile"/>
/// nothing survives a power cut. Two things end the process (SIGBUS, on Windows an access violation) and cannot be caught:
/// truncating the file while it is open, and errors of the medium on persistent memory.
/// </para>
/// </remarks>
public sealed unsafe partial class PersistentStream : IDisposable
{
    // Why Dispose may run at any time is said at NativeHandle: it closes, and only the finalizer of the handle frees. Every
    // object that this one returns refers to it, so it is not finalized under them.
    private readonly StreamHandle _handle;
    private readonly int _entryAlignment;
    private readonly SegmentRings _rings = new();
    private readonly GroupCommit? _commits;
    private readonly EntryWaits _waits;
    private volatile bool _disposed;
    private int _closers;

    private PersistentStream(
        StreamHandle handle, string path, int entryAlignment, bool readOnly, GroupCommitOptions options)
    {
        _handle = handle;
        _entryAlignment = entryAlignment;
        Path = path;
        IsWriter = !readOnly;
        _commits = readOnly || Info.Medium != MediumKind.PageCache ? null : new GroupCommit(options, new CommitFlush());
        _waits = new EntryWaits(this, readOnly);
    }

    /// <summary>Version of the native core, such as "0.1.0".</summary>
    /// <exception cref="DllNotFoundException">The native library was not found; the text names the places.</exception>
    /// <exception cref="NotSupportedException">The native library does not fit this assembly.</exception>
    public static string CoreVersion
    {
        get
        {
            NativeLibraryResolver.EnsureUsable();
            return NativeText.Decode(NativeMethods.pms_version_text());
        }
    }

    /// <summary>The full path of the stream.</summary>
    public string Path { get; }

    /// <summary>Facts about the stream as they are now.</summary>
    /// <exception cref="StreamStorageException">
    /// It is open for reading only, and a writer has made it larger than there are addresses for here: open it again (see
    /// <see cref="Grow"/>).
    /// </exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public StreamInfo Info
    {
        get
        {
            pms_error error;
            pms_stream_info info = default;
            info.struct_bytes = (uint)sizeof(pms_stream_info);
            int status = NativeMethods.pms_stream_describe(Pointer, &info, &error);
            GC.KeepAlive(this);
            ThrowIfFailed(status, &error);
            return StreamInfo.From(info);
        }
    }

    /// <summary>What opening the stream found and did.</summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public RecoveryInfo Recovery
    {
        get
        {
            pms_error error;
            pms_recovery_info recovery = default;
            recovery.struct_bytes = (uint)sizeof(pms_recovery_info);
            int status = NativeMethods.pms_stream_recovery(Pointer, &recovery, &error);
            GC.KeepAlive(this);
            ThrowIfFailed(status, &error);
            return RecoveryInfo.From(recovery);
        }
    }

    /// <summary>The regions that there are now, in address order. Each call looks again.</summary>
    /// <exception cref="StreamStorageException">As <see cref="Info"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public IReadOnlyList<StreamRegion> Regions
    {
        get
        {
            var regions = new List<StreamRegion>();
            for (ulong from = 0; NextRegion(from) is { } region; from = (ulong)region.Offset + 1)
            {
                regions.Add(region);
            }

            return regions;
        }
    }

    /// <summary>True after <see cref="Dispose"/>.</summary>
    internal bool IsDisposed => _disposed;

    /// <summary>The rolling logs that were opened on it.</summary>
    internal SegmentRings Rings => _rings;

    /// <summary>Alignment of the entries of regions that do not ask for one.</summary>
    internal int DefaultEntryAlignment =>
        _entryAlignment == 0 ? NativeMethods.PMS_ENTRY_ALIGNMENT_DEFAULT : _entryAlignment;

    private pms_stream* Pointer =>
        _handle.Pointer is var pointer and not 0 ? (pms_stream*)pointer : throw Errors.Disposed(Path);

    private Subject Subject => new(Path, null, SubjectKind.Stream);

    /// <summary>
    /// Walks the whole stream, verifies everything, and collects every problem. Writes nothing, repairs nothing, reads the
    /// whole log. Others may append meanwhile.
    /// </summary>
    /// <returns>What was found.</returns>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public StreamCheck Check()
    {
        pms_error error;
        pms_check* check;
        using var handle = new CheckHandle();
        int status = NativeMethods.pms_check_run(Pointer, &check, &error);
        GC.KeepAlive(this);
        ThrowIfFailed(status, &error);
        handle.Own((nint)check);
        return StreamCheck.From(handle, Subject);
    }

    private StreamRegion? NextRegion(ulong from)
    {
        while (true)
        {
            pms_error error;
            pms_region* region;
            var handle = new RegionHandle();
            int status = NativeMethods.pms_region_next(Pointer, from, &region, &error);
            GC.KeepAlive(this);
            if (status == (int)pms_status.PMS_E_END)
            {
                return null;
            }

            Exception? failure = Wrap(status, region, &error, handle, null, null, out StreamRegion? next);
            if (failure is null)
            {
                return next;
            }

            // Freed as we looked: it will not be met again.
            if (StatusOf(failure) != StreamStatus.Stale)
            {
                throw failure;
            }
        }
    }

    private void ThrowIfFailed(int status, pms_error* error)
    {
        if (status != 0)
        {
            throw Failures.From(status, error, Subject);
        }
    }
}
