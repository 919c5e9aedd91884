using System.Diagnostics;
using System.Globalization;
using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>What the run is asked for.</summary>
/// <param name="Rounds">How many rounds, on all media together.</param>
/// <param name="Seed">What everything is drawn from.</param>
/// <param name="WorkFolder">Where logs, streams on the disk, and what failed are.</param>
/// <param name="MemoryFolder">Where streams in memory are; null where there is no such place, as on Windows.</param>
internal sealed record RunOptions(int Rounds, ulong Seed, string WorkFolder, string? MemoryFolder);

/// <summary>The whole run: the controls, and then the rounds, on each medium in turn.</summary>
internal sealed class KillRun
{
    private readonly RunOptions _options;
    private readonly Totals _totals = new();
    private readonly List<StreamChain> _chains = [];
    private uint _session = 1;

    private KillRun(RunOptions options)
    {
        _options = options;
        if (options.MemoryFolder is { } memory)
        {
            AddChain("memory", MediumKind.Volatile, memory);
        }

        AddChain("disk", MediumKind.PageCache, Path.Combine(options.WorkFolder, "streams"));
    }

    /// <summary>Returns the exit code; the last line says how many controls and rounds passed and failed.</summary>
    public static int Run(RunOptions options)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"seed {options.Seed}: ./build.sh kill --rounds {options.Rounds} --seed {options.Seed}"));
        (int passed, int failed) = RuleControls.Run();
        (int passed, int failed) writers = WriterControls.Run(options);
        passed += writers.passed;
        failed += writers.failed;
        var run = new KillRun(options);
        int losses = run.RunRounds();
        foreach (string line in run._totals.Describe(losses))
        {
            Console.WriteLine($"  {line}");
        }

        Console.WriteLine($"\n{passed + options.Rounds - losses} passed, {failed + losses} failed");
        return failed + losses == 0 && passed > 0 && options.Rounds > 0 ? 0 : 1;
    }

    private void AddChain(string name, MediumKind medium, string folder) =>
        _chains.Add(new StreamChain(name, medium, folder, _options.WorkFolder, _options.Seed, _totals));

    private int RunRounds()
    {
        var clock = Stopwatch.StartNew();
        int failed = 0;
        for (int round = 1; round <= _options.Rounds; round++)
        {
            StreamChain chain = _chains[round % _chains.Count];
            var random = new Random((int)(Payload.Mix(_options.Seed + (ulong)round) & int.MaxValue));
            KillPlan plan = KillPlan.Draw(random);
            try
            {
                chain.Run(plan, _session, WriterFault.None);
            }
            catch (ViolationException violation)
            {
                failed++;
                Report(round, chain, violation);
                chain.BeginAnew();
            }

            _session += (uint)plan.Kills.Count;
            _totals.Round();
            if (round % 50 == 0)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"  {round} rounds in {clock.Elapsed.TotalSeconds:F0} s, {failed} failed"));
            }
        }

        return failed;
    }

    // Keeps the image and the logs.
    private void Report(int round, StreamChain chain, ViolationException violation)
    {
        string kept = Path.Combine(_options.WorkFolder, string.Create(CultureInfo.InvariantCulture, $"failed-{round}"));
        Directory.Move(chain.RoundFolder, kept);
        File.WriteAllText(Path.Combine(kept, "verdict.txt"), violation.ToString());
        Console.WriteLine($"  FAILED round {round} ({chain}): {violation.Message.Split('\n')[0].TrimEnd()}");
        Console.WriteLine($"    the verdict, the logs and the image after the kill are in {kept}");
        Console.WriteLine($"    the same comparison: ./build.sh kill --replay {kept}");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"    the same plan: ./build.sh kill --rounds {_options.Rounds} --seed {_options.Seed} (kills come as they come)"));
    }
}
