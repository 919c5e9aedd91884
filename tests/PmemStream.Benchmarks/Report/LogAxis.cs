namespace PmemStream.Benchmarks.Report;

/// <summary>A logarithmic axis: places for values, and where its ticks are.</summary>
internal sealed class LogAxis
{
    private readonly double _first;
    private readonly double _last;
    private readonly double _begin;
    private readonly double _end;

    /// <param name="least">The least value that is shown, above 0.</param>
    /// <param name="greatest">The greatest one; not less.</param>
    /// <param name="begin">Where <paramref name="least"/> stands, in pixels.</param>
    /// <param name="end">Where <paramref name="greatest"/> stands.</param>
    public LogAxis(double least, double greatest, double begin, double end)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(least);
        ArgumentOutOfRangeException.ThrowIfLessThan(greatest, least);
        _first = Math.Log(least);
        _last = Math.Log(greatest);
        _begin = begin;
        _end = end;
    }

    /// <summary>An axis whose ends are 1, 2 or 5 times a power of ten, so that all values lie between two ticks.</summary>
    public static LogAxis Around(IReadOnlyCollection<double> values, double begin, double end, out double[] ticks)
    {
        double least = StepAtOrBelow(values.Min());
        double greatest = StepAtOrAbove(values.Max());
        if (greatest <= least)
        {
            greatest = StepAtOrAbove(least * 1.01);
        }

        double[] steps = [.. Steps(least, greatest)];
        // Over more than three decades every step would be too many.
        ticks = greatest / least > 1000 ? [.. steps.Where(IsPowerOfTen)] : steps;
        return new LogAxis(least, greatest, begin, end);
    }

    public double Place(double value) => _last == _first
        ? (_begin + _end) / 2
        : _begin + ((Math.Log(value) - _first) / (_last - _first) * (_end - _begin));

    private static double StepAtOrBelow(double value) =>
        Steps(Power(value), Power(value) * 10).Last(step => step <= value * (1 + 1e-9));

    private static double StepAtOrAbove(double value) =>
        Steps(Power(value), Power(value) * 10).First(step => step >= value * (1 - 1e-9));

    private static double Power(double value) => Math.Pow(10, Math.Floor(Math.Log10(value)));

    private static bool IsPowerOfTen(double value) => Math.Abs(Math.Log10(value) - Math.Round(Math.Log10(value))) < 1e-9;

    // 1, 2, 5, 10, 20, ... from `least`, which is one of them, to `greatest`.
    private static IEnumerable<double> Steps(double least, double greatest)
    {
        for (double power = Power(least * (1 + 1e-9)); power <= greatest * (1 + 1e-9); power *= 10)
        {
            foreach (double step in new[] { power, power * 2, power * 5 })
            {
                if (step >= least * (1 - 1e-9) && step <= greatest * (1 + 1e-9))
                {
                    yield return step;
                }
            }
        }
    }
}
