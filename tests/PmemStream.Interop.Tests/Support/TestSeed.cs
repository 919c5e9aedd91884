using System.Globalization;

namespace PmemStream.Interop.Tests.Support;

/// <summary>The seed of random tests: a failure names it, and the variable replays it.</summary>
internal static class TestSeed
{
    public const string Variable = "PMEMSTREAM_TEST_SEED";

    /// <summary>The one that is asked for, or one by the clock.</summary>
    public static int Value { get; } =
        int.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out int asked)
            ? asked
            : Environment.TickCount & int.MaxValue;

    /// <summary>Runs a test with random numbers.</summary>
    public static void Run(Action<Random> test)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(Replay);
        try
        {
            test(new Random(Value));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException(Replay, failure);
        }
    }

    /// <summary>How to run the same again, for people.</summary>
    public static string Replay => string.Create(CultureInfo.InvariantCulture, $"{Variable}={Value} replays this");
}
