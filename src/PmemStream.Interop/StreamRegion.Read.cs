using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Enumerating and reading.</content>
public sealed unsafe partial class StreamRegion
{
    private const int SmallBytes = 512;

    /// <summary>All entries, in the order of the log.</summary>
    public EntrySequence Entries => new(this, pms_cursor_start.PMS_CURSOR_FIRST, default, verified: true);

    /// <summary>Begins an enumeration of all entries: <c>foreach (var entry in region)</c>.</summary>
    /// <returns>The enumerator, to be disposed; <c>foreach</c> does that.</returns>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="StreamCorruptException">The region cannot be read at all.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryEnumerator GetEnumerator() => Entries.GetEnumerator();

    /// <summary>
    /// The entries behind a position, to resume a consumer that has stored how far it came. The sequence may be enumerated
    /// at any time; it is then that the position is looked at.
    /// </summary>
    /// <param name="at">The position of an entry; the default value: before the first.</param>
    /// <returns>The sequence. Enumerating it throws <see cref="EntryNotFoundException"/> for a stale position.</returns>
    public EntrySequence EntriesAfter(EntryPosition at) => at.IsDefault
        ? Entries
        : new EntrySequence(this, pms_cursor_start.PMS_CURSOR_AFTER, at, verified: true);

    /// <summary>The entry at a position, and those behind it.</summary>
    /// <param name="at">The position of an entry; the default value: before the first.</param>
    /// <returns>The sequence. Enumerating it throws <see cref="EntryNotFoundException"/> for a stale position.</returns>
    public EntrySequence EntriesFrom(EntryPosition at) => at.IsDefault
        ? Entries
        : new EntrySequence(this, pms_cursor_start.PMS_CURSOR_AT, at, verified: true);

    /// <summary>
    /// The entries whose timestamp is at or above the given one. Begins to look near it where enumerations of this stream have
    /// come past before, else at the first entry.
    /// </summary>
    /// <param name="timestamp">A timestamp of the stream's logical clock; not a time of day.</param>
    /// <returns>The sequence.</returns>
    public EntrySequence EntriesFromTimestamp(ulong timestamp) => new(
        this,
        pms_cursor_start.PMS_CURSOR_FROM_TIMESTAMP,
        new EntryPosition(0, timestamp),
        verified: true);

    /// <summary>Copies one entry into a buffer, and verifies the copy.</summary>
    /// <param name="at">The position of the entry.</param>
    /// <param name="destination">The buffer. Holds unspecified bytes after a failure.</param>
    /// <param name="length">Size of the entry in bytes, also when it does not fit.</param>
    /// <returns>False if the buffer is too small: nothing was copied.</returns>
    /// <exception cref="EntryNotFoundException">
    /// The position names no visible entry of this region, or is of an earlier life of it.
    /// </exception>
    /// <exception cref="StreamCorruptException">The entry is damaged.</exception>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public bool TryCopy(EntryPosition at, Span<byte> destination, out int length)
    {
        pms_error error;
        pms_position position = ToNative(at);
        ulong bytes = 0;
        int status;
        fixed (byte* buffer = destination)
        {
            status = NativeMethods.pms_region_read(
                Pointer, &position, buffer, (ulong)destination.Length, 0, &bytes, &error);
        }

        GC.KeepAlive(this);
        length = checked((int)bytes);
        if (status == (int)pms_status.PMS_E_TOO_SMALL)
        {
            return false;
        }

        ThrowIfFailed(status, &error, at);
        return true;
    }

    /// <summary>Copies one entry into a new array, and verifies the copy.</summary>
    /// <param name="at">The position of the entry.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="EntryNotFoundException">
    /// The position names no visible entry of this region, or is of an earlier life of it.
    /// </exception>
    /// <exception cref="StreamCorruptException">The entry is damaged.</exception>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public byte[] ReadToArray(EntryPosition at)
    {
        Span<byte> small = stackalloc byte[SmallBytes];
        if (TryCopy(at, small, out int length))
        {
            return small[..length].ToArray();
        }

        byte[] data = GC.AllocateUninitializedArray<byte>(length);
        while (!TryCopy(at, data, out length))
        {
            // Cleared and written anew in between, by a writer in another process.
            data = GC.AllocateUninitializedArray<byte>(length);
        }

        return data.Length == length ? data : data[..length];
    }

    /// <summary>Keeps one entry, in place, until the lease is disposed. It is verified now.</summary>
    /// <param name="at">The position of the entry.</param>
    /// <param name="pinned">
    /// Whether it is kept from a writer in another process, too, as by <see cref="EntrySequence.Pinned"/>; else that may clear
    /// the region, and the memory then holds other bytes.
    /// </param>
    /// <returns>The lease; the caller disposes it. Until then the region can be neither cleared nor freed.</returns>
    /// <exception cref="EntryNotFoundException">
    /// The position names no visible entry of this region, or is of an earlier life of it.
    /// </exception>
    /// <exception cref="StreamCorruptException">The entry is damaged.</exception>
    /// <exception cref="StaleRegionException">The region was freed.</exception>
    /// <exception cref="StreamStorageException">It cannot be pinned: see <see cref="EntrySequence.Pinned"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryLease Lease(EntryPosition at, bool pinned = false)
    {
        // Verified when the cursor finds it: it need not be hashed again.
        var entry = new EntryEnumerator(
            this, OpenCursor(pms_cursor_start.PMS_CURSOR_AT, at, verified: false, pinned));
        try
        {
            return entry.MoveNext() ? entry.IntoLease() : throw Failures.NoEntry(at, "it was cleared meanwhile", Subject);
        }
        catch
        {
            entry.Dispose();
            throw;
        }
    }

    /// <summary>Opens a cursor.</summary>
    internal CursorHandle OpenCursor(
        pms_cursor_start start, EntryPosition position, bool verified, bool pinned = false)
    {
        pms_error error;
        pms_cursor* cursor;
        var options = new pms_cursor_options
        {
            struct_bytes = (uint)sizeof(pms_cursor_options),
            flags = (uint)((verified ? pms_read_flags.PMS_READ_VERIFIED : pms_read_flags.PMS_READ_UNVERIFIED)
                | (pinned ? pms_read_flags.PMS_READ_PINNED : pms_read_flags.PMS_READ_VERIFIED)),
            start = (uint)start,
            position = ToNative(position),
        };
        var handle = new CursorHandle();
        int status = NativeMethods.pms_cursor_open(Pointer, &options, &cursor, &error);
        GC.KeepAlive(this);
        ThrowIfFailed(status, &error, position);
        handle.Own((nint)cursor);
        return handle;
    }
}
