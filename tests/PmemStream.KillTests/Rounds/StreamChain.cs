using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>
/// A stream on one medium through all rounds, so that recoveries pile up; now and then, and after a failure, a new one.
/// </summary>
internal sealed class StreamChain
{
    private const string StateFile = "before.state";
    private const string ImageFile = "killed.pms";
    private const string LogPattern = "session-*.log";

    private readonly string _name;
    private readonly MediumKind _medium;
    private readonly string _streamFolder;
    private readonly string _roundFolder;
    private readonly ulong _seed;
    private readonly Totals _totals;
    private ExpectedStream _expected;

    // Has a kill left something that nobody has recovered yet?
    private bool _toRecover;

    public StreamChain(string name, MediumKind medium, string streamFolder, string workFolder, ulong seed, Totals totals)
    {
        _name = name;
        _medium = medium;
        _streamFolder = streamFolder;
        _roundFolder = Path.Combine(workFolder, $"round-{name}");
        _seed = seed;
        _totals = totals;
        BeginAnew();
    }

    /// <summary>Where the logs of the current round are, and the image that it left.</summary>
    public string RoundFolder => _roundFolder;

    private string StreamPath => Path.Combine(_streamFolder, "kill.pms");

    /// <summary>Writers are killed, and what they leave is compared.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="session">Number of the first writer.</param>
    /// <param name="fault">What the writers do wrong.</param>
    /// <exception cref="ViolationException">Something is not as it must be.</exception>
    public void Run(KillPlan plan, uint session, WriterFault fault)
    {
        if (plan.Fresh)
        {
            BeginAnew();
        }

        if (Directory.Exists(_roundFolder))
        {
            Directory.Delete(_roundFolder, recursive: true);
        }

        Directory.CreateDirectory(_roundFolder);
        SavedState.Write(Path.Combine(_roundFolder, StateFile), _expected);
        foreach (Kill kill in plan.Kills)
        {
            RunWriter(kill, session++, fault);
        }

        var checker = new Checker(_expected, _medium, _totals);
        if (plan.ReadFirst)
        {
            checker.Read(StreamPath, plan.CheckFirst);
        }

        if (plan.Recover)
        {
            checker.Recover(StreamPath);
            _toRecover = false;
        }
    }

    /// <summary>The next round has a new stream.</summary>
    [MemberNotNull(nameof(_expected))]
    public void BeginAnew()
    {
        if (Directory.Exists(_streamFolder))
        {
            Directory.Delete(_streamFolder, recursive: true);
        }

        Directory.CreateDirectory(_streamFolder);
        _expected = new ExpectedStream(_seed);
        _toRecover = false;
    }

    /// <summary>Compares once more what a failed round has left; the kept image stays as it is.</summary>
    /// <exception cref="ViolationException">Something is not as it must be.</exception>
    public static void Replay(string folder, Totals totals)
    {
        ExpectedStream expected = SavedState.Read(Path.Combine(folder, StateFile));
        foreach (string log in Directory.GetFiles(folder, LogPattern).Order(StringComparer.Ordinal))
        {
            uint session = uint.Parse(
                Path.GetFileNameWithoutExtension(log).Split('-')[1], CultureInfo.InvariantCulture);
            totals.Killed(SessionReplay.Run(expected, session, CallLog.Read(log)), afterKill: true);
        }

        string copy = Path.Combine(folder, "replayed.pms");
        File.Delete(copy);
        if (File.Exists(Path.Combine(folder, ImageFile)))
        {
            File.Copy(Path.Combine(folder, ImageFile), copy);
        }

        var checker = new Checker(expected, null, totals);
        checker.Read(copy, checkFirst: true);
        checker.Recover(copy);
    }

    /// <inheritdoc/>
    public override string ToString() => _name;

    private void RunWriter(Kill kill, uint session, WriterFault fault)
    {
        string log = Path.Combine(_roundFolder, string.Create(CultureInfo.InvariantCulture, $"session-{session:D8}.log"));
        try
        {
            KilledWriter.Run(new WriterOptions(StreamPath, log, _seed, session, kill.Reopens, fault), kill);
        }
        finally
        {
            KeepImage();
        }

        _totals.Killed(SessionReplay.Run(_expected, session, CallLog.Read(log)), _toRecover);
        _toRecover = true;

        // A creation that was killed leaves a file under a temporary name, which nobody uses.
        foreach (string left in Directory.GetFiles(_streamFolder, "*.creating"))
        {
            File.Delete(left);
        }
    }

    // What the kill has left, before anybody recovers it.
    private void KeepImage()
    {
        string image = Path.Combine(_roundFolder, ImageFile);
        File.Delete(image);
        if (File.Exists(StreamPath))
        {
            File.Copy(StreamPath, image);
        }
    }
}
