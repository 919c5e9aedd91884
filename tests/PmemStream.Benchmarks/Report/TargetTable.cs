using System.Globalization;
using System.Text;
using PmemStream.Benchmarks.Results;

namespace PmemStream.Benchmarks.Report;

/// <summary>What was to be reached, what was measured, and whether that is enough.</summary>
internal static class TargetTable
{
    public static string Write(IEnumerable<TargetOutcome> outcomes)
    {
        var text = new StringBuilder("| what | target | measured | |\n|---|---:|---:|---|\n");
        foreach (TargetOutcome outcome in outcomes)
        {
            string verdict = outcome.IsReached switch { true => "reached", false => "**missed**", null => "not measured" };
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {outcome.Target.What} | {Limit(outcome.Target)} | {Measured(outcome)} | {verdict} |\n");
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
        if (outcome.Worst is not { } worst)
        {
            return "";
        }

        string unit = outcome.Target.Kind switch
        {
            TargetKind.FasterAtLeast => "x",
            TargetKind.AllocatedAtMost => " B",
            TargetKind.RatioAtMost => "",
            _ => " ns",
        };
        string label = outcome.Pairs.Count > 1 ? $" ({worst.Pair.Label})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{worst.Median:0.00#}{unit}{label}");
    }
}
