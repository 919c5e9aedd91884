using System.Globalization;
using System.Text;
using PmemStream.Benchmarks.Results;

namespace PmemStream.Benchmarks.Report;

/// <summary>The results as text for people.</summary>
internal static class MarkdownReport
{
    public static string Write(ResultSet results, IReadOnlyList<TargetOutcome> outcomes, Machine machine, string jsonName)
    {
        var text = new StringBuilder();
        text.Append("# Results of the benchmarks\n\n");
        text.Append("Written by `./build.sh bench`; what is measured and how is told in [tests/README.md](../../README.md). ");
        text.Append(CultureInfo.InvariantCulture, $"All numbers are in [{jsonName}]({jsonName}).\n\n");
        WriteMachine(text, machine);
        text.Append("\n## Targets\n\n");
        text.Append("A ratio is the median, over the rounds, of the ratio within each round; of several sizes the one farthest ");
        text.Append("from the target counts. The ratio of the least times stands beside it for information.\n\n");
        text.Append(TargetTable.Write(outcomes));
        WriteDetails(text, outcomes);
        foreach (IGrouping<(string, string), BenchmarkResult> part in results.All
            .Where(result => result.NsPerOpMedian is not null)
            .GroupBy(result => (result.Scenario, result.Medium)))
        {
            WriteScenario(text, part.Key.Item1, part.Key.Item2, [.. part]);
        }

        WriteResident(text, results);
        return text.ToString();
    }

    private static void WriteMachine(StringBuilder text, Machine machine)
    {
        (string, string)[] facts =
        [
            ("time", machine.Time.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
            ("processor", $"{machine.Processor}, {machine.ProcessorCount} CPUs, {machine.Virtualization}"),
            ("memory", string.Create(CultureInfo.InvariantCulture, $"{machine.MemoryBytes / 1e9:F0} GB")),
            ("kernel", $"Linux {machine.Kernel}"),
            ("medium \"memory\"", machine.MemoryFileSystem),
            ("medium \"disk\"", machine.DiskFileSystem),
            (".NET", machine.DotNet),
            ("compiler", machine.Compiler),
            .. machine.Policies.Select(policy => (policy.Key, policy.Value)),
        ];
        text.Append("| | |\n|---|---|\n");
        foreach ((string name, string value) in facts)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {value} |\n");
        }
    }

    private static void WriteDetails(StringBuilder text, IReadOnlyList<TargetOutcome> outcomes)
    {
        text.Append("\n| pair | median | quartiles | by the least times |\n|---|---:|---:|---:|\n");
        foreach (TargetOutcome outcome in outcomes.Where(outcome => outcome.Pairs.Count > 1))
        {
            foreach (PairOutcome pair in outcome.Pairs)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {outcome.Target.What}: {pair.Pair.Label} | {pair.Median:0.00#} | {pair.LowerQuartile:0.00#} to {pair.UpperQuartile:0.00#} | {pair.OfLeast:0.00#} |\n");
            }
        }
    }

    private static void WriteScenario(
        StringBuilder text, string scenario, string medium, IReadOnlyList<BenchmarkResult> results)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {Titles.Of(scenario)} ({medium})\n\n");
        text.Append("| system | policy | payload | threads | batch | log | ns | least | quartiles | allocated |\n");
        text.Append("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        foreach (BenchmarkResult result in results)
        {
            string log = result.LogBytes == 0 ? "" : Number(result.LogBytes >> 20) + " MiB";
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {Titles.OfSystem(result.System)} | {result.Policy} | {result.PayloadBytes} B | {result.Threads} | {result.Batch} | {log} | ");
            text.Append(
                CultureInfo.InvariantCulture,
                $"{Number(result.NsPerOpMedian)} | {Number(result.NsPerOpMin)} | {Number(result.NsPerOpQ1)} to {Number(result.NsPerOpQ3)} | ");
            text.Append(
                CultureInfo.InvariantCulture,
                $"{(result.BytesAllocatedPerOp is null ? "" : Number(result.BytesAllocatedPerOp) + " B")} |\n");
        }
    }

    private static void WriteResident(StringBuilder text, ResultSet results)
    {
        BenchmarkResult[] resident = [.. results.All.Where(result => result.ResidentBytes is not null)];
        if (resident.Length == 0)
        {
            return;
        }

        text.Append("\n## Resident memory\n\nOf a process that has appended entries of 64 bytes for a while, without memory that a ");
        text.Append("file is behind; of .NET with the run-time.\n\n| system | MiB |\n|---|---:|\n");
        foreach (BenchmarkResult result in resident)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {Titles.OfSystem(result.System)} | {result.ResidentBytes!.Value / 1048576.0:F1} |\n");
        }
    }

    // Three digits that count; more only in front of the point.
    private static string Number(double? value) => value switch
    {
        null => "",
        >= 100 => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
