using System.Text.Json;
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

    /// <summary>Writes it as JSON. Scripts rely on the names of the properties.</summary>
    public static void Write(StreamCheck check, string path, PersistentStream stream, Utf8JsonWriter writer)
    {
        Dictionary<long, string> names = Names(stream);
        writer.WriteString("path", path);
        writer.WriteBoolean("sound", check.IsSound);
        writer.WriteNumber("errorCount", check.ErrorCount);
        writer.WriteNumber("regionCount", check.RegionCount);
        writer.WriteNumber("entryCount", check.EntryCount);
        writer.WriteNumber("payloadBytes", check.PayloadBytes);
        writer.WriteNumber("freeBytes", check.FreeBytes);
        writer.WriteStartArray("problems");
        foreach (StreamProblem problem in check.Problems)
        {
            writer.WriteStartObject();
            writer.WriteString("severity", Severity(problem.Severity));
            writer.WriteNumber("position", problem.Position);
            writer.WriteString("region", problem.RegionOffset is { } at ? Name(at, names) : null);
            writer.WriteOptional("regionOffset", problem.RegionOffset);
            writer.WriteString("message", OneLine.Of(problem.Message));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Name(long offset, Dictionary<long, string> names) =>
        RegionNames.Of(names.GetValueOrDefault(offset, ""), offset);

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
