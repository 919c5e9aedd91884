using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>
/// Entries of a rolling log from some place on. Each enumeration looks anew, and shows what is committed when it comes by.
/// Immutable: may be used from any thread and enumerated at the same time.
/// </summary>
public readonly struct RollingLogSequence
{
    private readonly SegmentRing? _ring;
    private readonly pms_cursor_start _start;
    private readonly EntryPosition _position;
    private readonly bool _verified;

    internal RollingLogSequence(SegmentRing ring, pms_cursor_start start, EntryPosition position, bool verified)
    {
        _ring = ring;
        _start = start;
        _position = position;
        _verified = verified;
    }

    /// <inheritdoc cref="EntrySequence.Unverified"/>
    public RollingLogSequence Unverified() =>
        new(_ring ?? throw Errors.EmptySequence(), _start, _position, verified: false);

    /// <summary>
    /// Begins an enumeration. The segment that it stands in can be neither dropped nor truncated; it goes on to the next
    /// one by itself.
    /// </summary>
    /// <returns>The enumerator, to be disposed; <c>foreach</c> does that.</returns>
    /// <exception cref="EntryNotFoundException">The position names no visible entry, or one that was removed.</exception>
    /// <exception cref="InvalidOperationException">This is the default value, which belongs to no log.</exception>
    /// <exception cref="StreamCorruptException">A segment cannot be read at all.</exception>
    /// <exception cref="StaleRegionException">A writer in another process removes entries as they are looked at.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public RollingLogEnumerator GetEnumerator()
    {
        SegmentRing ring = _ring ?? throw Errors.EmptySequence();
        return new RollingLogEnumerator(new RollingLogCursor(ring, _start, _position, _verified));
    }
}
