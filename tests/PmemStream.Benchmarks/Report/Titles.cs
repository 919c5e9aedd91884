namespace PmemStream.Benchmarks.Report;

/// <summary>Names for people.</summary>
internal static class Titles
{
    public static string Of(string scenario) => scenario switch
    {
        ScenarioNames.Append => "Durable append, per entry",
        ScenarioNames.Batch => "Batches that become durable together, per entry",
        ScenarioNames.Group => "Atomic groups, per entry",
        ScenarioNames.Callers => "Durable append by asynchronous callers at once, per entry of all",
        ScenarioNames.ThreadsOne => "Durable append by threads on one region, per entry of all",
        ScenarioNames.ThreadsEach => "Durable append by threads on a region each, per entry of all",
        ScenarioNames.Followers =>
            "Durable append beside followers in other processes, per entry; threads: the writer and its followers",
        ScenarioNames.WakeMedian =>
            "From the call of an append to the return of a follower's wait, median; threads: the writer and its followers",
        ScenarioNames.WakeP99 =>
            "From the call of an append to the return of a follower's wait, the 99th of 100; threads: the writer and its followers",
        ScenarioNames.Iterate => "Iteration, verified, per entry",
        ScenarioNames.IterateBatch => "Iteration by batches of the cursor, verified, per entry",
        ScenarioNames.IterateUnverified => "Iteration, not verified, per entry",
        ScenarioNames.Verify => "Verification of everything, per entry",
        ScenarioNames.OpenClosed => "Opening after a close",
        ScenarioNames.OpenKilled => "Opening after the writer was killed (64 entries to recover)",
        ScenarioNames.Recovery => "Recovery of 64 MiB, per entry",
        ScenarioNames.Resident => "Resident memory",
        _ => scenario,
    };

    public static string OfSystem(string system) => system switch
    {
        SystemNames.Floor => "floor",
        SystemNames.Core => "PmemStream, C core",
        SystemNames.CSharp => "PmemStream, C#",
        SystemNames.Mutex => "C core behind a mutex",
        SystemNames.Xxh3 => "XXH3 alone",
        SystemNames.PmemLog => "libpmemlog",
        SystemNames.PmemMemcpy => "pmem_memcpy_persist",
        SystemNames.Faster => "FASTER log",
        SystemNames.Sqlite => "SQLite, WAL, FULL",
        SystemNames.FileStream => "FileStream, Flush(true)",
        _ => system,
    };
}
