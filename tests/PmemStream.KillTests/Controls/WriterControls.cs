using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>Writers that do one thing wrong, each killed once: the checker must say what it was, and nothing of an honest one.</summary>
internal static class WriterControls
{
    private static readonly (WriterFault Fault, ViolationKind? Expected)[] Controls =
    [
        (WriterFault.Honest, null),
        (WriterFault.AppendsNothing, ViolationKind.EntryLost),
        (WriterFault.AcknowledgesFirst, ViolationKind.EntryLost),
        (WriterFault.AppendsUnlogged, ViolationKind.EntryInvented),
        (WriterFault.AppendsTwice, ViolationKind.EntryInvented),
        (WriterFault.AppendsOtherBytes, ViolationKind.WrongBytes),
        (WriterFault.PublishesLess, ViolationKind.WrongBytes),
        (WriterFault.PublishesAbandoned, ViolationKind.ReservationExposed),
        (WriterFault.AppendsOutOfOrder, ViolationKind.Reordered),
        (WriterFault.MisplacesEntry, ViolationKind.Reordered),
        (WriterFault.RepeatsTimestamp, ViolationKind.WrongTimestamp),
        (WriterFault.ClearsNothing, ViolationKind.ClearUndone),
        (WriterFault.ClearsUnlogged, ViolationKind.ClearInvented),
        (WriterFault.FreesNothing, ViolationKind.FreeUndone),
        (WriterFault.FreesUnlogged, ViolationKind.RegionLost),
        (WriterFault.CreatesNothing, ViolationKind.RegionLost),
        (WriterFault.CreatesUnlogged, ViolationKind.RegionInvented),
        (WriterFault.DamagesEntry, ViolationKind.Unsound),
        (WriterFault.AppendsGroupInPart, ViolationKind.GroupTorn),
        (WriterFault.Throws, ViolationKind.WriterFailed),
    ];

    /// <summary>Runs them all.</summary>
    public static (int Passed, int Failed) Run(RunOptions options)
    {
        var outcomes = new ControlOutcomes("writers that are wrong on purpose");
        string folder = Path.Combine(options.WorkFolder, "controls");
        var kill = new Kill(KillMoment.Wrong, TimeSpan.FromMilliseconds(1));
        var plan = new KillPlan(Fresh: true, [kill], ReadFirst: true, CheckFirst: false, Recover: true);
        foreach ((WriterFault fault, ViolationKind? expected) in Controls)
        {
            var chain = new StreamChain(
                fault.ToString(), MediumKind.PageCache, Path.Combine(folder, "streams"), folder, options.Seed, new Totals());
            outcomes.Try(fault.ToString(), expected, () => chain.Run(plan, 1, fault));
            if (expected is not (null or ViolationKind.WriterFailed))
            {
                outcomes.Try($"{fault}, replayed", expected, () => StreamChain.Replay(chain.RoundFolder, new Totals()));
            }
        }

        return outcomes.Print();
    }
}
