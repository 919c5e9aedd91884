using System.Diagnostics.CodeAnalysis;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Watching.</content>
public sealed unsafe partial class PersistentStream
{
    /// <summary>
    /// The name of the <c>System.Diagnostics.Metrics.Meter</c> and of the <c>System.Diagnostics.ActivitySource</c> by which
    /// the streams of this process can be watched.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Instruments, each with the tag <c>pmemstream.path</c> but the histograms: <c>pmemstream.appends</c> (entries and
    /// reservations), <c>pmemstream.appended</c> (bytes of them, as stored), <c>pmemstream.persists</c>,
    /// <c>pmemstream.syncs</c> (of the page cache), <c>pmemstream.free</c> (bytes that no region has),
    /// <c>pmemstream.recoveries</c> (openings that found a stream not closed by its last writer), and of the group commit
    /// <c>pmemstream.commit.callers</c> (who shared a flush) and <c>pmemstream.append.wait</c> (seconds). Activities:
    /// <c>pmemstream.open</c>, with <c>pmemstream.recover</c> in it, and <c>pmemstream.persist</c>.
    /// </para>
    /// <para>
    /// Most are read from counters of the core when a listener asks. While nobody listens nothing is allocated, and an append
    /// does not look whether somebody does.
    /// </para>
    /// </remarks>
    public const string DiagnosticName = "PmemStream";

    /// <summary>Who has the stream open for reading only, in this process and in others. For people who watch it.</summary>
    /// <remarks>
    /// Readers come and go meanwhile; one that was killed is not listed. Up to 64 are known: those that have a place in the
    /// coordination file beside the stream, which a writer makes, and which they may write to.
    /// </remarks>
    /// <param name="readers">Them, in no order; null if they are not known.</param>
    /// <returns>
    /// False: they are not known, because there is no coordination file, or because this process may not write it.
    /// </returns>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public bool TryGetReaders([NotNullWhen(true)] out IReadOnlyList<ReaderInfo>? readers)
    {
        var found = new List<ReaderInfo>();
        uint index = 0;
        while (true)
        {
            pms_error error;
            pms_reader_info info = default;
            info.struct_bytes = (uint)sizeof(pms_reader_info);
            int status = NativeMethods.pms_stream_next_reader(Pointer, &index, &info, &error);
            GC.KeepAlive(this);
            if (status is (int)pms_status.PMS_E_END or (int)pms_status.PMS_E_NOT_SUPPORTED)
            {
                readers = status == (int)pms_status.PMS_E_END ? found : null;
                return readers is not null;
            }

            ThrowIfFailed(status, &error);
            found.Add(ReaderInfo.From(info));
        }
    }

    /// <summary>Whether it is open for writing.</summary>
    internal bool IsWriter { get; }

    /// <summary>What this object has done; false: it was disposed.</summary>
    internal bool TryCount(out pms_counters counters)
    {
        pms_counters found = default;
        found.struct_bytes = (uint)sizeof(pms_counters);
        nint pointer = _handle.Pointer;
        int status = pointer == 0
            ? (int)pms_status.PMS_E_CLOSED
            : NativeMethods.pms_stream_counters((pms_stream*)pointer, &found, null);
        GC.KeepAlive(this);
        counters = found;
        return status == 0;
    }

    /// <summary>Bytes that no region has; null: it was disposed.</summary>
    internal long? TryGetFreeBytes()
    {
        pms_stream_info info = default;
        info.struct_bytes = (uint)sizeof(pms_stream_info);
        nint pointer = _handle.Pointer;
        int status = pointer == 0
            ? (int)pms_status.PMS_E_CLOSED
            : NativeMethods.pms_stream_describe((pms_stream*)pointer, &info, null);
        GC.KeepAlive(this);
        return status == 0 ? (long)info.free_bytes : null;
    }

    // For whoever watches: it is open.
    private void Announce(System.Diagnostics.Activity? opening)
    {
        StreamMetrics.Add(this);
        if (IsWriter && Recovery is { IsClean: false } recovery)
        {
            StreamMetrics.Recovered(Path);
            StreamActivities.Recovered(opening, recovery);
        }
    }
}
