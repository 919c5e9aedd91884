using FsCheck;
using FsCheck.Fluent;
using PmemStream.Interop.Tests.Model;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Random sequences of every operation of a rolling log, compared with plain lists; what fails is made small.</summary>
public sealed class RollingLogModelTests
{
    public static TheoryData<string, int> MediaAndSequences =>
        [.. Media.All.Select(medium => (medium.Data, medium.Data == Media.Disk ? 10 : 300))];

    [Theory]
    [MemberData(nameof(MediaAndSequences))]
    public void Log_AnyOperations_ShowsWhatTheModelShows(string medium, int sequences) => TestSeed.Run(_ =>
    {
        Property property = Prop.ForAll(LogOperation.Sequences(), operations => RollingModelRun.Run(medium, operations));
        property.Check(Configuration(sequences));
    });

    // The negative: a model that forgets to drop the oldest segment is found to be wrong.
    [Fact]
    public void Log_AgainstAModelThatDropsNothing_Fails() => Assert.ThrowsAny<Exception>(() =>
    {
        Property property = Prop.ForAll(
            LogOperation.Sequences(), operations => RollingModelRun.Run(Media.Memory, operations, dropsNothing: true));
        property.Check(Configuration(300));
    });

    private static Config Configuration(int sequences) => Config.QuickThrowOnFailure
        .WithMaxTest(sequences)
        .WithQuietOnSuccess(true)
        .WithReplay(new Replay(new Rnd((ulong)TestSeed.Value, (2 * (ulong)TestSeed.Value) + 1), null));
}
