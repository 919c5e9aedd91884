using PmemStream.Benchmarks.Results;

namespace PmemStream.Benchmarks.Tests;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(new double[] { 5 }, 5)]
    [InlineData(new double[] { 9, 1, 5 }, 5)]
    [InlineData(new double[] { 4, 1, 3, 2 }, 2.5)]
    [InlineData(new double[] { 1, 1, 1, 1000 }, 1)]
    public void Median_Values_IsTheMiddle(double[] values, double expected) =>
        Assert.Equal(expected, Statistics.Median(values));

    [Theory]
    [InlineData(0, 10)]
    [InlineData(0.25, 20)]
    [InlineData(0.5, 30)]
    [InlineData(0.75, 40)]
    [InlineData(0.9, 46)]
    [InlineData(1, 50)]
    public void Quantile_OfFiveValues_LiesBetweenItsNeighbours(double share, double expected) =>
        Assert.Equal(expected, Statistics.Quantile([30, 50, 10, 20, 40], share), 9);

    [Fact]
    public void Quantile_NoValues_Throws() => Assert.Throws<ArgumentException>(() => Statistics.Quantile([], 0.5));

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    public void Quantile_ShareOutOfRange_Throws(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Statistics.Quantile([1], share));

    // A round that was slow as a whole does not change the ratio.
    [Fact]
    public void Paired_SlowRound_CancelsOut()
    {
        double[] ratios = Statistics.Paired([20, 200, 22], [10, 100, 11], (first, second) => first / second);
        Assert.Equal([2, 2, 2], ratios);
    }

    [Fact]
    public void Paired_DifferentNumbersOfRounds_Throws() =>
        Assert.Throws<ArgumentException>(() => Statistics.Paired([1, 2], [1], (first, second) => first - second));
}
