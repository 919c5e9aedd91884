using static PmemStream.KillTests.History;

namespace PmemStream.KillTests;

/// <summary>Rules about regions as a whole.</summary>
internal static class RegionControls
{
    private const ulong Cleared = 50;
    private const ulong Other = 60;

    private static readonly Entry First = new(1, 1, 1, 20);

    /// <summary>All of them: what is done, and what must be found to be wrong.</summary>
    public static (string Name, ViolationKind? Expected, Action<History> Run)[] All { get; } =
    [
        ("clear, done", null, history => Clear(history, done: true).FindAt(Cleared)),
        ("clear, undone", ViolationKind.ClearUndone, history => Clear(history, done: true).FindAt(Region, First)),
        ("clear, an old entry there", ViolationKind.WrongTimestamp,
            history => Clear(history, done: true).FindAt(Cleared, First)),
        ("clear, another one since", ViolationKind.ClearInvented, history => Clear(history, done: true).FindAt(Cleared + 1)),
        ("killed clear, done", null, history => Clear(history, done: false).FindAt(Cleared)),
        ("killed clear, not done", null, history => Clear(history, done: false).FindAt(Region, First)),
        ("killed clear, half done", ViolationKind.EntryLost, history => Clear(history, done: false).FindAt(Region)),
        ("killed clear, not done and then done", ViolationKind.ClearInvented, history =>
        {
            Clear(history, done: false).FindAt(Region, First);
            history.FindAt(Cleared);
        }),
        ("killed clear, done and then undone", ViolationKind.ClearUndone, history =>
        {
            Clear(history, done: false).FindAt(Cleared);
            history.FindAt(Region, First);
        }),
        ("killed clear, with an old base", ViolationKind.WrongTimestamp,
            history => Clear(history, done: false).FindAt(First.Timestamp)),
        ("clear, with an old base", ViolationKind.WrongTimestamp, history =>
        {
            history.Call(Verb.Append, At(1, 1, First.Timestamp));
            history.Call(Verb.ClearRegion, Of(Region, First.Timestamp));
            history.Kill();
        }),
        ("refused clear, done", ViolationKind.ClearInvented, history =>
        {
            history.Begin(Verb.ClearRegion, Of(Region));
            history.Refuse(Verb.ClearRegion, Of(Region));
            history.Kill();
            history.FindAt(Cleared);
        }),
        ("free, done", null, history => Free(history, done: true).FindRegions()),
        ("free, undone", ViolationKind.FreeUndone, history => Free(history, done: true).FindRegions((0, Region))),
        ("killed free, done", null, history => Free(history, done: false).FindRegions()),
        ("killed free, not done", null, history => Free(history, done: false).FindAt(Region, First)),
        ("killed free, half done", ViolationKind.EntryLost, history => Free(history, done: false).FindAt(Region)),
        ("killed free, done and then undone", ViolationKind.FreeUndone, history =>
        {
            Free(history, done: false).FindRegions();
            history.FindRegions((0, Region));
        }),
        ("killed free, not done and then done", ViolationKind.RegionLost, history =>
        {
            Free(history, done: false).FindAt(Region, First);
            history.FindRegions();
        }),
        ("append to a freed region", ViolationKind.FreeUndone, history =>
        {
            history.Call(Verb.FreeRegion, Of(Region));
            history.Call(Verb.Append, At(1, 1, 20));
            history.Kill();
        }),
        ("append to a region that is freed before it is logged", null, history =>
        {
            history.Begin(Verb.Append, At(2, 1, 20));
            history.Call(Verb.FreeRegion, Of(Region));
            history.End(Verb.Append, At(2, 1, 20));
            history.Kill();
            history.FindRegions();
        }),
        ("create, done", null, history => Create(history, done: true).FindRegions((0, Region), (1, Other))),
        ("create, lost", ViolationKind.RegionLost, history => Create(history, done: true).FindRegions((0, Region))),
        ("create, under another name", ViolationKind.RegionInvented,
            history => Create(history, done: true).FindRegions((0, Region), (2, Other))),
        ("create, another one in its place", ViolationKind.RegionInvented,
            history => Create(history, done: true).FindRegions((0, Region), (1, Other + 1))),
        ("killed create, done", null, history => Create(history, done: false).FindRegions((0, Region), (1, Other))),
        ("killed create, not done", null, history => Create(history, done: false).FindRegions((0, Region))),
        ("killed create, done and then lost", ViolationKind.RegionLost, history =>
        {
            Create(history, done: false).FindRegions((0, Region), (1, Other));
            history.FindRegions((0, Region));
        }),
        ("killed create, not done and then done", ViolationKind.RegionInvented, history =>
        {
            Create(history, done: false).FindRegions((0, Region));
            history.FindRegions((0, Region), (1, Other));
        }),
        ("killed create, with an old identity", ViolationKind.WrongTimestamp,
            history => Create(history, done: false).FindRegions((0, Region), (1, Region - 1))),
        ("the stream created again", ViolationKind.RegionLost, history =>
        {
            history.Kill();
            history.Begin(Verb.CreateStream);
            history.Kill();
        }),
    ];

    private static History Clear(History history, bool done)
    {
        history.Call(Verb.Append, At(1, 1, First.Timestamp));
        return Do(history, Verb.ClearRegion, Of(Region, Cleared), done);
    }

    private static History Free(History history, bool done)
    {
        history.Call(Verb.Append, At(1, 1, First.Timestamp));
        return Do(history, Verb.FreeRegion, Of(Region), done);
    }

    private static History Do(History history, Verb verb, in CallRecord record, bool done)
    {
        history.Begin(verb, record);
        if (done)
        {
            history.End(verb, record);
        }

        history.Kill();
        return history;
    }

    private static History Create(History history, bool done)
    {
        if (done)
        {
            history.Create(1, Other);
        }
        else
        {
            history.BeginCreating(1);
        }

        history.Kill();
        return history;
    }
}
