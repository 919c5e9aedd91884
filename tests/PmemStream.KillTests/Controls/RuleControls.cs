using static PmemStream.KillTests.History;

namespace PmemStream.KillTests;

/// <summary>
/// The rules that the checker judges by, each with a history that keeps it and one that breaks it: those above all that a
/// real kill seldom brings about.
/// </summary>
internal static class RuleControls
{
    private static readonly (string Name, ViolationKind? Expected, Action<History> Run)[] Controls =
    [
        .. EntryControls.All,
        .. GroupControls.All,
        .. RegionControls.All,
        ("log, a place that was never written", null, _ => ReadLog(record: 1, bytes: CallRecord.Bytes, value: 0)),
        ("log, a damaged byte", ViolationKind.BadLog, _ => ReadLog(record: 1, bytes: 30, value: 0xFF)),
        ("log, two calls of a thread at once", ViolationKind.BadLog, history =>
        {
            history.Begin(Verb.Append, At(1, 1, 0));
            history.Begin(Verb.Append, At(1, 2, 0));
            history.Kill();
        }),
        ("log, a region that was never created", ViolationKind.BadLog, history =>
        {
            history.Call(Verb.Append, At(1, 1, 20, region: 99));
            history.Kill();
        }),
    ];

    /// <summary>Runs them all.</summary>
    public static (int Passed, int Failed) Run()
    {
        var outcomes = new ControlOutcomes("histories that keep or break a rule");
        foreach ((string name, ViolationKind? expected, Action<History> run) in Controls)
        {
            outcomes.Try(name, expected, () => run(new History()));
        }

        return outcomes.Print();
    }

    // Of three records one is overwritten.
    private static void ReadLog(int record, int bytes, byte value)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using (CallLog log = CallLog.Create(path))
            {
                for (uint number = 1; number <= 3; number++)
                {
                    log.Write(new CallRecord { Verb = Verb.Append, Phase = Phase.Intent, Number = number });
                }
            }

            byte[] all = File.ReadAllBytes(path);
            all.AsSpan(record * CallRecord.Bytes, bytes).Fill(value);
            File.WriteAllBytes(path, all);
            uint[] numbers = [.. CallLog.Read(path).Select(read => read.Number)];
            if (!numbers.SequenceEqual([1u, 3u]))
            {
                throw new InvalidOperationException($"read {string.Join(", ", numbers)}");
            }
        }
        finally
        {
            File.Delete(path);
        }
    }
}
