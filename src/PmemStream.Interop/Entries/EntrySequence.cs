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

    internal EntrySequence(StreamRegion region, pms_cursor_start start, EntryPosition position, bool verified)
    {
        _region = region;
        _start = start;
        _position = position;
        _verified = verified;
    }

    /// <summary>
    /// The same entries without hashing their data. Faster for large entries; damaged bytes are returned as they are. Sizes,
    /// order and bounds are still checked, so that no enumeration leaves the region.
    /// </summary>
    /// <returns>The sequence.</returns>
    /// <exception cref="InvalidOperationException">This is the default value, which belongs to no region.</exception>
    public EntrySequence Unverified() =>
        new(_region ?? throw Errors.EmptySequence(), _start, _position, verified: false);

    /// <summary>Begins an enumeration. While it is open the region can be neither cleared nor freed by this process.</summary>
    /// <returns>The enumerator, to be disposed; <c>foreach</c> does that.</returns>
    /// <exception cref="EntryNotFoundException">
    /// The position names no visible entry of this region, or is of an earlier life of it.
    /// </exception>
    /// <exception cref="InvalidOperationException">This is the default value, which belongs to no region.</exception>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="StreamCorruptException">The region cannot be read at all.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryEnumerator GetEnumerator()
    {
        StreamRegion region = _region ?? throw Errors.EmptySequence();
        return new EntryEnumerator(region, region.OpenCursor(_start, _position, _verified));
    }
}
