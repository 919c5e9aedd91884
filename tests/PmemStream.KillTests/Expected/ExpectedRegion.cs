using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>What a region must hold.</summary>
internal sealed class ExpectedRegion(int slot, ulong identity, ulong baseTimestamp)
{
    private readonly Dictionary<ulong, ExpectedEntry> _entries = [];

    // Those that are not known to be durable; some may have become so, or be gone.
    private readonly List<ExpectedEntry> _visible = [];

    /// <summary>Which name it has.</summary>
    public int Slot { get; } = slot;

    /// <summary>The number that no other region ever has.</summary>
    public ulong Identity { get; } = identity;

    /// <summary>Entries up to this timestamp are cleared away.</summary>
    public ulong Base { get; private set; } = baseTimestamp;

    /// <summary>
    /// While a clear is under way, or when it was killed: what was acknowledged before it. It may have been done.
    /// </summary>
    public ulong? ClearingAfter { get; set; }

    /// <summary>Is a free under way, or was one killed? It may have been done.</summary>
    public bool Freeing { get; set; }

    /// <summary>Was it freed?</summary>
    public bool Freed { get; set; }

    /// <summary>Entries that are acknowledged, by timestamp.</summary>
    public IReadOnlyDictionary<ulong, ExpectedEntry> Entries => _entries;

    /// <summary>Entries that may be there or not.</summary>
    public List<Attempt> Attempts { get; } = [];

    /// <summary>Timestamps of reservations that were abandoned, or left open by a session that is over.</summary>
    public HashSet<ulong> Hidden { get; } = [];

    /// <summary>Adds an entry. One that was cleared away before its writer could log it is gone already.</summary>
    public void Add(ExpectedEntry entry)
    {
        if (entry.Position.Timestamp > Base && !_entries.TryAdd(entry.Position.Timestamp, entry))
        {
            throw new ViolationException(
                ViolationKind.WrongTimestamp,
                $"{entry.Id} was acknowledged at {entry.Position}, and so was {_entries[entry.Position.Timestamp].Id}");
        }

        if (entry.Promise == Promise.Visible)
        {
            _visible.Add(entry);
        }
    }

    /// <summary>The entries that are acknowledged now, and not known to be durable.</summary>
    public ExpectedEntry[] TakeSnapshot()
    {
        _visible.RemoveAll(entry => entry.Promise == Promise.Durable);
        return [.. _visible];
    }

    /// <summary>Removes everything up to a timestamp, as a clear does.</summary>
    public void Rebase(ulong timestamp)
    {
        Base = timestamp;
        foreach (ulong old in _entries.Keys.Where(key => key <= timestamp).ToList())
        {
            _entries.Remove(old);
        }

        Hidden.RemoveWhere(key => key <= timestamp);
    }

    /// <summary>Entries up to a timestamp are durable.</summary>
    public void Persist(ulong timestamp)
    {
        foreach (ExpectedEntry entry in _visible.Where(entry => entry.Position.Timestamp <= timestamp))
        {
            entry.Promise = Promise.Durable;
        }
    }

    /// <summary>What is durable has only durable entries before it.</summary>
    public void PersistBeforeDurable()
    {
        if (_entries.Values.Any(entry => entry.Promise == Promise.Visible))
        {
            Persist(_entries.Values.Where(entry => entry.Promise == Promise.Durable)
                .Select(entry => entry.Position.Timestamp).DefaultIfEmpty().Max());
        }
    }

    /// <summary>What was not found, and did not have to be, will never be there.</summary>
    /// <exception cref="ViolationException">One had to be.</exception>
    public void DropUnfound()
    {
        foreach (ExpectedEntry entry in _entries.Values.Where(entry => !entry.Found).ToList())
        {
            if (entry.Promise == Promise.Durable)
            {
                throw new ViolationException(
                    ViolationKind.EntryLost, $"{this}: {entry.Id} is lost; it was acknowledged at {entry.Position}");
            }

            _entries.Remove(entry.Position.Timestamp);
        }

        Attempts.Clear();
        _visible.Clear();
    }

    /// <inheritdoc/>
    public override string ToString() => $"region r{Slot} of identity {Identity}";
}
