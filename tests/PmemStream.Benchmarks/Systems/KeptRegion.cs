using PmemStream.Interop;

namespace PmemStream.Benchmarks.Systems;

/// <summary>A region in a stream of its own that is appended to over and over, from end to end.</summary>
internal sealed class KeptRegion : IDisposable
{
    private readonly PersistentStream _stream;
    private readonly string _path;
    private readonly int _bytes;
    private int _payloadBytes;
    private int _left;
    private int _filled;

    public KeptRegion(string path, string policy, int bytes, int entryAlignment)
    {
        _path = path;
        _bytes = bytes;
        _stream = PersistentStream.Create(path, new PersistentStreamOptions
        {
            Size = bytes + (1 << 20),
            Overwrite = true,
            FlushPolicy = policy switch
            {
                PolicyNames.CacheLines => FlushPolicy.CacheLines,
                PolicyNames.NonTemporal => FlushPolicy.NonTemporal,
                PolicyNames.Sync => FlushPolicy.Sync,
                PolicyNames.Automatic => FlushPolicy.Automatic,
                _ => throw new BenchmarkException($"'{policy}' is no flush policy of the stream."),
            },
        });
        Region = _stream.CreateRegion("log", bytes, entryAlignment);
        // Each page is stored to, so that page tables are there.
        Fill(4000);
        Region.Clear();
    }

    public StreamRegion Region { get; }

    /// <summary>Goes back to the start, in constant time, when so many entries do not fit any more.</summary>
    public void MakeRoom(int payloadBytes, int count)
    {
        if (payloadBytes != _payloadBytes || _left < count)
        {
            Region.Clear();
            _payloadBytes = payloadBytes;
            _left = _bytes / Workplace.Extent(payloadBytes);
        }

        _left -= count;
    }

    /// <summary>Fills the region with entries to be read, the first time. Returns how many there are.</summary>
    public int FillWith(int payloadBytes) => _filled == 0 ? _filled = Fill(payloadBytes) : _filled;

    public void Dispose()
    {
        _stream.Dispose();
        File.Delete(_path);
    }

    private int Fill(int payloadBytes)
    {
        int count = 0;
        while (Region.TryAppendDeferred(Workplace.Payload.Span[..payloadBytes], out _))
        {
            count++;
        }

        Region.Persist();
        return count;
    }
}
