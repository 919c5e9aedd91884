using FsCheck;
using FsCheck.Fluent;
using PmemStream.Interop.Tests.Model;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Random sequences of every public operation, compared with plain lists; what fails is made small.</summary>
public sealed class FsCheckModelTests
{
    [Fact]
    public void Stream_AnyOperations_ShowsWhatTheModelShows() => Check(Media.Memory, 400);

    [Fact]
    public void Stream_AnyOperationsOnDisk_ShowsWhatTheModelShows()
    {
        Assert.SkipUnless(Media.Folder(Media.Memory) != Media.Folder(Media.Disk), "allowed: there is no /dev/shm");
        Check(Media.Disk, 30);
    }

    // The negative: that a model which is wrong is found, and made small.
    [Fact]
    public void Shrink_FailingSequence_LeavesWhatFails()
    {
        Operation[]? smallest = null;
        Property property = Prop.ForAll(Operation.Sequences(), operations =>
        {
            bool fails = operations.Count(operation => operation.Kind == OperationKind.Clear) >= 2;
            smallest = fails ? operations : smallest;
            return !fails;
        });
        Assert.ThrowsAny<Exception>(() => property.Check(Configuration(200)));
        Assert.Equal(
            [new Operation(OperationKind.Clear, 0, 0), new Operation(OperationKind.Clear, 0, 0)], smallest ?? []);
    }

    private static void Check(string medium, int sequences) => TestSeed.Run(_ =>
    {
        Property property = Prop.ForAll(Operation.Sequences(), operations => ModelRun.Run(medium, operations));
        property.Check(Configuration(sequences));
    });

    private static Config Configuration(int sequences) => Config.QuickThrowOnFailure
        .WithMaxTest(sequences)
        .WithQuietOnSuccess(true)
        .WithReplay(new Replay(new Rnd((ulong)TestSeed.Value, (2 * (ulong)TestSeed.Value) + 1), null));
}
