using System.Globalization;

namespace PmemStream.Benchmarks.Results;

/// <summary>What the library is to reach, as ratios within one run.</summary>
internal static class Targets
{
    private static readonly int[] UpToFourKilobytes = [8, 64, 256, 1024, 4096];
    private static readonly int[] AllSizes = [.. UpToFourKilobytes, 16384, 65536];

    public static IReadOnlyList<Target> All { get; } =
    [
        .. PlanOfBenchmarks.MemoryPolicies.Select(policy => new Target(
            $"C append, 8 B to 4 KiB, against the floor ({policy})", TargetKind.RatioAtMost, 1.10,
            Sizes(UpToFourKilobytes, policy))),
        .. PlanOfBenchmarks.MemoryPolicies.Select(policy => new Target(
            $"C append, 64 KiB, against the floor ({policy})", TargetKind.RatioAtMost, 1.15, Sizes([65536], policy))),
        new("C append, 8 and 64 B, against libpmemlog (cache-lines)", TargetKind.FasterAtLeast, 2.0, OverPmemLog(8, 64)),
        new("C append, 256 B, against libpmemlog (cache-lines)", TargetKind.FasterAtLeast, 1.7, OverPmemLog(256)),
        .. PlanOfBenchmarks.MemoryPolicies.Select(policy => new Target(
            $"Two threads on one region against a mutex around the append ({policy})", TargetKind.FasterAtLeast, 2.0,
            [
                new("64 B", Threads(SystemNames.Core, ScenarioNames.ThreadsOne, policy, 2),
                    Threads(SystemNames.Mutex, ScenarioNames.ThreadsOne, policy, 2)),
            ])),
        .. PlanOfBenchmarks.MemoryPolicies.Select(policy => new Target(
            $"Two threads on two regions against one thread ({policy})", TargetKind.FasterAtLeast, 1.8,
            [
                new("64 B", Threads(SystemNames.Core, ScenarioNames.ThreadsEach, policy, 2),
                    Threads(SystemNames.Core, ScenarioNames.ThreadsEach, policy, 1)),
            ])),
        .. PlanOfBenchmarks.MemoryPolicies.Select(policy => new Target(
            $"8 threads on one region, per append, against one thread ({policy})", TargetKind.RatioAtMost, 1.5,
            [
                new("64 B", Threads(SystemNames.Core, ScenarioNames.ThreadsOne, policy, 8),
                    Threads(SystemNames.Core, ScenarioNames.ThreadsOne, policy, 1)),
            ])),
        .. PlanOfBenchmarks.MemoryPolicies.Select(policy => new Target(
            $"64 deferred and persist, per entry, against the floor one by one ({policy})", TargetKind.RatioAtMost, 0.10,
            [
                new("64 B", Batch(SystemNames.Core, MediumNames.Memory, policy, 64),
                    Batch(SystemNames.Floor, MediumNames.Memory, policy, 1)),
            ])),
        new("C# append over C append, ns", TargetKind.DifferenceAtMost, 3,
            [
                .. from policy in PlanOfBenchmarks.MemoryPolicies
                   from size in UpToFourKilobytes
                   select new TargetPair(
                       string.Create(CultureInfo.InvariantCulture, $"{size} B, {policy}"),
                       Append(SystemNames.CSharp, policy, size),
                       Append(SystemNames.Core, policy, size)),
            ]),
        new("C# append, bytes allocated", TargetKind.AllocatedAtMost, 0,
            [
                .. from policy in PlanOfBenchmarks.MemoryPolicies
                   from size in AllSizes
                   select new TargetPair(
                       string.Create(CultureInfo.InvariantCulture, $"{size} B, {policy}"),
                       Append(SystemNames.CSharp, policy, size),
                       Reference: null),
            ]),
        new("Iteration of packed 64-byte entries, verified, C, ns", TargetKind.TimeAtMost, 6,
            [
                .. from length in PlanOfBenchmarks.IteratedMebibytes
                   from way in new[] { (ScenarioNames.IterateBatch, "by batches"), (ScenarioNames.Iterate, "one by one") }
                   select new TargetPair(
                       $"{way.Item2}, log of {length} MiB", Iterate(SystemNames.Core, way.Item1, length), Reference: null),
            ]),
        new("The same in C# against C by batches", TargetKind.RatioAtMost, 1.5,
            [
                .. PlanOfBenchmarks.IteratedMebibytes.Select(length => new TargetPair(
                    $"log of {length} MiB",
                    Iterate(SystemNames.CSharp, ScenarioNames.Iterate, length),
                    Iterate(SystemNames.Core, ScenarioNames.IterateBatch, length))),
            ]),
        new("Opening with 512 MiB in it against 1 MiB", TargetKind.RatioAtMost, 1.5,
            [
                new("closed", Open(ScenarioNames.OpenClosed, 512), Open(ScenarioNames.OpenClosed, 1)),
                new("killed", Open(ScenarioNames.OpenKilled, 512), Open(ScenarioNames.OpenKilled, 1)),
            ]),
        new("Full verification against XXH3 over the same bytes, speed", TargetKind.FasterAtLeast, 0.8,
            [
                new("4 KiB", PlanOfBenchmarks.Verify(SystemNames.Core), PlanOfBenchmarks.Verify(SystemNames.Xxh3)),
            ]),
        new("Durable append on a disk file against pwrite and fdatasync", TargetKind.RatioAtMost, 1.10,
            [
                .. AllSizes.Select(size => new TargetPair(
                    string.Create(CultureInfo.InvariantCulture, $"{size} B"),
                    new BenchmarkCase(SystemNames.Core, ScenarioNames.Append, MediumNames.Disk, PolicyNames.Sync, size),
                    new BenchmarkCase(SystemNames.Floor, ScenarioNames.Append, MediumNames.Disk, PolicyNames.Sync, size))),
            ]),
        new("64 deferred and persist on a disk file against one fdatasync", TargetKind.RatioAtMost, 1.3,
            [
                new("64 B", Batch(SystemNames.Core, MediumNames.Disk, PolicyNames.Sync, 64),
                    Batch(SystemNames.Floor, MediumNames.Disk, PolicyNames.Sync, 1), Scale: 64),
            ]),
        new("256 callers of AppendAsync on a disk file against one", TargetKind.FasterAtLeast, 50,
            [
                new("64 B", PlanOfBenchmarks.Callers(SystemNames.CSharp, PolicyNames.Sync, 256),
                    PlanOfBenchmarks.Callers(SystemNames.CSharp, PolicyNames.Sync, 1)),
            ]),
    ];

    private static TargetPair[] Sizes(IEnumerable<int> sizes, string policy) =>
    [
        .. sizes.Select(size => new TargetPair(
            string.Create(CultureInfo.InvariantCulture, $"{size} B"),
            Append(SystemNames.Core, policy, size),
            Append(SystemNames.Floor, policy, size))),
    ];

    private static TargetPair[] OverPmemLog(params int[] sizes) =>
    [
        .. sizes.Select(size => new TargetPair(
            string.Create(CultureInfo.InvariantCulture, $"{size} B"),
            Append(SystemNames.Core, PolicyNames.CacheLines, size),
            Append(SystemNames.PmemLog, PolicyNames.Own, size))),
    ];

    private static BenchmarkCase Append(string system, string policy, int size) =>
        new(system, ScenarioNames.Append, MediumNames.Memory, policy, size);

    private static BenchmarkCase Threads(string system, string scenario, string policy, int threads) =>
        new(system, scenario, MediumNames.Memory, policy, 64, threads);

    private static BenchmarkCase Batch(string system, string medium, string policy, int batch) =>
        new(system, ScenarioNames.Batch, medium, policy, 64, 1, batch);

    private static BenchmarkCase Iterate(string system, string scenario, long mebibytes) =>
        PlanOfBenchmarks.Iterate(system, scenario, mebibytes);

    private static BenchmarkCase Open(string scenario, long mebibytes) => PlanOfBenchmarks.Open(scenario, mebibytes);
}
