using PmemStream.Benchmarks;
using PmemStream.Benchmarks.Results;

var options = BenchmarkOptions.Parse(args);
using var systems = new MeasuredSystems(options.Workplace, options.Programs);
var results = new ResultSet(new Runner(options, systems, Console.Out).Run(PlanOfBenchmarks.Groups(options.Kind == RunKind.Trial)));
Console.WriteLine(results.ToJson());
