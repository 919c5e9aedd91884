namespace PmemStream.KillTests;

/// <summary>Is the stream there?</summary>
internal enum Presence : byte
{
    /// <summary>It was never created.</summary>
    Absent = 0,

    /// <summary>Creating it was killed: it is not there, or whole.</summary>
    Open = 1,

    /// <summary>It is there.</summary>
    There = 2,
}

/// <summary>
/// What a stream must hold after what its writers have logged. What a kill leaves open is settled by what is found then, and
/// holds from there on.
/// </summary>
internal sealed class ExpectedStream(ulong seed)
{
    private readonly Dictionary<ulong, ExpectedRegion> _regions = [];
    private readonly HashSet<ulong> _freed = [];

    // By name: what had been acknowledged before the creation that was killed.
    private readonly Dictionary<int, ulong> _creating = [];

    /// <summary>What the payloads are made from.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>Is it there?</summary>
    public Presence Presence { get; set; }

    /// <summary>The latest timestamp that was acknowledged or found. Later calls get later ones.</summary>
    public ulong Latest { get; private set; }

    /// <summary>What a persist of the stream has acknowledged, or was found: it never goes back.</summary>
    public ulong PersistedTimestamp { get; private set; }

    /// <summary>Its regions, as far as they are known, by identity.</summary>
    public IReadOnlyDictionary<ulong, ExpectedRegion> Regions => _regions;

    /// <summary>Identities of regions that are gone.</summary>
    public IReadOnlyCollection<ulong> FreedRegions => _freed;

    /// <summary>A timestamp was acknowledged to a call.</summary>
    /// <param name="timestamp">Which.</param>
    /// <param name="after">What had been acknowledged when the call began.</param>
    /// <param name="what">The call, for people.</param>
    public void TakeTimestamp(ulong timestamp, ulong after, string what)
    {
        if (timestamp <= after)
        {
            throw new ViolationException(
                ViolationKind.WrongTimestamp,
                $"{what} has timestamp {timestamp}, but {after} had been acknowledged before it began");
        }

        Latest = Math.Max(Latest, timestamp);
    }

    /// <summary>A persist of the stream has acknowledged a timestamp, which another may have passed meanwhile.</summary>
    public void PersistUpTo(ulong timestamp) => PersistedTimestamp = Math.Max(PersistedTimestamp, timestamp);

    /// <summary>The persisted timestamp was found after a kill or a close.</summary>
    public void SeePersisted(ulong timestamp) => PersistedTimestamp = timestamp >= PersistedTimestamp
        ? timestamp
        : throw new ViolationException(
            ViolationKind.WrongTimestamp, $"the persisted timestamp is {timestamp}; {PersistedTimestamp} was acknowledged");

    /// <summary>The region of an identity that a writer has named.</summary>
    public ExpectedRegion Find(ulong identity) => _regions.TryGetValue(identity, out ExpectedRegion? region)
        ? region
        : throw new ViolationException(ViolationKind.BadLog, $"no region of identity {identity} was created or seen");

    /// <summary>Creating the stream has begun: its writer found none.</summary>
    public void BeginStream() => Presence = Presence == Presence.There
        ? throw new ViolationException(ViolationKind.RegionLost, "the stream is not there; it was created and nobody removed it")
        : Presence.Open;

    /// <summary>Creating a region has begun.</summary>
    public void BeginCreating(int slot) => _creating[slot] = Latest;

    /// <summary>It was refused.</summary>
    public void RefuseCreating(int slot) => _creating.Remove(slot);

    /// <summary>It is done.</summary>
    public ExpectedRegion EndCreating(int slot, ulong identity, ulong baseTimestamp)
    {
        if (!_creating.Remove(slot, out ulong after))
        {
            throw new ViolationException(
                _freed.Contains(identity) ? ViolationKind.FreeUndone : ViolationKind.RegionInvented,
                $"region r{slot} of identity {identity} is there: "
                + (_freed.Contains(identity) ? "it was freed" : "nobody created it"));
        }

        var region = new ExpectedRegion(slot, identity, baseTimestamp);
        TakeTimestamp(identity, after, region.ToString());
        Latest = Math.Max(Latest, baseTimestamp);
        _regions.Add(identity, region);
        return region;
    }

    /// <summary>A free is done.</summary>
    public void EndFreeing(ExpectedRegion region)
    {
        region.Freed = true;
        _regions.Remove(region.Identity);
        _freed.Add(region.Identity);
    }

    /// <summary>A region was found after a kill or a close.</summary>
    public ExpectedRegion SeeRegion(int slot, ulong identity, ulong baseTimestamp)
    {
        if (!_regions.TryGetValue(identity, out ExpectedRegion? region))
        {
            return EndCreating(slot, identity, baseTimestamp);
        }

        if (region.Slot != slot)
        {
            throw new ViolationException(ViolationKind.RegionInvented, $"{region} has the name r{slot}");
        }

        if (baseTimestamp != region.Base)
        {
            SettleClear(region, baseTimestamp);
        }

        region.ClearingAfter = null;
        region.Freeing = false;
        return region;
    }

    /// <summary>Everything was seen: what was not is not there.</summary>
    public void EndLayout(IReadOnlySet<ulong> seen)
    {
        foreach (ExpectedRegion region in _regions.Values.Where(region => !seen.Contains(region.Identity)).ToList())
        {
            if (!region.Freeing)
            {
                throw new ViolationException(ViolationKind.RegionLost, $"{region} is not there; nobody freed it");
            }

            EndFreeing(region);
        }

        _creating.Clear();
    }

    /// <summary>Takes over a region from a saved state.</summary>
    public void Restore(ExpectedRegion region) => _regions.Add(region.Identity, region);

    /// <summary>Takes over what else a saved state has.</summary>
    public void Restore(Presence presence, ulong latest, ulong persisted, IEnumerable<ulong> freed)
    {
        Presence = presence;
        Latest = latest;
        PersistedTimestamp = persisted;
        _freed.UnionWith(freed);
    }

    private void SettleClear(ExpectedRegion region, ulong baseTimestamp)
    {
        if (region.ClearingAfter is { } after && baseTimestamp > region.Base)
        {
            TakeTimestamp(baseTimestamp, after, $"the clear of {region}");
            region.Rebase(baseTimestamp);
            return;
        }

        throw new ViolationException(
            baseTimestamp < region.Base ? ViolationKind.ClearUndone : ViolationKind.ClearInvented,
            $"{region} has base {baseTimestamp}: it was {region.Base}, and nobody cleared it since");
    }
}
