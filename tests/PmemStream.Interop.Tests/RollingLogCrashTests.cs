using System.Globalization;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>
/// What the file holds between any two changes of what a rolling log stores is opened again. That each change is atomic is
/// shown for the core (tests/crash).
/// </summary>
public sealed class RollingLogCrashTests
{
    // Room for the log; copies are made often.
    private const long SmallBytes = 64 << 10;

    // An entry of the log as it must be: its place and its number.
    private readonly record struct Expected(EntryPosition Position, int Number, int Length);

    [Fact]
    public void Roll_CutAtEachStep_IsFoundInOrder() => TestSeed.Run(random =>
    {
        var steps = new HashSet<RollStep>();
        for (int round = 0; round < 4; round++)
        {
            using var folder = new TestFolder();
            using PersistentStream stream = TestStreams.Create(folder.Stream, SmallBytes);
            var expected = new List<Expected>();
            var log = new RollingLog(
                stream,
                TestLogs.Name,
                TestLogs.SegmentBytes,
                TestLogs.SegmentCount,
                round % 4 == 3 ? WhenFull.Fail : WhenFull.DropOldest,
                (step, region) =>
                {
                    steps.Add(step);
                    if (step == RollStep.Cleared)
                    {
                        RemoveOldest(expected, region);
                    }

                    if (step != RollStep.Created)
                    {
                        CheckCopy(folder, expected);
                    }
                });
            Work(log, random, expected, () => CheckCopy(folder, expected));
        }

        Assert.Equal(Enum.GetValues<RollStep>(), steps.Order());
    });

    [Fact]
    public void Creation_CutAtEachStep_IsFinishedByTheNextOpen()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, SmallBytes);
        int created = 0;
        _ = new RollingLog(
            stream,
            TestLogs.Name,
            TestLogs.SegmentBytes,
            TestLogs.SegmentCount,
            WhenFull.Fail,
            (step, region) =>
            {
                Assert.Equal(RollStep.Created, step);
                Assert.Equal($"events.{TestLogs.SegmentCount - ++created:D4}", region.Name);
                RefuseWhatIsNotWhole(folder, created);
                CheckCopy(folder, []);
            });
        Assert.Equal(TestLogs.SegmentCount, created);
    }

    // The negative: that the check finds a log that lost its newest segment, one that is out of order, one entry too few.
    [Fact]
    public void Check_WrongLog_Fails()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, SmallBytes);
        RollingLog log = TestLogs.Open(stream, WhenFull.DropOldest);
        var expected = new List<Expected>();
        foreach (int number in TestLogs.Range(0, 11))
        {
            expected.Add(new Expected(log.Append(TestLogs.Entry(number)), number, TestLogs.ThirdBytes));
        }

        CheckCopy(folder, expected);
        Assert.ThrowsAny<Exception>(() => CheckCopy(folder, expected[1..]));
        Assert.ThrowsAny<Exception>(() => CheckCopy(folder, expected[..^1]));
        stream.GetRegion("events.0003").Clear();
        Assert.ThrowsAny<Exception>(() => CheckCopy(folder, expected));
        Assert.ThrowsAny<Exception>(() => CheckCopy(folder, expected[3..]));
        Assert.ThrowsAny<Exception>(() => RemoveOldest(expected, stream.GetRegion("events.0003")));
        stream.GetRegion("events.0000").Append(TestLogs.Entry(12, 20));
        Assert.ThrowsAny<Exception>(() => CheckCopy(folder, expected[..^3]));
    }

    [Fact]
    public void Append_KilledInTheMiddle_KeepsEverythingAcknowledgedThatWasNotDropped()
    {
        using var folder = new TestFolder();
        TestStreams.Create(folder.Stream).Dispose();
        for (int crash = 0; crash < 3; crash++)
        {
            using ChildProcess child = ChildProcess.Start(ChildTasks.AppendToLog, folder.Stream);
            var acknowledged = new Dictionary<EntryPosition, int>();
            while (acknowledged.Count < 100 + (crash * 71))
            {
                string[] words = child.ReadLine()!.Split(' ');
                acknowledged.Add(
                    EntryPosition.Parse(words[1]), int.Parse(words[0], CultureInfo.InvariantCulture));
            }

            child.Kill();
            using PersistentStream stream = PersistentStream.Open(folder.Stream);
            RollingLog log = TestLogs.Open(stream);
            Assert.True(log.Numbers().Count > 6);
            Assert.True(stream.Check().IsSound);
            EntryPosition first = log.FirstPosition!.Value;
            foreach ((EntryPosition position, int number) in acknowledged.Where(entry => entry.Key >= first))
            {
                Assert.Equal(TestLogs.Entry(number, 6 + (number * 37 % 900)), log.ReadToArray(position));
            }

            // The child had written on behind what was read of it; all of that is in order, too.
            Assert.True(log.LastPosition >= acknowledged.Keys.Max());
        }
    }

    private static void Work(RollingLog log, Random random, List<Expected> expected, Action cut)
    {
        for (int number = 0; number < 60; number++)
        {
            int length = random.Next(5) == 0 ? log.EntryBytesMax : random.Next(6, 1500);
            switch (random.Next(8))
            {
                case 0 when expected.Count > 0:
                    log.TruncateBefore(expected[random.Next(expected.Count)].Position);
                    break;
                case 1:
                    Reserve(log, number, length, expected, publish: random.Next(3) > 0);
                    break;
                default:
                    if (log.TryAppend(TestLogs.Entry(number, length), out EntryPosition at))
                    {
                        expected.Add(new Expected(at, number, length));
                    }

                    break;
            }

            cut();
        }
    }

    private static void Reserve(RollingLog log, int number, int length, List<Expected> expected, bool publish)
    {
        try
        {
            using EntryReservation slot = log.Reserve(length);
            TestLogs.Entry(number, length).CopyTo(slot.Span);
            if (publish)
            {
                expected.Add(new Expected(slot.Publish(), number, length));
            }
        }
        catch (RollingLogFullException)
        {
            // As for an append.
        }
    }

    // What is cleared must be the oldest.
    private static void RemoveOldest(List<Expected> expected, StreamRegion region)
    {
        long end = region.Offset + region.Info.TotalBytes;
        int count = expected.Count(entry => entry.Position.Offset > region.Offset && entry.Position.Offset < end);
        Assert.All(expected[..count], entry => Assert.InRange(entry.Position.Offset, region.Offset, end));
        expected.RemoveRange(0, count);
    }

    private static void CheckCopy(TestFolder folder, List<Expected> expected)
    {
        string copy = folder.File("copy.pms");
        File.Copy(folder.Stream, copy, overwrite: true);
        using PersistentStream stream = PersistentStream.Open(copy);
        RollingLog log = TestLogs.Open(stream, WhenFull.DropOldest);
        AssertHolds(log, expected);

        // It goes on as if nothing had been: every entry is behind, whole rings of them.
        int next = expected.Count == 0 ? 1000 : expected[^1].Number + 1;
        var positions = new List<EntryPosition>(expected.Select(entry => entry.Position));
        for (int index = 0; index < 4 * TestLogs.SegmentCount; index++)
        {
            positions.Add(log.Append(TestLogs.Entry(next + index)));
        }

        Assert.Equal(positions.Order(), positions);
        List<int> numbers = log.Numbers();
        int[] all = [.. expected.Select(entry => entry.Number), .. Enumerable.Range(next, 4 * TestLogs.SegmentCount)];
        Assert.Equal(all[^numbers.Count..], numbers);
        Assert.True(numbers.Count > 3 * (TestLogs.SegmentCount - 1));
        Assert.True(stream.Check().IsSound);
    }

    private static void AssertHolds(RollingLog log, List<Expected> expected)
    {
        int index = 0;
        foreach (StreamEntry entry in log)
        {
            Assert.True(index < expected.Count, $"There is an entry too many, at {entry.Position}.");
            Assert.Equal(expected[index].Position, entry.Position);
            Assert.True(entry.Data.SequenceEqual(TestLogs.Entry(expected[index].Number, expected[index].Length)));
            index++;
        }

        Assert.Equal(expected.Count, index);
        Assert.Equal(expected.Count == 0 ? null : expected[0].Position, log.FirstPosition);
        Assert.Equal(expected.Count == 0 ? null : expected[^1].Position, log.LastPosition);
    }

    // While some are missing: other sizes, and who may not write, are refused, and nothing changes.
    private static void RefuseWhatIsNotWhole(TestFolder folder, int created)
    {
        string copy = folder.File("copy.pms");
        File.Copy(folder.Stream, copy, overwrite: true);
        using (PersistentStream reader = PersistentStream.OpenReadOnly(copy))
        {
            if (created < TestLogs.SegmentCount)
            {
                Assert.Throws<RollingLogMismatchException>(() => TestLogs.Open(reader));
            }
            else
            {
                Assert.Empty(TestLogs.Open(reader).Numbers());
            }
        }

        using PersistentStream stream = PersistentStream.Open(copy);
        Assert.Throws<RollingLogMismatchException>(() => TestLogs.Open(stream, segmentCount: TestLogs.SegmentCount - 1));
        Assert.Throws<RollingLogMismatchException>(() => TestLogs.Open(stream, segmentCount: TestLogs.SegmentCount + 1));
        Assert.Throws<RollingLogMismatchException>(
            () => new RollingLog(stream, TestLogs.Name, 2 * TestLogs.SegmentBytes, TestLogs.SegmentCount));
        Assert.Equal(created, stream.Regions.Count);
    }
}
