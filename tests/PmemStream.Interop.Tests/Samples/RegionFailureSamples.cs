using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests.Samples;

/// <summary>What regions and rolling logs may throw. What stands between the marks is in SAMPLES.md.</summary>
internal static class RegionFailureSamples
{
    public static void RegionFullException(string path)
    {
        PmemStreamException? seen = null;
        using var stream = TestStreams.Create(path, out var region);

        // <RegionFullException>
        try
        {
            region.Append(new byte[300 << 10]);
        }
        catch (RegionFullException failure)
        {
            seen = failure;                                     // TryAppend returns false instead
        }

        // </RegionFullException>
        Assert.NotNull(seen);
    }

    public static void StreamFullException(string path)
    {
        PmemStreamException? seen = null;
        using var stream = TestStreams.Create(path);

        // <StreamFullException>
        try
        {
            stream.CreateRegion("large", size: 1L << 30);
        }
        catch (StreamFullException failure)
        {
            seen = failure;                                     // Free regions, or stream.Grow.
        }

        // </StreamFullException>
        Assert.NotNull(seen);
    }

    public static void RegionExistsException(string path)
    {
        PmemStreamException? seen = null;
        using var stream = TestStreams.Create(path, out var region);

        // <RegionExistsException>
        try
        {
            stream.CreateRegion(region.Name, size: 4096);
        }
        catch (RegionExistsException failure)
        {
            seen = failure;                                     // GetRegion, or GetOrCreateRegion
        }

        // </RegionExistsException>
        Assert.NotNull(seen);
    }

    public static void RegionNotFoundException(string path)
    {
        PmemStreamException? seen = null;
        using var stream = TestStreams.Create(path);

        // <RegionNotFoundException>
        try
        {
            stream.GetRegion("orders");
        }
        catch (RegionNotFoundException failure)
        {
            seen = failure;                                     // TryGetRegion returns false instead
        }

        // </RegionNotFoundException>
        Assert.NotNull(seen);
    }

    public static void RegionBusyException(string path)
    {
        PmemStreamException? seen = null;
        using var stream = TestStreams.Create(path, out var region);
        EntryPosition at = region.Append("one");

        // <RegionBusyException>
        using (EntryLease lease = region.Lease(at))
        {
            try
            {
                region.Clear();
            }
            catch (RegionBusyException failure)
            {
                seen = failure;                                 // when the lease is disposed, it can be cleared
            }
        }

        // </RegionBusyException>
        Assert.NotNull(seen);
    }

    public static void StaleRegionException(string path)
    {
        PmemStreamException? seen = null;
        using var stream = TestStreams.Create(path, out var region);

        // <StaleRegionException>
        region.Free();
        try
        {
            region.Append("one"u8);
        }
        catch (StaleRegionException failure)
        {
            seen = failure;                                     // for ever, also when a region of that name is created again
        }

        // </StaleRegionException>
        Assert.NotNull(seen);
    }

    public static void EntryNotFoundException(string path)
    {
        PmemStreamException? seen = null;
        using var stream = TestStreams.Create(path, out var region);
        EntryPosition at = region.Append("one");

        // <EntryNotFoundException>
        region.Clear();
        try
        {
            region.ReadToArray(at);
        }
        catch (EntryNotFoundException failure)
        {
            seen = failure;                                     // a position never names another entry than its own
        }

        // </EntryNotFoundException>
        Assert.NotNull(seen);
    }

    public static void RollingLogFullException(string path)
    {
        PmemStreamException? seen = null;
        using var stream = TestStreams.Create(path);
        var log = new RollingLog(stream, "events", 4096, segmentCount: 2, Interop.WhenFull.Fail);
        var entry = new byte[1000];

        // <RollingLogFullException>
        try
        {
            while (true)
            {
                log.Append(entry);
            }
        }
        catch (RollingLogFullException failure)
        {
            seen = failure;                                     // TruncateBefore makes room
        }

        // </RollingLogFullException>
        Assert.NotNull(seen);
    }

    public static void RollingLogBusyException(string path)
    {
        PmemStreamException? seen = null;
        using var stream = TestStreams.Create(path);
        var log = new RollingLog(stream, "events", 4096, segmentCount: 2, Interop.WhenFull.DropOldest);
        var entry = new byte[1000];

        // <RollingLogBusyException>
        using (EntryLease lease = log.Lease(log.Append(entry)))
        {
            try
            {
                while (true)
                {
                    log.Append(entry);                          // needs the segment in which the lease is
                }
            }
            catch (RollingLogBusyException failure)
            {
                seen = failure;                                 // again when the lease is disposed
            }
        }

        // </RollingLogBusyException>
        Assert.NotNull(seen);
    }

    public static void RollingLogMismatchException(string path)
    {
        PmemStreamException? seen = null;
        using var stream = TestStreams.Create(path);
        _ = new RollingLog(stream, "events", 4096, segmentCount: 2);

        // <RollingLogMismatchException>
        try
        {
            _ = new RollingLog(stream, "events", segmentSize: 4096, segmentCount: 3);
        }
        catch (RollingLogMismatchException failure)
        {
            seen = failure;                                     // it has two segments, and keeps them
        }

        // </RollingLogMismatchException>
        Assert.NotNull(seen);
    }
}
