using System.Diagnostics;
using System.Globalization;
using PmemStream.Benchmarks;
using PmemStream.Benchmarks.Report;
using PmemStream.Benchmarks.Results;

// Runs the benchmarks: ./build.sh bench starts this, with folders that it makes and removes.
try
{
    if (args is [ResidentMemory.ChildVerb, var system, var policy, var memory, var disk, var milliseconds])
    {
        ResidentMemory.RunChild(
            system, policy, new Workplace(memory, disk),
            TimeSpan.FromMilliseconds(double.Parse(milliseconds, CultureInfo.InvariantCulture)));
        return 0;
    }

    Run(BenchmarkOptions.Parse(args));
    return 0;
}
catch (BenchmarkException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

static void Run(BenchmarkOptions options)
{
    var watch = Stopwatch.StartNew();
    using var systems = new MeasuredSystems(options.Workplace, options.Programs);
    Machine machine = Machine.Describe(options, systems);
    Console.WriteLine($"{machine.Summary}: {options.Rounds} rounds");
    List<BenchmarkResult> all = new Runner(options, systems, Console.Out)
        .Run(PlanOfBenchmarks.Groups(options.Kind == RunKind.Trial));
    all.AddRange(new ResidentMemory(options).Measure());
    var results = new ResultSet(all);
    TargetOutcome[] outcomes = [.. Targets.All.Select(target => TargetOutcome.Of(target, results))];
    Publication.Write(options.Results, results, outcomes, machine);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds,6:F1} s  in all"));
    if (options.Kind == RunKind.Trial)
    {
        Console.WriteLine("Everything works. The numbers of a trial mean nothing, and are not shown.");
        return;
    }

    Console.WriteLine();
    Console.WriteLine(TargetTable.Write(outcomes));
    Console.WriteLine($"Tables, plot and numbers: {options.Results}");
}
