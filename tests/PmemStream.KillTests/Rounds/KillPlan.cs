namespace PmemStream.KillTests;

/// <summary>In what part of its life a writer is killed.</summary>
internal enum KillMoment
{
    /// <summary>From its start on, whatever it does then.</summary>
    Start,

    /// <summary>From the moment when it opens or creates the stream.</summary>
    Opening,

    /// <summary>While it works.</summary>
    Working,

    /// <summary>From the moment when it closes the stream.</summary>
    Closing,

    /// <summary>When it has done what it does wrong on purpose.</summary>
    Wrong,
}

/// <summary>One kill.</summary>
/// <param name="Moment">In what part of the writer's life.</param>
/// <param name="Delay">How long after that has begun.</param>
/// <param name="Reopens">Does the writer close the stream now and then, and open it again?</param>
internal readonly record struct Kill(KillMoment Moment, TimeSpan Delay, bool Reopens = false)
{
    /// <summary>Draws one; of a recovery, if there is something to recover.</summary>
    public static Kill Draw(Random random, bool recovery)
    {
        int roll = random.Next(20);
        return roll switch
        {
            0 => new Kill(KillMoment.Start, random.NextDouble() * TimeSpan.FromMilliseconds(150)),
            < 17 when recovery => DrawOpening(random),
            < 7 => DrawOpening(random),
            7 => new Kill(KillMoment.Closing, Spread(random, 0.02, 10), Reopens: true),
            < 14 => new Kill(
                KillMoment.Working, random.NextDouble() * TimeSpan.FromMilliseconds(700), random.Next(4) == 0),
            _ => new Kill(KillMoment.Working, Spread(random, 0.05, 400), random.Next(4) == 0),
        };
    }

    // Opening takes from some hundred microseconds to some ten milliseconds.
    private static Kill DrawOpening(Random random) => new(KillMoment.Opening, Spread(random, 0.02, 10));

    // Evenly over the orders of magnitude.
    private static TimeSpan Spread(Random random, double least, double greatest) =>
        TimeSpan.FromMilliseconds(least * Math.Pow(greatest / least, random.NextDouble()));
}

/// <summary>What a round does: drawn from the seed of the run and the number of the round.</summary>
/// <param name="Fresh">Begins a new stream, if there is one.</param>
/// <param name="Kills">The writers, one after the other, each of which recovers what the one before has left.</param>
/// <param name="ReadFirst">Is it first opened by a reader?</param>
/// <param name="CheckFirst">Does the reader check it?</param>
/// <param name="Recover">Is it recovered here, in peace, or left to the next writer?</param>
internal sealed record KillPlan(
    bool Fresh, IReadOnlyList<Kill> Kills, bool ReadFirst, bool CheckFirst, bool Recover)
{
    private const int KillsMax = 4;

    /// <summary>Draws one.</summary>
    public static KillPlan Draw(Random random)
    {
        bool fresh = random.Next(10) == 0;
        var kills = new List<Kill> { Kill.Draw(random, recovery: false) };
        while (kills.Count < KillsMax && random.Next(2) == 0)
        {
            kills.Add(Kill.Draw(random, recovery: true));
        }

        bool recover = random.Next(3) != 0;
        return new KillPlan(fresh, kills, !recover || random.Next(2) == 0, random.Next(2) == 0, recover);
    }
}
