using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>One region in a merged enumeration: its cursor, and the entry that comes next in it.</summary>
internal sealed unsafe class MergedSource : IDisposable
{
    private readonly StreamRegion _region;
    private readonly CursorHandle _cursor;
    private EntryPlace _at;

    private MergedSource(StreamRegion region, CursorHandle cursor)
    {
        _region = region;
        _cursor = cursor;
    }

    /// <summary>The entry that the last <see cref="MoveNext"/> has found.</summary>
    public MergedEntry Current => new(_region, new StreamEntry(_region, _at.Data, _at.Position));

    /// <summary>Opens the region; null if it was freed since it was listed.</summary>
    public static MergedSource? TryOpen(StreamRegion region, ulong from, bool verified, bool pinned)
    {
        pms_cursor_start start =
            from == 0 ? pms_cursor_start.PMS_CURSOR_FIRST : pms_cursor_start.PMS_CURSOR_FROM_TIMESTAMP;
        try
        {
            return new MergedSource(region, region.OpenCursor(start, new EntryPosition(0, from), verified, pinned));
        }
        catch (StaleRegionException)
        {
            return null;
        }
    }

    /// <summary>Is its entry earlier? In a stream that was not tampered with no two are equal.</summary>
    public bool IsBefore(MergedSource other) => _at.Position.CompareTo(other._at.Position) < 0;

    /// <summary>Moves to the next entry; false if there is none with a timestamp up to <paramref name="last"/>.</summary>
    public bool MoveNext(ulong last) => _cursor.MoveNext(_region, out _at) && _at.Position.Timestamp <= last;

    /// <summary>Closes the cursor.</summary>
    public void Dispose() => _cursor.Dispose();
}
