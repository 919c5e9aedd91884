using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>Opens a stream whose writer was killed, and compares it with what must be there.</summary>
internal sealed class Checker(ExpectedStream expected, MediumKind? medium, Totals totals)
{
    /// <summary>As a reader, which changes nothing.</summary>
    /// <exception cref="ViolationException">It is not as it must be.</exception>
    public void Read(string path, bool checkFirst) => Run(path, PersistentStream.OpenReadOnly, checkFirst);

    /// <summary>As a writer, which recovers it; it is checked afterwards, and closed.</summary>
    /// <exception cref="ViolationException">It is not as it must be.</exception>
    public void Recover(string path) => Run(path, PersistentStream.Open, checkFirst: false);

    private void Run(string path, Func<string, StreamOpenOptions?, PersistentStream> open, bool checkFirst)
    {
        if (!File.Exists(path))
        {
            expected.Presence = expected.Presence == Presence.There
                ? throw new ViolationException(ViolationKind.RegionLost, "the stream is not there; its creation was acknowledged")
                : Presence.Absent;
            return;
        }

        if (expected.Presence == Presence.Absent)
        {
            throw new ViolationException(ViolationKind.RegionInvented, "the stream is there; nobody created it");
        }

        try
        {
            using PersistentStream stream = open(path, null);
            CheckState(stream);
            StreamCheck? check = checkFirst ? stream.Check() : null;
            Compare(stream, check ?? stream.Check());
        }
        catch (PmemStreamException failure)
        {
            throw new ViolationException(ViolationKind.Unsound, failure.ToString());
        }
    }

    private void CheckState(PersistentStream stream)
    {
        StreamInfo info = stream.Info;
        WriterProcess.CheckRecovery(stream.Recovery);
        if (info.Conditions != StreamConditions.None || (medium is not null && info.Medium != medium))
        {
            throw new ViolationException(
                ViolationKind.Unsound, $"{info.Conditions} on the medium {info.MediumDescription}: expected {medium}");
        }

        expected.SeePersisted(stream.PersistedTimestamp);
        expected.Presence = Presence.There;
        totals.Opened(info.IsReadOnly, stream.Recovery);
    }

    private void Compare(PersistentStream stream, StreamCheck check)
    {
        var seen = new HashSet<ulong>();
        var timestamps = new HashSet<ulong>();
        long payloadBytes = 0;
        foreach (StreamRegion region in stream.Regions)
        {
            RegionInfo info = region.Info;
            int slot = RegionSlot.NumberOf(info.Name);
            seen.Add(info.Identity);
            var walk = new RegionWalk(expected, expected.SeeRegion(slot, info.Identity, info.BaseTimestamp));
            foreach (StreamEntry entry in region)
            {
                walk.Next(entry.Position, entry.Data);
                payloadBytes += entry.Data.Length;
                if (!timestamps.Add(entry.Timestamp))
                {
                    throw new ViolationException(
                        ViolationKind.WrongTimestamp, $"{info.Name}: another region has timestamp {entry.Timestamp}, too");
                }
            }

            walk.Finish();
            totals.Compared(walk);
        }

        expected.EndLayout(seen);
        if (!check.IsSound || check.EntryCount != timestamps.Count || check.PayloadBytes != payloadBytes)
        {
            throw new ViolationException(
                ViolationKind.Unsound,
                $"the check counts {check.EntryCount} entries of {check.PayloadBytes} bytes and {check.ErrorCount} errors; "
                + $"{timestamps.Count} of {payloadBytes} bytes can be read. {string.Join("; ", check.Problems)}");
        }
    }
}
