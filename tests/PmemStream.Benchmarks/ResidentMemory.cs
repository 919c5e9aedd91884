using System.Diagnostics;
using System.Globalization;
using PmemStream.Benchmarks.Results;
using PmemStream.Benchmarks.Systems;

namespace PmemStream.Benchmarks;

/// <summary>
/// Memory that a process needs besides its files, after it has appended for a while: each system in a process of its own.
/// For .NET that includes the run-time.
/// </summary>
internal sealed class ResidentMemory(BenchmarkOptions options)
{
    /// <summary>The first argument of the child process.</summary>
    public const string ChildVerb = "resident-memory";

    private static readonly BenchmarkCase[] Cases =
    [
        Case(SystemNames.Core, PolicyNames.CacheLines),
        Case(SystemNames.PmemLog, PolicyNames.Own),
        Case(SystemNames.CSharp, PolicyNames.CacheLines),
        Case(SystemNames.Faster, PolicyNames.Own),
        Case(SystemNames.Sqlite, PolicyNames.Own),
        Case(SystemNames.FileStream, PolicyNames.Own),
    ];

    /// <summary>All systems, one after the other.</summary>
    public IEnumerable<BenchmarkResult> Measure() => Cases.Select(measured =>
        BenchmarkResult.OfResident(measured, OfNewProcess(measured)));

    /// <summary>What the child process does: works, and prints what memory it has.</summary>
    public static void RunChild(string system, string policy, Workplace workplace, TimeSpan time)
    {
        using var systems = new MeasuredSystems(workplace, programs: "");
        systems[system].Measure(Appending(Case(system, policy)), time);
        Console.WriteLine(OfThisProcess());
    }

    private static BenchmarkCase Case(string system, string policy) =>
        new(system, ScenarioNames.Resident, MediumNames.Memory, policy);

    private static BenchmarkCase Appending(BenchmarkCase measured) => measured with { Scenario = ScenarioNames.Append };

    private static long OfThisProcess()
    {
        string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private long OfNewProcess(BenchmarkCase measured)
    {
        if (measured.System is SystemNames.Core or SystemNames.PmemLog)
        {
            using var systems = new MeasuredSystems(options.Workplace, options.Programs);
            systems[measured.System].Measure(Appending(measured), options.WarmUpTime);
            return ((NativeProgram)systems[measured.System]).ResidentBytes();
        }

        string milliseconds = options.WarmUpTime.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            [
                .. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
                    ? new[] { typeof(ResidentMemory).Assembly.Location } : [],
                ChildVerb, measured.System, measured.Policy, options.Workplace.MemoryFolder, options.Workplace.DiskFolder,
                milliseconds,
            ])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 && long.TryParse(answer, CultureInfo.InvariantCulture, out long bytes)
            ? bytes
            : throw new BenchmarkException($"The process that measures the memory of {measured.System} answered '{answer}'.");
    }
}
