using System.Diagnostics;
using PmemStream.Interop;

namespace PmemStream.Demo;

/// <summary>What happens after the kill: open, verify, go on, verify the whole.</summary>
internal static class Recovery
{
    // One append may have reached the medium without its acknowledgement: the writer has one thread, and tells of each
    // append before it begins the next.
    private const int InFlightMax = 1;

    private const int LinesWanted = 10_000;
    private static readonly TimeSpan AppendTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AppendTimeAtMost = TimeSpan.FromSeconds(40);

    /// <summary>
    /// Opens the stream, verifies what is there, appends the rest: all of it if the user named the input, else for a limited
    /// time. Returns how many lines were used.
    /// </summary>
    public static int VerifyAndAppendRest(StreamPlace place, DemoInput input, CrashedWriter crash, Summary summary)
    {
        LineText lines = input.Lines;
        var clock = Stopwatch.StartNew();
        using PersistentStream stream = PersistentStream.Open(place.StreamPath);
        TimeSpan opened = clock.Elapsed;
        StreamRegion region = stream.GetRegion(Writer.RegionName);
        int recovered = Verify(region, lines, crash.Acknowledged);
        summary.Recovered(recovered, opened);
        Console.WriteLine(
            $"Recovered {Summary.Lines(recovered)}: every acknowledged one, intact and in order; appending the rest");

        clock.Restart();
        int used = recovered;
        while (used < lines.Count
            && (input.IsNamed || clock.Elapsed < (used < LinesWanted ? AppendTimeAtMost : AppendTime)))
        {
            region.Append(lines[used]);
            used++;
        }

        summary.Appended(used, clock.Elapsed);
        return used;
    }

    /// <summary>Opens the stream for reading and compares the whole region with the input, byte for byte.</summary>
    public static void VerifyWhole(StreamPlace place, LineText lines, int used, Summary summary)
    {
        var clock = Stopwatch.StartNew();
        using PersistentStream stream = PersistentStream.OpenReadOnly(place.StreamPath);
        ReadOnlySpan<byte> expected = lines.Bytes[..lines.Start(used)];
        int offset = 0;
        int count = 0;
        foreach (StreamEntry entry in stream.GetRegion(Writer.RegionName))
        {
            if (entry.Data.Length > expected.Length - offset
                || !entry.Data.SequenceEqual(expected.Slice(offset, entry.Data.Length)))
            {
                throw new DemoException(
                    $"after reopening, entry {count + 1} at {entry.Position} is not the line of the input");
            }

            offset += entry.Data.Length;
            count++;
        }

        if (count != used || offset != expected.Length)
        {
            throw new DemoException(
                $"after reopening there are {count} lines with {offset} bytes: expected {used} with {expected.Length}");
        }

        summary.Read(clock.Elapsed);
        summary.Checked(Check(stream));
    }

    private static string Check(PersistentStream stream)
    {
        StreamCheck check = stream.Check();
        StreamProblem? error = check.Problems.FirstOrDefault(problem => problem.Severity == ProblemSeverity.Error);
        return error is null
            ? $"no errors in {Summary.Number(check.EntryCount)} entries"
            : throw new DemoException(
                $"the check found {check.ErrorCount} errors, the first at {error.Position}: {error.Message}");
    }

    private static int Verify(StreamRegion region, LineText lines, IReadOnlyList<EntryPosition> acknowledged)
    {
        int count = 0;
        foreach (StreamEntry entry in region)
        {
            string which = count < acknowledged.Count ? "acknowledged" : "last";
            if (count == lines.Count || !entry.Data.SequenceEqual(lines[count]))
            {
                throw new DemoException(
                    $"the {which} entry {count + 1} at {entry.Position} is not line {count + 1} of the input");
            }

            if (count < acknowledged.Count && entry.Position != acknowledged[count])
            {
                throw new DemoException(
                    $"line {count + 1} is at {entry.Position}: it was acknowledged at {acknowledged[count]}");
            }

            count++;
        }

        if (count < acknowledged.Count)
        {
            throw new DemoException(
                $"{acknowledged.Count - count} acknowledged lines are missing, from line {count + 1} on: "
                + $"it was acknowledged at {acknowledged[count]}");
        }

        return count <= acknowledged.Count + InFlightMax
            ? count
            : throw new DemoException(
                $"{count} lines are there and {acknowledged.Count} were acknowledged: "
                + $"at most {InFlightMax} can have been in flight");
    }
}
