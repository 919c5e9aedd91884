using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Enumerating and reading.</content>
public sealed partial class RollingLog
{
    /// <summary>All entries, in the order of the log.</summary>
    public RollingLogSequence Entries => new(_ring, pms_cursor_start.PMS_CURSOR_FIRST, default, verified: true);

    /// <summary>The position of the first visible entry; null when there is none.</summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryPosition? FirstPosition
    {
        get
        {
            foreach (StreamEntry entry in Entries.Unverified())
            {
                return entry.Position;
            }

            return null;
        }
    }

    /// <summary>
    /// The position of the last visible entry; null when there is none. Looks for it in its segment, which takes time in a
    /// large one: who appends knows it from <see cref="Append"/>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryPosition? LastPosition => _ring.LastPosition();

    /// <summary>Begins an enumeration of all entries: <c>foreach (var entry in log)</c>.</summary>
    /// <returns>The enumerator, to be disposed; <c>foreach</c> does that.</returns>
    /// <exception cref="StreamCorruptException">A segment cannot be read at all.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public RollingLogEnumerator GetEnumerator() => Entries.GetEnumerator();

    /// <inheritdoc cref="StreamRegion.EntriesAfter"/>
    public RollingLogSequence EntriesAfter(EntryPosition at) => at.IsDefault
        ? Entries
        : new RollingLogSequence(_ring, pms_cursor_start.PMS_CURSOR_AFTER, at, verified: true);

    /// <inheritdoc cref="StreamRegion.EntriesFrom"/>
    public RollingLogSequence EntriesFrom(EntryPosition at) => at.IsDefault
        ? Entries
        : new RollingLogSequence(_ring, pms_cursor_start.PMS_CURSOR_AT, at, verified: true);

    /// <inheritdoc cref="StreamRegion.TryCopy"/>
    public bool TryCopy(EntryPosition at, Span<byte> destination, out int length) =>
        _ring.RegionOf(at).TryCopy(at, destination, out length);

    /// <inheritdoc cref="StreamRegion.ReadToArray"/>
    public byte[] ReadToArray(EntryPosition at) => _ring.RegionOf(at).ReadToArray(at);

    /// <inheritdoc cref="StreamRegion.Lease"/>
    public EntryLease Lease(EntryPosition at) => _ring.RegionOf(at).Lease(at);
}
