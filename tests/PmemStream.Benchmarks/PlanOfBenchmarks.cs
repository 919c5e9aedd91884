namespace PmemStream.Benchmarks;

/// <summary>Cases that are measured in the same rounds, because they are compared with each other.</summary>
/// <param name="Name">For the log.</param>
/// <param name="Cases">In the order of the first round.</param>
/// <param name="StartsAfresh">Whether everything that earlier groups keep is given up before it.</param>
internal sealed record CaseGroup(string Name, IReadOnlyList<BenchmarkCase> Cases, bool StartsAfresh);

/// <summary>What is measured.</summary>
internal static class PlanOfBenchmarks
{
    private static readonly string[] DotNetPeers = [SystemNames.Faster, SystemNames.Sqlite, SystemNames.FileStream];

    public static IReadOnlyList<string> MemoryPolicies { get; } = [PolicyNames.CacheLines, PolicyNames.NonTemporal];

    /// <summary>Logs that are iterated: one that stays in the caches, and one that does not.</summary>
    public static IReadOnlyList<long> IteratedMebibytes { get; } = [1, 32];

    /// <summary>Followers, each a process of its own.</summary>
    public static IReadOnlyList<int> FollowerCounts { get; } = [0, 1, 4];

    private static int[] CallerCounts { get; } = [1, 16, 256];

    private static int[] Sizes { get; } = [8, 64, 256, 1024, 4096, 16384, 65536];

    private static int[] Batches { get; } = [1, 8, 64];

    /// <summary>All groups; of the sizes only some when <paramref name="isTrial"/>.</summary>
    public static IReadOnlyList<CaseGroup> Groups(bool isTrial)
    {
        int[] sizes = isTrial ? [64, 65536] : Sizes;
        return
        [
            .. sizes.Select(AppendInMemory),
            .. MemoryPolicies.Select(BatchInMemory),
            BatchOfPeers(),
            .. MemoryPolicies.Select(WithThreads),
            BesideFollowers(),
            Iteration(),
            Verification(),
            Opening(),
            .. sizes.Select(size => AppendOnDisk(size, isFirst: size == sizes[0])),
            BatchOnDisk(),
            CallersOnDisk(),
        ];
    }

    public static BenchmarkCase Iterate(string system, string scenario, long mebibytes) =>
        new(system, scenario, MediumNames.Memory, PolicyNames.Automatic, LogBytes: mebibytes << 20);

    public static BenchmarkCase Verify(string system) =>
        new(system, ScenarioNames.Verify, MediumNames.Memory, PolicyNames.Automatic, 4096, LogBytes: 64 << 20);

    public static BenchmarkCase Open(string scenario, long mebibytes) =>
        new(SystemNames.Core, scenario, MediumNames.Memory, PolicyNames.Automatic, 4096, LogBytes: mebibytes << 20);

    public static BenchmarkCase Callers(string system, string policy, int callers) =>
        new(system, ScenarioNames.Callers, MediumNames.Disk, policy, 64, callers);

    private static CaseGroup AppendInMemory(int size)
    {
        BenchmarkCase[] ours =
        [
            .. from policy in MemoryPolicies
               from system in new[] { SystemNames.Floor, SystemNames.Core, SystemNames.CSharp }
               select new BenchmarkCase(system, ScenarioNames.Append, MediumNames.Memory, policy, size),
        ];
        BenchmarkCase[] peers =
        [
            .. from system in new[] { SystemNames.PmemLog, SystemNames.PmemMemcpy }.Concat(DotNetPeers)
               select new BenchmarkCase(system, ScenarioNames.Append, MediumNames.Memory, PolicyNames.Own, size),
        ];
        return new CaseGroup($"append in memory, {size} B", [.. ours, .. peers], StartsAfresh: false);
    }

    private static CaseGroup BatchInMemory(string policy)
    {
        BenchmarkCase[] batches =
        [
            .. from batch in Batches
               from system in new[] { SystemNames.Floor, SystemNames.Core, SystemNames.CSharp }
               select new BenchmarkCase(system, ScenarioNames.Batch, MediumNames.Memory, policy, 64, 1, batch),
        ];
        BenchmarkCase[] groups =
        [
            .. from system in new[] { SystemNames.Core, SystemNames.CSharp }
               select new BenchmarkCase(system, ScenarioNames.Group, MediumNames.Memory, policy, 64, 1, 64),
        ];
        return new CaseGroup($"batches in memory ({policy})", [.. batches, .. groups], StartsAfresh: false);
    }

    private static CaseGroup BatchOfPeers() => new(
        "batches of the peers in memory",
        [
            .. from batch in Batches
               from system in new[] { SystemNames.PmemLog, SystemNames.PmemMemcpy }.Concat(DotNetPeers)
               select new BenchmarkCase(system, ScenarioNames.Batch, MediumNames.Memory, PolicyNames.Own, 64, 1, batch),
        ],
        StartsAfresh: false);

    private static CaseGroup WithThreads(string policy) => new(
        $"threads ({policy})",
        [
            .. from threads in new[] { 1, 2, 4, 8 }
               from member in new[]
               {
                   (SystemNames.Core, ScenarioNames.ThreadsOne),
                   (SystemNames.Mutex, ScenarioNames.ThreadsOne),
                   (SystemNames.CSharp, ScenarioNames.ThreadsOne),
                   (SystemNames.Core, ScenarioNames.ThreadsEach),
                   (SystemNames.CSharp, ScenarioNames.ThreadsEach),
               }
               select new BenchmarkCase(member.Item1, member.Item2, MediumNames.Memory, policy, 64, threads),
        ],
        StartsAfresh: true);

    private static CaseGroup BesideFollowers() => new(
        "a writer beside followers",
        [
            .. from followers in FollowerCounts
               from scenario in new[] { ScenarioNames.Followers, ScenarioNames.WakeMedian, ScenarioNames.WakeP99 }
               where followers != 0 || scenario == ScenarioNames.Followers
               select new BenchmarkCase(
                   SystemNames.Core, scenario, MediumNames.Memory, PolicyNames.Automatic, 64, 1 + followers),
        ],
        StartsAfresh: true);

    private static CaseGroup Iteration() => new(
        "iteration",
        [
            .. from mebibytes in IteratedMebibytes
               from member in new[]
               {
                   (SystemNames.Core, ScenarioNames.Iterate),
                   (SystemNames.CSharp, ScenarioNames.Iterate),
                   (SystemNames.Core, ScenarioNames.IterateBatch),
                   (SystemNames.Xxh3, ScenarioNames.Iterate),
                   (SystemNames.Core, ScenarioNames.IterateUnverified),
                   (SystemNames.CSharp, ScenarioNames.IterateUnverified),
               }
               select Iterate(member.Item1, member.Item2, mebibytes),
            .. from system in new[] { SystemNames.Faster, SystemNames.Sqlite }
               select new BenchmarkCase(system, ScenarioNames.Iterate, MediumNames.Memory, PolicyNames.Own),
        ],
        StartsAfresh: true);

    private static CaseGroup Verification() => new(
        "verification", [Verify(SystemNames.Core), Verify(SystemNames.Xxh3)], StartsAfresh: true);

    private static CaseGroup Opening() => new(
        "opening and recovery",
        [
            .. from mebibytes in new long[] { 1, 64, 512 }
               from scenario in new[] { ScenarioNames.OpenClosed, ScenarioNames.OpenKilled }
               select Open(scenario, mebibytes),
            new BenchmarkCase(
                SystemNames.Core, ScenarioNames.Recovery, MediumNames.Memory, PolicyNames.Automatic, 4096,
                LogBytes: 64 << 20),
        ],
        StartsAfresh: true);

    private static CaseGroup AppendOnDisk(int size, bool isFirst) => new(
        $"append on a disk, {size} B",
        [
            .. from system in new[] { SystemNames.Floor, SystemNames.Core, SystemNames.CSharp }
               select new BenchmarkCase(system, ScenarioNames.Append, MediumNames.Disk, PolicyNames.Sync, size),
            .. from system in DotNetPeers
               select new BenchmarkCase(system, ScenarioNames.Append, MediumNames.Disk, PolicyNames.Own, size),
        ],
        StartsAfresh: isFirst);

    private static CaseGroup CallersOnDisk() => new(
        "asynchronous callers on a disk",
        [
            .. from callers in CallerCounts
               from member in new[]
               {
                   (SystemNames.CSharp, PolicyNames.Sync),
                   (SystemNames.Faster, PolicyNames.Own),
                   (SystemNames.Sqlite, PolicyNames.Own),
               }
               select Callers(member.Item1, member.Item2, callers),
        ],
        StartsAfresh: true);

    private static CaseGroup BatchOnDisk() => new(
        "batches on a disk",
        [
            .. from batch in Batches
               from system in new[] { SystemNames.Floor, SystemNames.Core, SystemNames.CSharp }
               select new BenchmarkCase(system, ScenarioNames.Batch, MediumNames.Disk, PolicyNames.Sync, 64, 1, batch),
            .. from batch in Batches
               from system in DotNetPeers
               select new BenchmarkCase(system, ScenarioNames.Batch, MediumNames.Disk, PolicyNames.Own, 64, 1, batch),
        ],
        StartsAfresh: false);
}
