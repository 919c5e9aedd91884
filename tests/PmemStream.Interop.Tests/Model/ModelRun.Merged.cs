using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests.Model;

/// <content>Reading all regions.</content>
internal sealed partial class ModelRun
{
    private IEnumerable<(long Region, Slot Slot)> VisibleInOrder => _regions
        .SelectMany(region => region.Visible.Select(slot => (region.Offset, slot)))
        .OrderBy(item => item.slot.Position.Timestamp);

    // Everything that is visible up to the first open reservation of any region, from some timestamp on.
    private void ReadAll(int which)
    {
        ulong[] open = [.. _regions.SelectMany(region => region.Open).Select(slot => slot.Position.Timestamp)];
        ulong bound = open.Length == 0 ? _stream.Info.NextTimestamp : open.Min();
        Assert.Equal(bound - 1, _stream.StableTimestamp);
        (long Region, Slot Slot)[] stable = [.. VisibleInOrder.TakeWhile(item => item.Slot.Position.Timestamp < bound)];
        AssertShows(stable, _stream.ReadAll());
        if (stable.Length > 0)
        {
            int index = which % stable.Length;
            ulong from = stable[index].Slot.Position.Timestamp;
            AssertShows(stable[index..], _stream.ReadAll(from));
            AssertShows(stable[(index + 1)..], _stream.ReadAll(from + 1).Unverified());
        }
    }

    // Beside the writer nothing is known but what he proves, which is what he was asked for last.
    private void ReadAllBeside(PersistentStream reader)
    {
        ulong before = reader.StableTimestamp;
        ulong last = _stream.StableTimestamp;
        Assert.True(before <= last);
        Assert.Equal(last, reader.StableTimestamp);
        AssertShows([.. VisibleInOrder.TakeWhile(item => item.Slot.Position.Timestamp <= last)], reader.ReadAll());
    }

    private static void AssertShows(IReadOnlyList<(long Region, Slot Slot)> expected, MergedSequence entries)
    {
        List<ReadEntry> found = entries.ToList();
        Assert.Equal(
            expected.Select(item => (item.Region, item.Slot.Position)), found.Select(entry => (entry.Region, entry.Position)));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Slot.Data, pair.Second.Data));
    }
}
