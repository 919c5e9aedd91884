using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>
/// Entries of a region from some place on. Each enumeration looks anew, and shows what is committed when it comes by.
/// Immutable: may be used from any thread and enumerated at the same time.
/// </summary>
public readonly struct EntrySequence
{
    private readonly StreamRegion? _region;
    private readonly pms_cursor_start _start;
    private readonly EntryPosition _position;
    private readonly bool _verified;
    private readonly bool _pinned;

    internal EntrySequence(
        StreamRegion region, pms_cursor_start start, EntryPosition position, bool verified, bool pinned = false)
    {
        _region = region;
        _start = start;
        _position = position;
        _verified = verified;
        _pinned = pinned;
    }

    /// <summary>
    /// The same entries without hashing their data. Faster for large entries; damaged bytes are returned as they are. Sizes,
    /// order and bounds are still checked, so that no enumeration leaves the region.
    /// </summary>
    /// <returns>The sequence.</returns>
    /// <exception cref="InvalidOperationException">This is the default value, which belongs to no region.</exception>
    public EntrySequence Unverified() =>
        new(_region ?? throw Errors.EmptySequence(), _start, _position, verified: false, _pinned);

    /// <summary>
    /// The same entries, for reading in place beside a writer in another process. While an enumeration is open that one can
    /// neither clear nor free the region either: it gets <see cref="RegionBusyException"/>, which names this process. So what
    /// the entries point at stays, and no entry has to be copied. (A stream that is open for writing needs no pin.)
    /// </summary>
    /// <remarks>
    /// The pin ends when the enumerator is disposed, or found by the garbage collector, and with the process however that
    /// dies. It lies in the coordination file: up to 64 streams that are open for reading can pin, up to 60 regions each.
    /// </remarks>
    /// <returns>
    /// The sequence. Enumerating it throws <see cref="StreamStorageException"/> with <see cref="StreamStatus.NotSupported"/>
    /// where there is no coordination file that could be written, or no place in it, and <see cref="RegionBusyException"/>
    /// when the writer does not come to an end with clearing the region.
    /// </returns>
    /// <exception cref="InvalidOperationException">This is the default value, which belongs to no region.</exception>
    public EntrySequence Pinned() =>
        new(_region ?? throw Errors.EmptySequence(), _start, _position, _verified, pinned: true);

    /// <summary>
    /// Begins an enumeration. While it is open the region can be neither cleared nor freed by this process, and by no process
    /// when the sequence is <see cref="Pinned"/>.
    /// </summary>
    /// <returns>The enumerator, to be disposed; <c>foreach</c> does that.</returns>
    /// <exception cref="EntryNotFoundException">
    /// The position names no visible entry of this region, or is of an earlier life of it.
    /// </exception>
    /// <exception cref="InvalidOperationException">This is the default value, which belongs to no region.</exception>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="StreamCorruptException">The region cannot be read at all.</exception>
    /// <exception cref="StreamStorageException">It cannot be pinned: see <see cref="Pinned"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryEnumerator GetEnumerator()
    {
        StreamRegion region = _region ?? throw Errors.EmptySequence();
        return new EntryEnumerator(region, region.OpenCursor(_start, _position, _verified, _pinned));
    }
}
