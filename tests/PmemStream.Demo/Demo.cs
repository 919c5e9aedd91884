using System.Globalization;
using PmemStream.Interop;

namespace PmemStream.Demo;

/// <summary>
/// The main job of the library, on real input: a child process appends lines and is killed in the middle; the stream is
/// opened again, every line whose append had returned is found intact and in order, the rest is appended, and in the
/// end the stream holds exactly the input.
/// </summary>
internal static class Demo
{
    private const string SeedVariable = "PMEMSTREAM_DEMO_SEED";

    // Damages an acknowledged line after the kill: shows that the demo would notice.
    private const string Sabotage = "--sabotage";

    /// <summary>Runs it. <paramref name="args"/>: the input file, or nothing.</summary>
    public static int Run(string[] args)
    {
        try
        {
            bool sabotage = args.Contains(Sabotage);
            string[] files = [.. args.Where(argument => argument != Sabotage)];
            if (files.Length > 1 || files is [['-', ..]])
            {
                Console.Error.WriteLine("demo: expected the name of a text file, or nothing");
                return 2;
            }

            Play(DemoInput.Find(files.FirstOrDefault()), Seed(), sabotage);
            return 0;
        }
#pragma warning disable CA1031 // Whatever it is: one line, and a status that is not zero.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            string text = exception switch
            {
                DemoException => exception.Message,
                PmemStreamException stream => stream.Reason,
                _ => $"{exception.GetType().Name}: {exception.Message}",
            };
            Console.Error.WriteLine($"demo: FAILED: {text.ReplaceLineEndings("; ")}");
            return 1;
        }
    }

    private static void Play(DemoInput input, int seed, bool sabotage)
    {
        var summary = new Summary(input, seed);
        using var place = StreamPlace.Choose(input.Lines);
        place.Create(input.Lines, summary);
        Console.WriteLine($"Appending the lines of {input.Name} to {place.StreamPath}");

        CrashedWriter crash = CrashedWriter.Run(place, input.Lines, seed);
        summary.Crashed(crash);
        Console.WriteLine(
            $"Killed the writer after {Summary.Lines(crash.Acknowledged.Count, "acknowledged ")} (seed {seed})");
        if (sabotage)
        {
            Damage.AcknowledgedLine(place.StreamPath, crash.Acknowledged, input.Lines);
        }

        int used = Recovery.VerifyAndAppendRest(place, input, crash, summary);
        Recovery.VerifyWhole(place, input.Lines, used, summary);
        summary.Print(Console.Out);
    }

    private static int Seed()
    {
        string? text = Environment.GetEnvironmentVariable(SeedVariable);
        if (string.IsNullOrEmpty(text))
        {
            return Random.Shared.Next();
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seed)
            ? seed
            : throw new DemoException($"{SeedVariable} is '{text}': expected a number");
    }
}
