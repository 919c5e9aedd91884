using PmemStream.Interop;

namespace PmemStream.Cli.Output;

/// <summary>What the tool says about a check: a line for each problem, and one with the sums.</summary>
internal static class CheckReport
{
    /// <summary>Writes it.</summary>
    public static void Write(StreamCheck check, PersistentStream stream, TextWriter output)
    {
        Dictionary<long, string> names = Names(stream);
        foreach (StreamProblem problem in check.Problems)
        {
            output.WriteLine($"{Severity(problem.Severity)}: {Place(problem, names)}: {OneLine.Of(problem.Message)}");
        }

        output.WriteLine(
            $"checked {Counted.Of(check.RegionCount, "region")}, "
            + $"{Counted.Of(check.EntryCount, "entry", "entries")} with {Counted.Of(check.PayloadBytes, "byte")}: "
            + (check.Problems.Count == 0
                ? "no problems"
                : $"{Counted.Of(check.Problems.Count, "problem")}, {Counted.Of(check.ErrorCount, "error")} of them"));
    }

    private static Dictionary<long, string> Names(PersistentStream stream)
    {
        var names = new Dictionary<long, string>();
        foreach (StreamRegion region in stream.Regions)
        {
            RegionInfo info = region.Info;
            names[info.Offset] = info.Name;
        }

        return names;
    }

    private static string Severity(ProblemSeverity severity) => severity switch
    {
        ProblemSeverity.Note => "note",
        ProblemSeverity.Warning => "warning",
        _ => "error",
    };

    private static string Place(StreamProblem problem, Dictionary<long, string> names)
    {
        if (problem.RegionOffset is not { } regionOffset)
        {
            return $"at {problem.Position}";
        }

        string name = names.TryGetValue(regionOffset, out string? known) && known.Length != 0
            ? $"region '{EscapedText.Of(known)}'"
            : $"region at {regionOffset}";
        return $"{name}, at {problem.Position}";
    }
}
