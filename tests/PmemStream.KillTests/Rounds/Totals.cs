using System.Globalization;
using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>What a run adds up to.</summary>
internal sealed class Totals
{
    private readonly Dictionary<(Verb, Phase), long> _calls = [];
    private readonly Dictionary<string, long> _kills = [];
    private long _rounds;
    private long _compared;
    private long _settledThere;
    private long _settledAway;
    private long _readers;
    private long _recoveries;
    private long _recoveriesKilled;
    private long _walked;
    private long _pending;
    private long _sealed;

    /// <summary>A round is over.</summary>
    public void Round() => _rounds++;

    /// <summary>A writer was killed.</summary>
    /// <param name="session">What it has done.</param>
    /// <param name="afterKill">Had it to recover what another kill had left?</param>
    public void Killed(SessionReplay session, bool afterKill)
    {
        if (afterKill && session.Count(Verb.Open, Phase.Done) > 0)
        {
            _recoveries++;
        }
        else if (afterKill && session.Count(Verb.Open, Phase.Intent) > 0)
        {
            _recoveriesKilled++;
        }

        foreach (Verb verb in Enum.GetValues<Verb>())
        {
            foreach (Phase phase in Enum.GetValues<Phase>())
            {
                _calls[(verb, phase)] = Count(verb, phase) + session.Count(verb, phase);
            }
        }

        string moment = session.LastOfMain switch
        {
            (Verb.None, _) => "before opening",
            (Verb.CreateStream, Phase.Intent) => "creating",
            (Verb.Open, Phase.Intent) => "opening and recovering",
            (Verb.Close, Phase.Intent) => "closing",
            _ => "at work",
        };
        _kills[moment] = _kills.GetValueOrDefault(moment) + 1;
    }

    /// <summary>The stream was opened after a kill.</summary>
    public void Opened(bool readOnly, RecoveryInfo recovery)
    {
        if (readOnly)
        {
            _readers++;
            return;
        }

        _recoveries++;
        _walked += recovery.WalkedEntries;
        _pending += recovery.PendingSkipped;
        _sealed += recovery.CutsSealed;
    }

    /// <summary>A region was compared.</summary>
    public void Compared(RegionWalk walk)
    {
        _compared += walk.Count;
        _settledThere += walk.Settled;
        _settledAway += walk.Dropped;
    }

    /// <summary>A summary for people.</summary>
    public IEnumerable<string> Describe(int losses)
    {
        string kills = string.Join(
            ", ", _kills.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{Number(pair.Value)} {pair.Key}"));
        yield return $"{Number(_rounds)} rounds; {Number(_kills.Values.Sum())} kills: {kills}";
        yield return $"acknowledged: {Number(Count(Verb.Append))} durable and {Number(Count(Verb.AppendDeferred))} deferred "
            + $"appends, {Number(Count(Verb.AppendGroup))} durable and {Number(Count(Verb.AppendGroupDeferred))} deferred "
            + $"groups, {Number(Count(Verb.Persist) + Count(Verb.PersistStream))} persists; "
            + $"{Number(Count(Verb.Publish))} published and "
            + $"{Number(Count(Verb.Abandon))} abandoned reservations; {Number(Count(Verb.CreateRegion))} regions created, "
            + $"{Number(Count(Verb.ClearRegion))} cleared, {Number(Count(Verb.FreeRegion))} freed";
        yield return $"{Number(_recoveries)} recoveries, and {Number(_recoveriesKilled)} that were killed; the checker's own "
            + $"walked {Number(_walked)} entries, passed over {Number(_pending)} open reservations, sealed "
            + $"{Number(_sealed)} torn ends; {Number(_readers)} readers before any recovery";
        yield return $"{Number(_compared)} entries compared; of those without acknowledgement {Number(_settledThere)} were there "
            + $"and {Number(_settledAway)} were not; losses {Number(losses)}";
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private long Count(Verb verb, Phase phase = Phase.Done) => _calls.GetValueOrDefault((verb, phase));
}
