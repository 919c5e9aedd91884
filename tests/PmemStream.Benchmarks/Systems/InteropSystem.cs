using PmemStream.Interop;

namespace PmemStream.Benchmarks.Systems;

/// <summary>The C# layer of this project: the same work as the C core in bench_core.</summary>
internal sealed class InteropSystem(Workplace workplace) : IMeasuredSystem
{
    private readonly Dictionary<string, KeptRegion> _regions = [];

    public Measurement Measure(BenchmarkCase measured, TimeSpan minimum) => measured.Scenario switch
    {
        ScenarioNames.Append => Append(measured, minimum),
        ScenarioNames.Batch => AppendBatches(measured, minimum),
        ScenarioNames.Group => AppendGroups(measured, minimum),
        ScenarioNames.ThreadsOne => AppendByThreads(measured, minimum, each: false),
        ScenarioNames.ThreadsEach => AppendByThreads(measured, minimum, each: true),
        ScenarioNames.Callers => AppendByCallers(measured, minimum),
        ScenarioNames.Iterate => Iterate(measured, minimum, verified: true),
        ScenarioNames.IterateUnverified => Iterate(measured, minimum, verified: false),
        _ => throw new BenchmarkException($"The C# layer has no scenario '{measured.Scenario}'."),
    };

    public void Reset()
    {
        foreach (KeptRegion region in _regions.Values)
        {
            region.Dispose();
        }

        _regions.Clear();
    }

    public void Dispose() => Reset();

    private Measurement Append(BenchmarkCase measured, TimeSpan minimum)
    {
        KeptRegion kept = One(measured);
        return Measurement.Of(
            minimum,
            Workplace.Piece(measured),
            count => kept.MakeRoom(measured.PayloadBytes, count),
            count => AppendAll(kept.Region, Workplace.Payload.Span[..measured.PayloadBytes], count));
    }

    private static void AppendAll(StreamRegion region, ReadOnlySpan<byte> payload, int count)
    {
        for (int index = 0; index < count; index++)
        {
            region.Append(payload);
        }
    }

    private Measurement AppendBatches(BenchmarkCase measured, TimeSpan minimum)
    {
        KeptRegion kept = One(measured);
        return Measurement.Of(
            minimum,
            Workplace.Piece(measured),
            count => kept.MakeRoom(measured.PayloadBytes, count),
            count => AppendBatches(
                kept.Region, Workplace.Payload.Span[..measured.PayloadBytes], count / measured.Batch, measured.Batch));
    }

    private static void AppendBatches(StreamRegion region, ReadOnlySpan<byte> payload, int batches, int batch)
    {
        for (int index = 0; index < batches; index++)
        {
            EntryPosition last = default;
            for (int entry = 0; entry < batch; entry++)
            {
                last = region.AppendDeferred(payload);
            }

            region.Persist(last);
        }
    }

    private Measurement AppendGroups(BenchmarkCase measured, TimeSpan minimum)
    {
        KeptRegion kept = One(measured);
        ReadOnlyMemory<byte> payload = Workplace.Payload[..measured.PayloadBytes];
        ReadOnlyMemory<byte>[] group = [.. Enumerable.Repeat(payload, measured.Batch)];
        var positions = new EntryPosition[measured.Batch];
        return Measurement.Of(
            minimum,
            Workplace.Piece(measured),
            count => kept.MakeRoom(measured.PayloadBytes, count),
            count =>
            {
                for (int index = 0; index < count; index += group.Length)
                {
                    kept.Region.AppendGroup(group, positions);
                }
            });
    }

    private Measurement AppendByThreads(BenchmarkCase measured, TimeSpan minimum, bool each)
    {
        KeptRegion[] regions = [.. Enumerable.Range(0, measured.Threads).Select(
            index => Keep(measured, each ? $"thread-{index}" : "thread-0", Workplace.ThreadRegionBytes))];
        int count = Workplace.ThreadOperations / measured.Threads;
        using var crew = new Crew(
            measured.Threads,
            index => AppendAll(regions[index].Region, Workplace.Payload.Span[..measured.PayloadBytes], count));
        return crew.Measure(minimum, count * measured.Threads, () =>
        {
            foreach (KeptRegion region in regions)
            {
                region.Region.Clear();
            }
        });
    }

    private Measurement AppendByCallers(BenchmarkCase measured, TimeSpan minimum)
    {
        KeptRegion kept = One(measured);
        ReadOnlyMemory<byte> payload = Workplace.Payload[..measured.PayloadBytes];
        return Callers.Measure(
            measured.Threads,
            minimum,
            count => kept.MakeRoom(measured.PayloadBytes, count),
            () => kept.Region.AppendAsync(payload).AsTask());
    }

    private Measurement Iterate(BenchmarkCase measured, TimeSpan minimum, bool verified)
    {
        KeptRegion kept = Keep(measured, $"iterate-{measured.LogBytes}", (int)measured.LogBytes, entryAlignment: 8);
        int count = kept.FillWith(measured.PayloadBytes);
        return Measurement.Of(minimum, count, prepare: null, expected =>
        {
            int seen = verified ? Iterate(kept.Region.Entries) : Iterate(kept.Region.Entries.Unverified());
            if (seen != expected)
            {
                throw new BenchmarkException($"{seen} of {expected} entries were iterated.");
            }
        });
    }

    private static int Iterate(EntrySequence entries)
    {
        int seen = 0;
        int sum = 0;
        foreach (StreamEntry entry in entries)
        {
            sum += entry.Data[0];
            seen++;
        }

        return sum >= 0 ? seen : -1;
    }

    private KeptRegion One(BenchmarkCase measured) =>
        Keep(measured, "one", measured.OnDisk ? Workplace.DiskBytes : Workplace.RegionBytes);

    private KeptRegion Keep(BenchmarkCase measured, string name, int bytes, int entryAlignment = 0)
    {
        string path = workplace.PathOf(measured, $"csharp-{name}-{measured.Policy}.pms");
        if (!_regions.TryGetValue(path, out KeptRegion? kept))
        {
            kept = new KeptRegion(path, measured.Policy, bytes, entryAlignment);
            _regions.Add(path, kept);
        }

        return kept;
    }
}
