using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>One region in a merged enumeration: its cursor, and the entry that comes next in it.</summary>
internal sealed unsafe class MergedSource : IDisposable
{
    private readonly StreamRegion _region;
    private readonly CursorHandle _cursor;
    private void* _data;
    private int _length;
    private EntryPosition _position;

    private MergedSource(StreamRegion region, CursorHandle cursor)
    {
        _region = region;
        _cursor = cursor;
    }

    /// <summary>The entry that the last <see cref="MoveNext"/> has found.</summary>
    public MergedEntry Current => new(_region, new StreamEntry(_region, new ReadOnlySpan<byte>(_data, _length), _position));

    /// <summary>Opens the region; null if it was freed since it was listed.</summary>
    public static MergedSource? TryOpen(StreamRegion region, ulong from, bool verified)
    {
        pms_cursor_start start =
            from == 0 ? pms_cursor_start.PMS_CURSOR_FIRST : pms_cursor_start.PMS_CURSOR_FROM_TIMESTAMP;
        try
        {
            return new MergedSource(region, region.OpenCursor(start, new EntryPosition(0, from), verified));
        }
        catch (StaleRegionException)
        {
            return null;
        }
    }

    /// <summary>Is its entry earlier? In a stream that was not tampered with no two are equal.</summary>
    public bool IsBefore(MergedSource other) => _position.CompareTo(other._position) < 0;

    /// <summary>Moves to the next entry; false if there is none with a timestamp up to <paramref name="last"/>.</summary>
    public bool MoveNext(ulong last)
    {
        pms_error error;
        pms_entry entry;
        int status = NativeMethods.pms_cursor_next((pms_cursor*)_cursor.Pointer, &entry, &error);
        GC.KeepAlive(_cursor);
        GC.KeepAlive(_region);
        if (status == (int)pms_status.PMS_E_END)
        {
            return false;
        }

        if (status != 0)
        {
            throw Failures.From(status, &error, _region.Subject);
        }

        _data = entry.data;
        _length = checked((int)entry.bytes);
        _position = new EntryPosition((long)entry.position.offset, entry.position.timestamp);
        return entry.position.timestamp <= last;
    }

    /// <summary>Closes the cursor.</summary>
    public void Dispose() => _cursor.Dispose();
}
