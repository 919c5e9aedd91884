using static PmemStream.KillTests.History;

namespace PmemStream.KillTests;

/// <summary>Rules about entries and reservations.</summary>
internal static class EntryControls
{
    private static readonly Entry First = new(1, 1, 1, 20);
    private static readonly Entry Second = new(1, 1, 2, 30);

    /// <summary>All of them: what is done, and what must be found to be wrong.</summary>
    public static (string Name, ViolationKind? Expected, Action<History> Run)[] All { get; } =
    [
        ("append, found", null, history => Append(history, Verb.Append, First, Second)),
        ("append, lost", ViolationKind.EntryLost, history => Append(history, Verb.Append, First)),
        ("append, lost in the middle", ViolationKind.EntryLost, history => Append(history, Verb.Append, Second)),
        ("append, in the other order", ViolationKind.WrongTimestamp, history => Append(history, Verb.Append, Second, First)),
        ("append, twice", ViolationKind.WrongTimestamp, history => Append(history, Verb.Append, First, First, Second)),
        ("append, other bytes", ViolationKind.WrongBytes,
            history => Append(history, Verb.Append, First, Second with { Number = 3 })),
        ("append, other length", ViolationKind.WrongBytes,
            history => Append(history, Verb.Append, First, Second with { Bytes = EntryBytes - 1 })),
        ("append, refused and there", ViolationKind.EntryInvented, history =>
        {
            history.Begin(Verb.Append, At(1, 1, 0));
            history.Refuse(Verb.Append, At(1, 1, 0));
            history.Kill();
            history.Find(First);
        }),
        ("append, never begun and there", ViolationKind.EntryInvented, history =>
        {
            history.Kill();
            history.Find(First);
        }),
        ("deferred append, lost", null, history => Append(history, Verb.AppendDeferred, First)),
        ("deferred append, both lost", null, history => Append(history, Verb.AppendDeferred)),
        ("deferred append, other bytes", ViolationKind.WrongBytes,
            history => Append(history, Verb.AppendDeferred, First with { Number = 3 })),
        ("deferred append, lost before a durable one", ViolationKind.EntryLost, history =>
        {
            history.Call(Verb.AppendDeferred, At(1, 1, 20));
            history.Call(Verb.Append, At(1, 2, 30));
            history.Kill();
            history.Find(Second);
        }),
        ("deferred append, lost after a persist", ViolationKind.EntryLost, history => Persist(history, 30, First)),
        ("deferred append, lost behind a persist", null, history => Persist(history, 20, First)),
        ("deferred append, found and then lost", ViolationKind.EntryLost, history =>
        {
            Append(history, Verb.AppendDeferred, First, Second);
            history.Find(First);
        }),
        ("killed append, found", null, history => AppendKilled(history, First)),
        ("killed append, not there", null, history => AppendKilled(history)),
        ("killed append, found and then lost", ViolationKind.EntryLost, history =>
        {
            AppendKilled(history, First);
            history.Find();
        }),
        ("killed append, not there and then found", ViolationKind.EntryInvented, history =>
        {
            AppendKilled(history);
            history.Find(First);
        }),
        ("killed append, other length", ViolationKind.EntryInvented,
            history => AppendKilled(history, First with { Bytes = EntryBytes + 1 })),
        ("killed append, before what was acknowledged", ViolationKind.WrongTimestamp, history =>
        {
            history.Call(Verb.Append, At(2, 1, 40));
            AppendKilled(history, First, new Entry(1, 2, 1, 40));
        }),
        ("timestamp before an acknowledged one", ViolationKind.WrongTimestamp, history =>
        {
            history.Call(Verb.Append, At(1, 1, 30));
            history.Call(Verb.Append, At(2, 1, 20));
            history.Kill();
        }),
        ("timestamp before one that was under way", null, history =>
        {
            history.Begin(Verb.Append, At(2, 1, 20));
            history.Call(Verb.Append, At(1, 1, 30));
            history.End(Verb.Append, At(2, 1, 20));
            history.Kill();
            history.Find(new Entry(1, 2, 1, 20), new Entry(1, 1, 1, 30));
        }),
        ("one timestamp for two", ViolationKind.WrongTimestamp, history =>
        {
            history.Begin(Verb.Append, At(2, 1, 20));
            history.Call(Verb.Append, At(1, 1, 20));
            history.End(Verb.Append, At(2, 1, 20));
            history.Kill();
        }),
        ("a killed append of an earlier session, behind a later one", ViolationKind.Reordered, history =>
        {
            history.Begin(Verb.Append, At(1, 1, 0));
            history.Kill();
            history.Call(Verb.Append, At(1, 1, 30));
            history.Kill();
            history.Find(new Entry(2, 1, 1, 30), First with { Timestamp = 40 });
        }),
        ("reservation, published", null, history => Reserve(history, Verb.Publish, done: true, First)),
        ("reservation, published and lost", ViolationKind.EntryLost, history => Reserve(history, Verb.Publish, done: true)),
        ("killed publish, found", null, history => Reserve(history, Verb.Publish, done: false, First)),
        ("killed publish, not there", null, history => Reserve(history, Verb.Publish, done: false)),
        ("killed publish, other length", ViolationKind.WrongBytes,
            history => Reserve(history, Verb.Publish, done: false, First with { Bytes = EntryBytes + 1 })),
        ("reservation, abandoned", null, history => Reserve(history, Verb.Abandon, done: true)),
        ("reservation, abandoned and there", ViolationKind.ReservationExposed,
            history => Reserve(history, Verb.Abandon, done: true, First)),
        ("killed abandon, there", ViolationKind.ReservationExposed,
            history => Reserve(history, Verb.Abandon, done: false, First)),
        ("open reservation, there", ViolationKind.ReservationExposed, history =>
        {
            history.Call(Verb.Reserve, At(1, 1, 20));
            history.Kill();
            history.Find(First);
        }),
    ];

    private static void Append(History history, Verb verb, params ReadOnlySpan<Entry> found)
    {
        history.Call(verb, At(1, 1, 20));
        history.Call(verb, At(1, 2, 30));
        history.Kill();
        history.Find(found);
    }

    private static void AppendKilled(History history, params ReadOnlySpan<Entry> found)
    {
        history.Begin(Verb.Append, At(1, 1, 0));
        history.Kill();
        history.Find(found);
    }

    private static void Persist(History history, ulong upTo, params ReadOnlySpan<Entry> found)
    {
        history.Call(Verb.AppendDeferred, At(1, 1, 20));
        history.Call(Verb.AppendDeferred, At(1, 2, 30));
        history.Call(Verb.Persist, At(1, 0, upTo));
        history.Kill();
        history.Find(found);
    }

    private static void Reserve(History history, Verb end, bool done, params ReadOnlySpan<Entry> found)
    {
        history.Call(Verb.Reserve, At(1, 1, 20));
        history.Begin(end, At(1, 1, 20));
        if (done)
        {
            history.End(end, At(1, 1, 20));
        }

        history.Kill();
        history.Find(found);
    }
}
