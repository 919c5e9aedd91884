using System.Diagnostics;
using System.Diagnostics.Metrics;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>
/// What the standard listeners see. They see all streams of the process, so each test looks for its own; and while they listen
/// something is allocated for each of those, so no other test runs beside them: some count what is.
/// </summary>
[CollectionDefinition(nameof(WatchTests), DisableParallelization = true)]
[Collection(nameof(WatchTests))]
public sealed class WatchTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Media.Memory)]
    [InlineData(Media.Disk)]
    public void Meter_Listener_SeesWhatAStreamHasDone(string medium)
    {
        using var folder = new TestFolder(medium);
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using var meter = new Measured(folder.Stream);
        Assert.Equal(0, meter.Read()["pmemstream.appends"]);
        region.Append(new byte[40]);
        region.AppendDeferred(new byte[40]);
        region.AppendGroup([new byte[40], new byte[40]]);
        region.AppendDeferred(new byte[40]);
        region.Persist();
        Dictionary<string, double> found = meter.Read();
        Assert.Equal(5, found["pmemstream.appends"]);
        Assert.Equal(5 * 64, found["pmemstream.appended"]);

        // One that the group needed, because something deferred lay before it, is not always told from its own.
        Assert.InRange(found["pmemstream.persists"], 1, 2);
        Assert.Equal(stream.Info.FreeBytes, found["pmemstream.free"]);
        Assert.Equal(stream.Info.Medium == MediumKind.PageCache, found["pmemstream.syncs"] > 0);
        stream.Dispose();
        Assert.Empty(meter.Read());
    }

    [Fact]
    public async Task Meter_GroupCommit_SeesCallersAndTheirWaits()
    {
        using var folder = new TestFolder(Media.Disk);
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using var meter = new Measured(null);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => region.AppendAsync(new byte[10], Test).AsTask()));
        Assert.True(meter.Sums["pmemstream.commit.callers"] >= 20);
        Assert.True(meter.Sums["pmemstream.append.wait"] > 0);
    }

    [Fact]
    public void Meter_Reopened_CountsARecoveryOnlyAfterACrash()
    {
        using var folder = new TestFolder();
        EntryPosition[] at = TestStreams.CreateWith(folder.Stream, "one", "two");
        using var meter = new Measured(folder.Stream);
        PersistentStream.Open(folder.Stream).Dispose();
        Assert.False(meter.Sums.ContainsKey("pmemstream.recoveries"));

        // As a crash leaves it: a copy of a stream that is open.
        string crashed = folder.File("crashed.pms");
        using (PersistentStream stream = PersistentStream.Open(folder.Stream))
        {
            stream.GetRegion(TestStreams.RegionName).Append("three");
            File.Copy(folder.Stream, crashed);
        }

        using var again = new Measured(crashed);
        PersistentStream.Open(crashed).Dispose();
        Assert.Equal(1, again.Sums["pmemstream.recoveries"]);
        Assert.Equal(2, at.Length);
    }

    [Fact]
    public void ActivitySource_Listener_SeesOpenRecoverAndPersist()
    {
        using var folder = new TestFolder();
        string crashed = folder.File("crashed.pms");
        var seen = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == PersistentStream.DiagnosticName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (seen)
                {
                    seen.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            region.AppendDeferred("one"u8);
            region.Persist();
            stream.Persist();
            region.Append("two");
            File.Copy(folder.Stream, crashed);
        }

        PersistentStream.Open(crashed).Dispose();
        Assert.Throws<StreamNotFoundException>(() => PersistentStream.Open(folder.File("nothing.pms")));
        Activity[] mine;
        lock (seen)
        {
            mine = [.. seen];
        }

        Activity[] Of(string path) => [.. mine.Where(a => a.GetTagItem("pmemstream.path") is string of && of == path)];
        Assert.Equal(
            ["pmemstream.open", "pmemstream.persist", "pmemstream.persist"],
            Of(folder.Stream).Select(activity => activity.OperationName));
        Assert.Equal([TestStreams.RegionName, null], Of(folder.Stream)[1..].Select(a => a.GetTagItem("pmemstream.region")));
        Activity opened = Assert.Single(Of(crashed));
        Activity recovered = Assert.Single(mine, activity => activity.ParentSpanId == opened.SpanId);
        Assert.Equal("pmemstream.recover", recovered.OperationName);
        Assert.True((long)recovered.GetTagItem("pmemstream.recovered_entries")! >= 1);
        Assert.Equal(ActivityStatusCode.Error, Assert.Single(Of(folder.File("nothing.pms"))).Status);
    }

    [Fact]
    public void Persist_NobodyListens_AllocatesNothing()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        long allocated = long.MaxValue;

        // Another test may listen for a moment.
        for (int round = 0; round < 100 && allocated != 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            region.AppendDeferred("x"u8);
            region.Persist();
            stream.Persist();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Thread.Yield();
        }

        Assert.Equal(0, allocated);
    }

    /// <summary>A listener to the meter: the last values, and sums of what is recorded as it happens.</summary>
    private sealed class Measured : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly string? _path;
        private readonly Dictionary<string, double> _last = [];

        public Measured(string? path)
        {
            _path = path;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == PersistentStream.DiagnosticName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
            _listener.Start();
        }

        public Dictionary<string, double> Sums { get; } = [];

        public Dictionary<string, double> Read()
        {
            lock (_last)
            {
                _last.Clear();
            }

            _listener.RecordObservableInstruments();
            lock (_last)
            {
                return new(_last);
            }
        }

        public void Dispose() => _listener.Dispose();

        private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (_path is not null && (tags.Length != 1 || tags[0].Value as string != _path))
            {
                return;
            }

            lock (_last)
            {
                _last[instrument.Name] = value;
                Sums[instrument.Name] = Sums.GetValueOrDefault(instrument.Name) + value;
            }
        }
    }
}
