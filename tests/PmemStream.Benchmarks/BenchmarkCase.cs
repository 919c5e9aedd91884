using System.Globalization;

namespace PmemStream.Benchmarks;

/// <summary>One thing that is measured: what is done, by whom, on what.</summary>
/// <param name="System">A name of <see cref="SystemNames"/>.</param>
/// <param name="Scenario">A name of <see cref="ScenarioNames"/>.</param>
/// <param name="Medium">"memory" (tmpfs in the place of persistent memory) or "disk".</param>
/// <param name="Policy">
/// How bytes become durable: a flush policy of the core, "sync" on a disk, or "own" where the system decides.
/// </param>
/// <param name="PayloadBytes">Size of an entry's payload.</param>
/// <param name="Threads">Threads, or asynchronous callers, that append at once; or a writer and its followers.</param>
/// <param name="Batch">Entries that become durable together.</param>
/// <param name="LogBytes">What is in the log that is opened; 0 where that does not matter.</param>
internal sealed record BenchmarkCase(
    string System,
    string Scenario,
    string Medium,
    string Policy,
    int PayloadBytes = 64,
    int Threads = 1,
    int Batch = 1,
    long LogBytes = 0)
{
    public bool OnDisk => Medium == MediumNames.Disk;

    public override string ToString()
    {
        string threads = Threads > 1 ? $", {Threads} threads" : "";
        string batch = Batch > 1 ? $", batches of {Batch}" : "";
        string log = LogBytes > 0 ? $", log of {LogBytes >> 20} MiB" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Scenario} {System} ({Medium}, {Policy}, {PayloadBytes} B{threads}{batch}{log})");
    }
}

internal static class MediumNames
{
    public const string Memory = "memory";
    public const string Disk = "disk";
}

internal static class PolicyNames
{
    public const string CacheLines = "cache-lines";
    public const string NonTemporal = "non-temporal";
    public const string Automatic = "automatic";
    public const string Sync = "sync";
    public const string Own = "own";
}

internal static class SystemNames
{
    public const string Floor = "floor";
    public const string Core = "core";
    public const string CSharp = "csharp";
    public const string Mutex = "mutex";
    public const string Xxh3 = "xxh3";
    public const string PmemLog = "libpmemlog";
    public const string PmemMemcpy = "pmem-memcpy";
    public const string Faster = "faster";
    public const string Sqlite = "sqlite";
    public const string FileStream = "filestream";
}

internal static class ScenarioNames
{
    public const string Append = "append";
    public const string Batch = "batch";
    public const string Group = "group";
    public const string ThreadsOne = "threads-one";
    public const string ThreadsEach = "threads-each";
    public const string Callers = "callers";
    public const string Followers = "followers";
    public const string WakeMedian = "wake-median";
    public const string WakeP99 = "wake-p99";
    public const string Iterate = "iterate";
    public const string IterateBatch = "iterate-batch";
    public const string IterateUnverified = "iterate-unverified";
    public const string Verify = "verify";
    public const string OpenClosed = "open-closed";
    public const string OpenKilled = "open-killed";
    public const string Recovery = "recovery";
    public const string Resident = "resident";
}
