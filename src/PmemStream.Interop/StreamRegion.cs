using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>One region of a stream: an append-only log of entries.</summary>
/// <remarks>
/// <para>
/// Entries are <em>committed</em> (visible to enumerations) and <em>persisted</em> (durable as far as the medium does it) in
/// the order in which they took their space. An open reservation delays what is visible behind it, never what is durable.
/// </para>
/// <para>
/// Thread-safe: every member may be called from any thread at any time. The object stands for one region until that is
/// freed; from then on it throws <see cref="StaleRegionException"/>, even when another region takes the place or the name.
/// It needs no disposing, and keeps its stream from being finalized.
/// </para>
/// </remarks>
public sealed unsafe partial class StreamRegion
{
    // Released by its finalizer alone; each call keeps `this` alive until the core is back (see NativeHandle). `_stream` is
    // there so that the stream is not finalized, which would close it, while somebody can still reach the region.
    private readonly RegionHandle _handle;
    private readonly PersistentStream _stream;

    private StreamRegion(PersistentStream stream, RegionHandle handle, RegionInfo info)
    {
        _stream = stream;
        _handle = handle;
        Name = info.Name;
        Offset = info.Offset;
        EntryAlignment = info.EntryAlignment;
    }

    /// <summary>Its name; empty when it has none.</summary>
    public string Name { get; }

    /// <summary>Where it begins in the stream, in bytes.</summary>
    public long Offset { get; }

    /// <summary>Entries begin at multiples of it, in bytes, counted from the start of the region's data.</summary>
    public int EntryAlignment { get; }

    /// <summary>Facts about the region as they are now.</summary>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public RegionInfo Info
    {
        get
        {
            Exception? failure = TryDescribe(_stream, _handle, Subject, out RegionInfo? info);
            GC.KeepAlive(this);
            return failure is null ? info! : throw failure;
        }
    }

    /// <summary>Where the visible entries end in the stream, in bytes. Never blocks; grows until the region is cleared.</summary>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public long CommittedOffset
    {
        get
        {
            ulong offset = NativeMethods.pms_region_committed(Pointer);
            GC.KeepAlive(this);
            return offset != 0 ? (long)offset : Info.CommittedOffset;
        }
    }

    /// <summary>Where the durable entries end in the stream, in bytes. Never blocks; grows until the region is cleared.</summary>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public long PersistedOffset
    {
        get
        {
            ulong offset = NativeMethods.pms_region_persisted(Pointer);
            GC.KeepAlive(this);
            return offset != 0 ? (long)offset : Info.PersistedOffset;
        }
    }

    /// <summary>What the texts of failures are about.</summary>
    internal Subject Subject => new(_stream.Path, Name, SubjectKind.Region);

    /// <summary>The stream it is a part of.</summary>
    internal PersistentStream Stream => _stream;

    /// <summary>For one call; the caller keeps this object alive until that is back.</summary>
    private pms_region* Pointer =>
        _handle.Pointer is var pointer and not 0 ? (pms_region*)pointer : throw Errors.Disposed(_stream.Path);

    /// <summary>
    /// Removes all entries, in constant time. Positions of removed entries are refused from now on. Durable on return.
    /// </summary>
    /// <exception cref="RegionBusyException">
    /// A reservation, an enumerator, a lease or an append is open on it, or another thread goes through it (a check).
    /// </exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="StreamCorruptException">The region is damaged.</exception>
    /// <exception cref="StreamStorageException">Writing failed, now or earlier.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public void Clear()
    {
        pms_error error;
        int status = NativeMethods.pms_region_clear(Pointer, &error);
        _stream.Waits.Tell();
        GC.KeepAlive(this);
        ThrowIfFailed(status, &error);
    }

    /// <summary>
    /// Gives the space of the region back to the stream. Every object for it, this one too, is stale from now on. Durable on
    /// return.
    /// </summary>
    /// <exception cref="RegionBusyException">
    /// A reservation, an enumerator, a lease or an append is open on it, or another thread goes through it (a check).
    /// </exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="StaleRegionException">The region was freed before.</exception>
    /// <exception cref="StreamCorruptException">The layout of the stream is damaged.</exception>
    /// <exception cref="StreamStorageException">Writing failed, now or earlier.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public void Free()
    {
        pms_error error;
        int status = NativeMethods.pms_region_free(Pointer, &error);
        _stream.Waits.Tell();
        GC.KeepAlive(this);
        ThrowIfFailed(status, &error);
    }

    /// <summary>The name, and where it is.</summary>
    /// <returns>One line for people.</returns>
    public override string ToString() => $"region '{Name}' at {Offset} of {_stream.Path}";

    /// <summary>Makes the object for a handle; the reason if the region cannot be described.</summary>
    internal static Exception? TryWrap(PersistentStream stream, RegionHandle handle, out StreamRegion? region)
    {
        var subject = new Subject(stream.Path, null, SubjectKind.Region);
        Exception? failure = TryDescribe(stream, handle, subject, out RegionInfo? info);
        region = failure is null ? new StreamRegion(stream, handle, info!) : null;
        return failure;
    }

    private static Exception? TryDescribe(
        PersistentStream stream, RegionHandle handle, in Subject subject, out RegionInfo? info)
    {
        pms_error error;
        pms_region_info native = default;
        native.struct_bytes = (uint)sizeof(pms_region_info);
        nint pointer = handle.Pointer;
        int status = pointer == 0
            ? (int)pms_status.PMS_E_CLOSED
            : NativeMethods.pms_region_describe((pms_region*)pointer, &native, &error);
        GC.KeepAlive(handle);
        GC.KeepAlive(stream);
        info = status == 0 ? RegionInfo.From(native) : null;
        return status == 0 ? null : Failures.From(status, pointer == 0 ? null : &error, subject);
    }

    // The core would print a negative offset as the huge one that it was given.
    private void ThrowIfFailed(int status, pms_error* error, EntryPosition at)
    {
        if (status == (int)pms_status.PMS_E_NO_ENTRY && at.Offset < 0)
        {
            throw Failures.NoEntry(at, "an offset is not negative", Subject);
        }

        ThrowIfFailed(status, error);
    }

    private void ThrowIfFailed(int status, pms_error* error)
    {
        if (status != 0)
        {
            throw Failures.From(status, error, Subject);
        }
    }
}
