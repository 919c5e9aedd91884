using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>A region of a writer, from its creation to its end.</summary>
internal sealed record RegionLife(StreamRegion Region, ulong Identity, int Slot);

/// <summary>
/// A name for regions. Creating, clearing and freeing a region of one name is done by one thread at a time, so that the log
/// says what a base timestamp belongs to; everything else meets them freely.
/// </summary>
internal sealed class RegionSlot(int number, CallLog log)
{
    private const string Prefix = "r";

    private readonly Lock _gate = new();
    private RegionLife? _life;

    /// <summary>The region that has the name now, if any.</summary>
    public RegionLife? Life => Volatile.Read(ref _life);

    /// <summary>The number in the name of a region; -1 if it is not one of ours.</summary>
    public static int NumberOf(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(name[Prefix.Length..], out int number) ? number : -1;

    /// <summary>Finds the region after opening.</summary>
    public void Attach(PersistentStream stream)
    {
        RegionLife? life = null;
        if (stream.TryGetRegion(Name, out StreamRegion? region))
        {
            life = new RegionLife(region, region.Info.Identity, number);
        }

        Volatile.Write(ref _life, life);
    }

    /// <summary>Creates the region if there is none; false if there is no room for it.</summary>
    public bool Create(PersistentStream stream, ushort thread, int bytes, int alignment)
    {
        lock (_gate)
        {
            if (_life is not null)
            {
                return true;
            }

            var record = new CallRecord { Verb = Verb.CreateRegion, Thread = thread, Slot = number, Size = bytes };
            log.Write(record with { Phase = Phase.Intent });
            try
            {
                StreamRegion region = stream.CreateRegion(Name, bytes, alignment);
                RegionInfo info = region.Info;
                log.Write(record with
                {
                    Phase = Phase.Done,
                    Identity = info.Identity,
                    Offset = info.Offset,
                    Base = info.BaseTimestamp,
                });
                Volatile.Write(ref _life, new RegionLife(region, info.Identity, number));
                return true;
            }
            catch (StreamFullException)
            {
                log.Write(record with { Phase = Phase.Refused });
                return false;
            }
        }
    }

    /// <summary>Clears the region, unless it is busy.</summary>
    public void Clear(ushort thread)
    {
        lock (_gate)
        {
            if (_life is not { } life)
            {
                return;
            }

            CallRecord record = RecordOf(Verb.ClearRegion, thread, life);
            log.Write(record with { Phase = Phase.Intent });
            try
            {
                life.Region.Clear();
                log.Write(record with { Phase = Phase.Done, Base = life.Region.Info.BaseTimestamp });
            }
            catch (RegionBusyException)
            {
                log.Write(record with { Phase = Phase.Refused });
            }
        }
    }

    /// <summary>Frees the region, unless it is busy.</summary>
    public void Free(ushort thread)
    {
        lock (_gate)
        {
            if (_life is not { } life)
            {
                return;
            }

            CallRecord record = RecordOf(Verb.FreeRegion, thread, life);
            log.Write(record with { Phase = Phase.Intent });
            try
            {
                life.Region.Free();
                log.Write(record with { Phase = Phase.Done });
                Volatile.Write(ref _life, null);
            }
            catch (RegionBusyException)
            {
                log.Write(record with { Phase = Phase.Refused });
            }
        }
    }

    private string Name => $"{Prefix}{number}";

    private static CallRecord RecordOf(Verb verb, ushort thread, RegionLife life) => new()
    {
        Verb = verb, Thread = thread, Slot = life.Slot, Identity = life.Identity,
    };
}
