namespace PmemStream.Interop;

/// <summary>
/// The rolling logs of one stream object by name: whoever opens one again shares its segments, so that there is one view of
/// which is written to.
/// </summary>
internal sealed class SegmentRings
{
    private readonly Dictionary<string, SegmentRing> _rings = [];

    /// <summary>Finds the ring, or opens the log.</summary>
    public SegmentRing Get(
        PersistentStream stream, string name, long segmentSize, int segmentCount, Action<RollStep, StreamRegion>? stepTaken)
    {
        lock (_rings)
        {
            if (_rings.TryGetValue(name, out SegmentRing? ring) && ring.IsThere())
            {
                ring.CheckAsked(segmentSize, segmentCount);
                return ring;
            }

            ring = SegmentRing.Open(stream, name, segmentSize, segmentCount, stepTaken);
            _rings[name] = ring;
            return ring;
        }
    }
}
