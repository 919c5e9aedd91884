namespace PmemStream.Benchmarks.Results;

/// <summary>What is said of the rounds of one case.</summary>
internal static class Statistics
{
    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    public static double Median(IReadOnlyCollection<double> values) => Quantile(values, 0.5);

    /// <summary>
    /// The value below which the share <paramref name="share"/> (0 to 1) of the values lies, on a straight line between the
    /// two nearest ones.
    /// </summary>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static double Quantile(IReadOnlyCollection<double> values, double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        if (values.Count == 0)
        {
            throw new ArgumentException("There are no values.", nameof(values));
        }

        double[] sorted = [.. values.Order()];
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }

    /// <summary>
    /// Combines two cases round by round, so that what slowed a round down as a whole cancels out. Both were measured in the
    /// same rounds.
    /// </summary>
    /// <exception cref="ArgumentException">They have not the same number of rounds.</exception>
    public static double[] Paired(
        IReadOnlyList<double> first, IReadOnlyList<double> second, Func<double, double, double> combine)
    {
        if (first.Count != second.Count)
        {
            throw new ArgumentException(
                $"Expected the same number of rounds, found {first.Count} and {second.Count}.", nameof(second));
        }

        return [.. first.Zip(second, combine)];
    }
}
