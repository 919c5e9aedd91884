using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>A stream that is open for reading only beside a writer, in whatever process, as it was when it was asked.</summary>
public sealed record ReaderInfo
{
    /// <summary>The process, as it knows itself: in a pid namespace of its own that is another number than outside.</summary>
    public long ProcessId { get; init; }

    /// <summary>When it came to its writer, by the wall clock of its machine, in whole seconds; null: not known.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Whether it is the stream that was asked.</summary>
    public bool IsThisStream { get; init; }

    /// <summary>
    /// The <see cref="RegionInfo.Identity"/> of each region that it keeps from being cleared or freed
    /// (<see cref="EntrySequence.Pinned"/>), in no order.
    /// </summary>
    public IReadOnlyList<ulong> PinnedRegions { get; init; } = [];

    internal static ReaderInfo From(in pms_reader_info info)
    {
        const long lastSecond = 253402300799; // of the year 9999: another process may have stored anything
        ulong since = info.since_unix_seconds;
        var pinned = new ulong[Math.Min(info.pin_count, 60)];
        for (int i = 0; i < pinned.Length; i++)
        {
            pinned[i] = info.pins[i];
        }

        return new ReaderInfo
        {
            ProcessId = (long)info.process,
            Since = since is > 0 and <= lastSecond ? DateTimeOffset.FromUnixTimeSeconds((long)since) : null,
            IsThisStream = info.is_this != 0,
            PinnedRegions = pinned,
        };
    }
}
