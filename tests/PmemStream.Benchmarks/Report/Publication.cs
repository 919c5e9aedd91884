using System.Globalization;
using PmemStream.Benchmarks.Results;

namespace PmemStream.Benchmarks.Report;

/// <summary>The files of one run.</summary>
internal static class Publication
{
    public const string TableName = "latest.md";
    public const string PlotName = "latest.svg";

    /// <summary>
    /// Writes DATE-MACHINE.json, latest.md and latest.svg into the folder; what another run left of the last two is
    /// replaced.
    /// </summary>
    public static void Write(string folder, ResultSet results, IReadOnlyList<TargetOutcome> outcomes, Machine machine)
    {
        string json = string.Create(CultureInfo.InvariantCulture, $"{machine.Time:yyyy-MM-dd}-{machine.ShortName}.json");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, json), results.ToJson());
        File.WriteAllText(Path.Combine(folder, TableName), MarkdownReport.Write(results, outcomes, machine, json));
        File.WriteAllText(Path.Combine(folder, PlotName), Plot.Write(results, machine.Summary));
    }
}
