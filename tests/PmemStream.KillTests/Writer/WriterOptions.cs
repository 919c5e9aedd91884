using System.Globalization;

namespace PmemStream.KillTests;

/// <summary>What a writer process is told.</summary>
/// <param name="Stream">Path of the stream; it is created when there is none.</param>
/// <param name="Log">Path of the log.</param>
/// <param name="Seed">Seed of the run, which the payloads follow from.</param>
/// <param name="Session">Number of the process in the run.</param>
/// <param name="Reopens">Does it close the stream now and then, and open it again?</param>
/// <param name="Fault">What it does wrong on purpose.</param>
internal sealed record WriterOptions(
    string Stream, string Log, ulong Seed, uint Session, bool Reopens, WriterFault Fault)
{
    /// <summary>The first argument of a writer process.</summary>
    public const string Role = "writer";

    /// <summary>Bytes of a stream.</summary>
    public const long StreamBytes = 16 << 20;

    /// <summary>As arguments.</summary>
    public string[] ToArguments() =>
    [
        Role, Stream, Log, Seed.ToString(CultureInfo.InvariantCulture), Session.ToString(CultureInfo.InvariantCulture),
        Reopens.ToString(), Fault.ToString(),
    ];

    /// <summary>From arguments.</summary>
    public static WriterOptions Parse(string[] arguments) => new(
        arguments[1],
        arguments[2],
        ulong.Parse(arguments[3], CultureInfo.InvariantCulture),
        uint.Parse(arguments[4], CultureInfo.InvariantCulture),
        bool.Parse(arguments[5]),
        Enum.Parse<WriterFault>(arguments[6]));

    /// <summary>A source of random numbers for a thread of the session.</summary>
    public Random RandomFor(int thread) =>
        new((int)(Payload.Mix(Seed ^ Payload.Mix(((ulong)Session << 16) | (uint)thread)) & int.MaxValue));
}

/// <summary>How a session works: drawn from its seed.</summary>
internal sealed record WriterStyle
{
    /// <summary>Threads that append.</summary>
    public int Threads { get; init; }

    /// <summary>Names of regions that it uses.</summary>
    public int Slots { get; init; }

    /// <summary>Reservations that a thread keeps open at a time.</summary>
    public int HeldMax { get; init; }

    /// <summary>Calls of a thousand that clear or free a region.</summary>
    public int ChurnPerMille { get; init; }

    /// <summary>Are full regions cleared or freed?</summary>
    public bool MakesRoom { get; init; }

    /// <summary>Waiting between two calls, in spins.</summary>
    public int Pause { get; init; }

    /// <summary>Greatest entry, in bytes.</summary>
    public int EntryMax { get; init; }

    /// <summary>After how many milliseconds the stream is closed and opened again, if the session does that.</summary>
    public int ReopenAfter { get; init; }

    /// <summary>Spins before opening, so that kills come at any moment of it.</summary>
    public int Lead { get; init; }

    /// <summary>Draws one.</summary>
    public static WriterStyle Draw(Random random) => new()
    {
        Threads = random.Next(1, 5),
        Slots = random.Next(1, 7),
        HeldMax = random.Next(2) * random.Next(1, 4),
        ChurnPerMille = random.Next(4) switch { 0 => 0, 1 => 2, 2 => 20, _ => 200 },
        MakesRoom = random.Next(4) != 0,
        Pause = random.Next(3) switch { 0 => 0, 1 => 100, _ => 3000 },
        EntryMax = random.Next(3) switch { 0 => 64, 1 => 2000, _ => 60_000 },
        ReopenAfter = random.Next(1, 60),
        Lead = random.Next(2) * random.Next(3000),
    };
}
