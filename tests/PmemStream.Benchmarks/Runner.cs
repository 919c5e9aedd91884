using System.Diagnostics;
using PmemStream.Benchmarks.Results;

namespace PmemStream.Benchmarks;

/// <summary>
/// Measures group by group. A round measures each case of the group once; each round begins with another one, so that
/// nobody always follows the same one.
/// </summary>
internal sealed class Runner(BenchmarkOptions options, MeasuredSystems systems, TextWriter log)
{
    public List<BenchmarkResult> Run(IEnumerable<CaseGroup> groups)
    {
        var results = new List<BenchmarkResult>();
        foreach (CaseGroup group in groups)
        {
            var watch = Stopwatch.StartNew();
            if (group.StartsAfresh)
            {
                systems.Reset();
            }

            results.AddRange(Measure(group));
            log.WriteLine($"{watch.Elapsed.TotalSeconds,6:F1} s  {group.Name}");
        }

        systems.Reset();
        return results;
    }

    private IEnumerable<BenchmarkResult> Measure(CaseGroup group)
    {
        var rounds = group.Cases.ToDictionary(measured => measured, _ => new List<Measurement>());
        foreach (BenchmarkCase measured in group.Cases)
        {
            systems[measured.System].Measure(measured, options.WarmUpTime);
        }

        for (int round = 0; round < options.Rounds; round++)
        {
            for (int place = 0; place < group.Cases.Count; place++)
            {
                BenchmarkCase measured = group.Cases[(round + place) % group.Cases.Count];
                rounds[measured].Add(
                    systems[measured.System].Measure(measured, measured.OnDisk ? options.DiskTime : options.MemoryTime));
            }
        }

        return group.Cases.Select(measured => BenchmarkResult.Of(measured, rounds[measured]));
    }
}
