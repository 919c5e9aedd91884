namespace PmemStream.Interop.Tests.Support;

/// <summary>The calls that need the stream, by their names.</summary>
internal static class EveryCall
{
    public static Dictionary<string, Action> Of(PersistentStream stream) => new()
    {
        ["Info"] = () => _ = stream.Info,
        ["Recovery"] = () => _ = stream.Recovery,
        ["Regions"] = () => _ = stream.Regions,
        ["Check"] = () => stream.Check(),
        ["CreateRegion"] = () => stream.CreateRegion("a", 1),
        ["GetRegion"] = () => stream.GetRegion(TestStreams.RegionName),
        ["TryGetRegion"] = () => stream.TryGetRegion(TestStreams.RegionName, out _),
        ["GetOrCreateRegion"] = () => stream.GetOrCreateRegion(TestStreams.RegionName, 1),
        ["Persist"] = () => stream.Persist(),
        ["PersistedTimestamp"] = () => _ = stream.PersistedTimestamp,
    };

    public static Dictionary<string, Action> Of(StreamRegion region, EntryPosition at) => new()
    {
        ["region.Info"] = () => _ = region.Info,
        ["region.CommittedOffset"] = () => _ = region.CommittedOffset,
        ["region.PersistedOffset"] = () => _ = region.PersistedOffset,
        ["region.Append"] = () => region.Append("x"),
        ["region.TryAppend"] = () => region.TryAppend([], out _),
        ["region.Append fill"] = () => region.Append(1, 0, (_, _) => { }),
        ["region.AppendDeferred"] = () => region.AppendDeferred("x"u8),
        ["region.TryAppendDeferred"] = () => region.TryAppendDeferred("x"u8, out _),
        ["region.Append pieces"] = () => region.Append(Pieces.Of([1, 2], 1)),
        ["region.AppendGroup"] = () => region.AppendGroup([new byte[1]]),
        ["region.AppendGroup lengths"] = () => region.AppendGroup("x"u8, [1]),
        ["region.BeginGroup"] = () => region.BeginGroup(1, 1),
        ["region.Persist"] = region.Persist,
        ["region.Persist up to"] = () => region.Persist(at),
        ["region.Persist up to nothing"] = () => region.Persist(default(EntryPosition)),
        ["region.Reserve"] = () => region.Reserve(1),
        ["region.AbandonReservation"] = () => region.AbandonReservation(at),
        ["region.AppendAsync"] = () => region.AppendAsync(new byte[1]).AsTask().GetAwaiter().GetResult(),
        ["region.PersistAsync"] = () => region.PersistAsync(at).AsTask().GetAwaiter().GetResult(),
        ["region.WaitForEntryAsync"] = () => region.WaitForEntryAsync(at).AsTask().GetAwaiter().GetResult(),
        ["region.ReadAllAsync"] = () =>
            region.ReadAllAsync(at).GetAsyncEnumerator().MoveNextAsync().AsTask().GetAwaiter().GetResult(),
        ["region.Clear"] = region.Clear,
        ["region.Free"] = region.Free,
        ["region.Entries"] = () => region.Texts(),
        ["region.EntriesAfter"] = () => region.EntriesAfter(at).Texts(),
        ["region.TryCopy"] = () => region.TryCopy(at, new byte[10], out _),
        ["region.ReadToArray"] = () => region.ReadToArray(at),
    };

    public static Dictionary<string, Action> Of(EntryReservation slot) => new()
    {
        ["slot.Span"] = () => _ = slot.Span.Length,
        ["slot.Publish"] = () => slot.Publish(),
    };

    public static Dictionary<string, Action> Of(EntryGroup group) => new()
    {
        ["group.Add"] = () => group.Add("x"u8),
        ["group.GetSpan"] = () => _ = group.GetSpan().Length,
        ["group.GetMemory"] = () => group.GetMemory(),
        ["group.Advance"] = () => group.Advance(1),
        ["group.CompleteEntry"] = group.CompleteEntry,
        ["group.Publish"] = () => group.Publish(),
    };
}
