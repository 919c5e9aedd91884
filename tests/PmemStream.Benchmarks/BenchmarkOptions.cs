namespace PmemStream.Benchmarks;

internal enum RunKind
{
    /// <summary>Everything, and the published results are replaced.</summary>
    Full,

    /// <summary>Everything, with few and short rounds; the results go beside the build.</summary>
    Quick,

    /// <summary>Each program once, as shortly as possible: shows that they work. The numbers mean nothing.</summary>
    Trial,
}

/// <summary>How a run is made. The command line is "KIND MEMORY-FOLDER DISK-FOLDER PROGRAMS RESULTS".</summary>
/// <param name="Kind">full, quick or trial.</param>
/// <param name="Workplace">An empty folder on tmpfs and one on a disk; the caller removes them.</param>
/// <param name="Programs">The folder with bench_core and bench_peers.</param>
/// <param name="Results">The folder that the results are written to.</param>
internal sealed record BenchmarkOptions(RunKind Kind, Workplace Workplace, string Programs, string Results)
{
    public int Rounds => Kind switch { RunKind.Full => 25, RunKind.Quick => 3, _ => 1 };

    /// <summary>Least time of one case in one round, in memory.</summary>
    public TimeSpan MemoryTime => TimeSpan.FromMilliseconds(Kind switch { RunKind.Full => 25, RunKind.Quick => 20, _ => 1 });

    public TimeSpan DiskTime => TimeSpan.FromMilliseconds(Kind switch { RunKind.Full => 60, RunKind.Quick => 20, _ => 1 });

    /// <summary>Before the first round, so that .NET has compiled what is hot, and caches and page tables are filled.</summary>
    public TimeSpan WarmUpTime => TimeSpan.FromMilliseconds(Kind switch { RunKind.Full => 120, RunKind.Quick => 60, _ => 1 });

    public static BenchmarkOptions Parse(string[] arguments)
    {
        if (arguments.Length != 5 || !Enum.TryParse(arguments[0], ignoreCase: true, out RunKind kind))
        {
            throw new BenchmarkException(
                "Expected: full|quick|trial MEMORY-FOLDER DISK-FOLDER PROGRAMS RESULTS. ./build.sh bench calls it so.");
        }

        return new BenchmarkOptions(kind, new Workplace(arguments[1], arguments[2]), arguments[3], arguments[4]);
    }
}
