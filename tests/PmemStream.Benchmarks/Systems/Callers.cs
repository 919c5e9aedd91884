namespace PmemStream.Benchmarks.Systems;

/// <summary>Callers that each await one append after the other, all at once, on the threads of the pool.</summary>
internal static class Callers
{
    /// <summary>Appends of one caller between two looks at the clock, with one caller and with hundreds.</summary>
    private const int AppendsOfOne = 64;
    private const int AppendsOfMany = 16;
    private const int Many = 64;

    /// <summary>From the moment at which they are let go to the end of the last one, over and over.</summary>
    public static Measurement Measure(int callers, TimeSpan minimum, Action<int>? prepare, Func<Task> append)
    {
        int each = callers < Many ? AppendsOfOne : AppendsOfMany;
        return Measurement.Of(minimum, callers * each, prepare, _ => Run(callers, each, append).GetAwaiter().GetResult());
    }

    private static Task Run(int callers, int each, Func<Task> append) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            for (int index = 0; index < each; index++)
            {
                await append().ConfigureAwait(false);
            }
        })));
}
