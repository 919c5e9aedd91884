using System.Diagnostics;
using PmemStream.Interop;
using RegionInfo = PmemStream.Interop.RegionInfo;

namespace PmemStream.Cli.Output;

/// <summary>What happens in a stream between one look and the next. Rates come from positions and timestamps.</summary>
internal sealed class StreamWatch(PersistentStream stream)
{
    private Dictionary<(long Offset, string Name), RegionInfo> _before = [];
    private ulong _timestampBefore;
    private long _lookedAt;

    /// <summary>Looks.</summary>
    public StreamLook Look()
    {
        long now = Stopwatch.GetTimestamp();
        double seconds = _lookedAt == 0 ? 0 : Stopwatch.GetElapsedTime(_lookedAt, now).TotalSeconds;
        List<RegionInfo> regions = RegionReport.Facts(stream.Regions);
        StreamInfo info = stream.Info;
        ulong last = regions.Max(region => region.LastTimestamp) ?? 0;
        var look = new StreamLook(
            info,
            stream.StableTimestamp,
            regions,
            [.. regions.Select(region => PerSecond(Appended(region), seconds))],
            PerSecond(_timestampBefore == 0 || last < _timestampBefore ? 0 : (long)(last - _timestampBefore), seconds),
            stream.TryGetReaders(out IReadOnlyList<ReaderInfo>? readers)
                ? [.. readers.Where(reader => !reader.IsThisStream)]
                : null);
        _before = regions.ToDictionary(region => (region.Offset, region.Name));
        _timestampBefore = last;
        _lookedAt = now;
        return look;
    }

    // Since the last look: in a region that is new or was cleared, all that is there.
    private long Appended(RegionInfo region) => _before.TryGetValue((region.Offset, region.Name), out RegionInfo? before)
        && region.UsedBytes >= before.UsedBytes
            ? region.UsedBytes - before.UsedBytes
            : region.UsedBytes;

    private static long PerSecond(long count, double seconds) => seconds <= 0 ? 0 : (long)Math.Round(count / seconds);
}

/// <summary>One look.</summary>
/// <param name="Info">The stream.</param>
/// <param name="Stable">Up to which timestamp nothing will be added any more.</param>
/// <param name="Regions">The regions, in address order.</param>
/// <param name="BytesPerSecond">Of each of them, what was appended since the look before.</param>
/// <param name="TimestampsPerSecond">Entries, at most: timestamps have gaps.</param>
/// <param name="Readers">Who else has the stream open for reading; null: not known.</param>
internal sealed record StreamLook(
    StreamInfo Info,
    ulong Stable,
    IReadOnlyList<RegionInfo> Regions,
    IReadOnlyList<long> BytesPerSecond,
    long TimestampsPerSecond,
    IReadOnlyList<ReaderInfo>? Readers);
