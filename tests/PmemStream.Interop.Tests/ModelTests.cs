using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Random calls on one region, compared after each with what a list would show.</summary>
public sealed class ModelTests
{
    private const int Steps = 400;

    private readonly List<Slot> _slots = [];
    private readonly List<EntryReservation> _open = [];

    private enum State
    {
        Open,
        Data,
        Abandoned,
    }

    public static TheoryData<string, int> MediaAndAlignments =>
        [.. Media.All.SelectMany(medium => new[] { 8, 64, 256 }, (medium, alignment) => (medium.Data, alignment))];

    [Theory]
    [MemberData(nameof(MediaAndAlignments))]
    public void Region_RandomCalls_ShowsWhatTheModelShows(string medium, int alignment)
    {
        using var folder = new TestFolder(medium);
        TestSeed.Run(random => Run(folder.Stream, alignment, random));
    }

    private void Run(string path, int alignment, Random random)
    {
        PersistentStream stream = TestStreams.Create(path, out StreamRegion region, alignment);
        for (int step = 0; step < Steps; step++)
        {
            switch (random.Next(20))
            {
                case < 8:
                    Append(region, random);
                    break;
                case < 12:
                    Reserve(region, random);
                    break;
                case < 16:
                    EndOne(random);
                    break;
                case 16 when _open.Count == 0:
                    region.Clear();
                    _slots.Clear();
                    break;
                case 17:
                    stream.Dispose();
                    _open.ForEach(slot => slot.Dispose());
                    _open.Clear();
                    _slots.RemoveAll(slot => slot.State == State.Open);
                    stream = PersistentStream.Open(path);
                    region = stream.GetRegion(TestStreams.RegionName);
                    break;
                case 18:
                    Resume(region, random);
                    break;
                default:
                    break;
            }

            Compare(region);
        }

        Assert.True(stream.Check().IsSound);
        stream.Dispose();
        _open.ForEach(slot => slot.Dispose());
    }

    private void Append(StreamRegion region, Random random)
    {
        byte[] data = TestStreams.Payload(random.Next(3000), random.Next());
        if (region.TryAppend(data, out EntryPosition at))
        {
            _slots.Add(new Slot(at) { State = State.Data, Data = data });
        }
        else
        {
            long left = region.Info.UsableBytes - region.Info.UsedBytes;
            Assert.True(left < TestStreams.ExtentOf(data.Length, region.EntryAlignment));
        }
    }

    private void Reserve(StreamRegion region, Random random)
    {
        try
        {
            EntryReservation slot = region.Reserve(random.Next(2000));
            _open.Add(slot);
            _slots.Add(new Slot(slot.Position) { State = State.Open });
        }
        catch (RegionFullException)
        {
            // As an append would.
        }
    }

    private void EndOne(Random random)
    {
        if (_open.Count == 0)
        {
            return;
        }

        EntryReservation ended = _open[random.Next(_open.Count)];
        _open.Remove(ended);
        Slot slot = _slots.Single(slot => slot.Position == ended.Position);
        if (random.Next(3) == 0)
        {
            ended.Dispose();
            slot.State = State.Abandoned;
            return;
        }

        byte[] data = TestStreams.Payload(random.Next(ended.Length + 1), random.Next());
        data.CopyTo(ended.Span);
        Assert.Equal(ended.Position, ended.Publish(data.Length));
        slot.State = State.Data;
        slot.Data = data;
    }

    private void Resume(StreamRegion region, Random random)
    {
        Slot[] visible = [.. Visible()];
        if (visible.Length > 0)
        {
            int from = random.Next(visible.Length);
            Assert.Equal(visible.Length - from - 1, region.EntriesAfter(visible[from].Position).Texts().Count);
            Assert.Equal(visible.Length - from, region.EntriesFromTimestamp(visible[from].Position.Timestamp).Texts().Count);
            Assert.Equal(visible[from].Data, region.ReadToArray(visible[from].Position));
        }
    }

    private void Compare(StreamRegion region)
    {
        Slot[] visible = [.. Visible()];
        int index = 0;
        foreach (StreamEntry entry in region)
        {
            Assert.True(index < visible.Length, "There are entries too many.");
            Assert.Equal(visible[index].Position, entry.Position);
            Assert.True(entry.Data.SequenceEqual(visible[index].Data));
            index++;
        }

        Assert.Equal(visible.Length, index);
        Assert.Equal(_open.Count, region.Info.OpenReservations);
        Assert.Equal(visible.Length == 0 ? null : visible[0].Position.Timestamp, region.Info.FirstTimestamp);
        Assert.Equal(visible.Length == 0 ? null : visible[^1].Position.Timestamp, region.Info.LastTimestamp);
    }

    private IEnumerable<Slot> Visible() =>
        _slots.TakeWhile(slot => slot.State != State.Open).Where(slot => slot.State == State.Data);

    private sealed class Slot(EntryPosition position)
    {
        public EntryPosition Position { get; } = position;

        public State State { get; set; }

        public byte[] Data { get; set; } = [];
    }
}
