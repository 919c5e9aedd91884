using static PmemStream.KillTests.History;

namespace PmemStream.KillTests;

/// <summary>Rules about groups, and about what makes entries durable.</summary>
internal static class GroupControls
{
    private const int Count = 3;

    private static readonly Entry First = Member(0, 20);
    private static readonly Entry Second = Member(1, 21);
    private static readonly Entry Third = Member(2, 22);
    private static readonly Entry Deferred = new(1, 1, 1, 20);

    /// <summary>All of them: what is done, and what must be found to be wrong.</summary>
    public static (string Name, ViolationKind? Expected, Action<History> Run)[] All { get; } =
    [
        ("group, found", null, history => Append(history, Verb.AppendGroup, First, Second, Third)),
        ("group, lost", ViolationKind.EntryLost, history => Append(history, Verb.AppendGroup)),
        ("group, without its last", ViolationKind.GroupTorn, history => Append(history, Verb.AppendGroup, First, Second)),
        ("group, other bytes", ViolationKind.WrongBytes,
            history => Append(history, Verb.AppendGroup, First, Second with { Number = 7 }, Third)),
        ("deferred group, found", null, history => Append(history, Verb.AppendGroupDeferred, First, Second, Third)),
        ("deferred group, lost", null, history => Append(history, Verb.AppendGroupDeferred)),
        ("deferred group, without its first", ViolationKind.GroupTorn,
            history => Append(history, Verb.AppendGroupDeferred, Second, Third)),
        ("deferred group, found and then lost", ViolationKind.EntryLost, history =>
        {
            Append(history, Verb.AppendGroupDeferred, First, Second, Third);
            history.Find();
        }),
        ("group, refused and there", ViolationKind.EntryInvented, history =>
        {
            history.BeginGroup(Verb.AppendGroup, At(1, 1, 0), Count);
            history.Refuse(Verb.AppendGroup, At(1, 1, 0));
            history.Kill();
            history.Find(First, Second, Third);
        }),
        ("group, acknowledged with a gap", ViolationKind.WrongTimestamp, history =>
        {
            history.BeginGroup(Verb.AppendGroup, At(1, 1, 20), Count);
            history.EndGroup(Verb.AppendGroup, At(1, 1, 20), 20, 21, 23);
            history.Kill();
        }),
        ("group, acknowledged without a place", ViolationKind.BadLog, history =>
        {
            history.BeginGroup(Verb.AppendGroup, At(1, 1, 20), Count);
            history.EndGroup(Verb.AppendGroup, At(1, 1, 20), 20, 21);
            history.Kill();
        }),
        ("killed group, found", null, history => AppendKilled(history, First, Second, Third)),
        ("killed group, not there", null, history => AppendKilled(history)),
        ("killed group, its first alone", ViolationKind.GroupTorn, history => AppendKilled(history, First)),
        ("killed group, its last alone", ViolationKind.GroupTorn, history => AppendKilled(history, Third)),
        ("killed group, with a gap", ViolationKind.GroupTorn,
            history => AppendKilled(history, First, Second, Third with { Timestamp = 23 })),
        ("killed group, in the other order", ViolationKind.GroupTorn, history => AppendKilled(
            history, Second with { Timestamp = 20 }, First with { Timestamp = 21 }, Third)),
        ("killed group, found and then in part", ViolationKind.GroupTorn, history =>
        {
            AppendKilled(history, First, Second, Third);
            history.Find(First, Second);
        }),
        ("deferred append, lost after a persist of all", ViolationKind.EntryLost,
            history => Persist(history, Verb.Persist, before: true)),
        ("deferred append, lost beside a persist of all", null,
            history => Persist(history, Verb.Persist, before: false)),
        ("deferred append, lost after a persist of the stream", ViolationKind.EntryLost,
            history => Persist(history, Verb.PersistStream, before: true)),
        ("deferred append, lost beside a persist of the stream", null,
            history => Persist(history, Verb.PersistStream, before: false)),
        ("deferred append, lost after a close", ViolationKind.EntryLost,
            history => Persist(history, Verb.Close, before: true)),
        ("persisted timestamp, as acknowledged", null, history => PersistTwice(history).FindPersisted(30)),
        ("persisted timestamp, gone back", ViolationKind.WrongTimestamp, history => PersistTwice(history).FindPersisted(29)),
        ("persisted timestamp, found and then gone back", ViolationKind.WrongTimestamp, history =>
        {
            PersistTwice(history).FindPersisted(40);
            history.FindPersisted(30);
        }),
        ("deferred append, lost below the timestamp of the stream", ViolationKind.EntryLost, history =>
        {
            history.Begin(Verb.PersistStream, new CallRecord { Thread = 2 });
            history.Call(Verb.AppendDeferred, At(1, 1, 20));
            history.End(Verb.PersistStream, new CallRecord { Thread = 2, Timestamp = 20 });
            history.Kill();
            history.Find();
        }),
    ];

    private static Entry Member(int index, ulong timestamp) =>
        new(1, 1, 1 + (uint)index, timestamp, GroupSizes.Of(GroupBytes, index));

    private static void Append(History history, Verb verb, params ReadOnlySpan<Entry> found)
    {
        history.BeginGroup(verb, At(1, 1, 20), Count);
        history.EndGroup(verb, At(1, 1, 20), 20, 21, 22);
        history.Kill();
        history.Find(found);
    }

    private static void AppendKilled(History history, params ReadOnlySpan<Entry> found)
    {
        history.BeginGroup(Verb.AppendGroup, At(1, 1, 0), Count);
        history.Kill();
        history.Find(found);
    }

    private static History PersistTwice(History history)
    {
        history.Call(Verb.PersistStream, new CallRecord { Thread = 2, Timestamp = 30 });
        history.Call(Verb.PersistStream, new CallRecord { Thread = 3, Timestamp = 20 });
        history.Kill();
        return history;
    }

    // The entry is acknowledged before the call begins, or while it is under way; then it is lost.
    private static void Persist(History history, Verb verb, bool before)
    {
        CallRecord call = verb == Verb.Persist ? Of(Region, thread: 2) : new CallRecord { Thread = 2 };
        if (before)
        {
            history.Call(Verb.AppendDeferred, At(1, 1, Deferred.Timestamp));
        }

        history.Begin(verb, call);
        if (!before)
        {
            history.Call(Verb.AppendDeferred, At(1, 1, Deferred.Timestamp));
        }

        history.End(verb, call);
        history.Kill();
        history.Find();
    }
}
