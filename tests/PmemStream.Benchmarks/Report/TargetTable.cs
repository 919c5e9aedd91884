using System.Globalization;
using System.Text;
using PmemStream.Benchmarks.Results;

namespace PmemStream.Benchmarks.Report;

/// <summary>What was to be reached, what was measured, and whether that is enough.</summary>
internal static class TargetTable
{
    public static string Write(IEnumerable<TargetOutcome> outcomes)
    {
        var text = new StringBuilder("| what | target | measured | by the least times | |\n|---|---:|---:|---:|---|\n");
        foreach (TargetOutcome outcome in outcomes)
        {
            string verdict = outcome.IsReached switch { true => "reached", false => "**missed**", null => "not measured" };
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {outcome.Target.What} | {Limit(outcome.Target)} | {Measured(outcome)} | {Number(outcome, outcome.Worst?.OfLeast)} | {verdict} |\n");
        }

        return text.ToString();
    }

    private static string Limit(Target target) => target.Kind switch
    {
        TargetKind.FasterAtLeast => string.Create(CultureInfo.InvariantCulture, $">= {target.Limit:0.0#}x"),
        TargetKind.RatioAtMost => string.Create(CultureInfo.InvariantCulture, $"<= {target.Limit:0.00}"),
        TargetKind.AllocatedAtMost => string.Create(CultureInfo.InvariantCulture, $"{target.Limit:0} B"),
        _ => string.Create(CultureInfo.InvariantCulture, $"<= {target.Limit:0.##} ns"),
    };

    private static string Measured(TargetOutcome outcome)
    {
        string label = outcome.Pairs.Count > 1 ? $" ({outcome.Worst!.Pair.Label})" : "";
        return Number(outcome, outcome.Worst?.Median) + label;
    }

    private static string Number(TargetOutcome outcome, double? value)
    {
        string unit = outcome.Target.Kind switch
        {
            TargetKind.FasterAtLeast => "x",
            TargetKind.AllocatedAtMost => " B",
            TargetKind.RatioAtMost => "",
            _ => " ns",
        };
        return value is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{value:0.00#}{unit}");
    }
}
