using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary>Writes the entries of a region, and those that come, as they come.</summary>
internal sealed class FollowedRegion(StreamRegion region, EntryFormat format, ToolIo io)
{
    private readonly string _name = RegionNames.Of(region);

    /// <summary>Ends when the output is closed, or by a failure, such as a region that was cleared.</summary>
    public void Run(ulong? from, EntryPosition? after)
    {
        EntryPosition last = from is { } timestamp ? Before(timestamp) : after ?? default;
        do
        {
            foreach (StreamEntry entry in region.EntriesAfter(last))
            {
                format.Write(_name, entry);
                last = entry.Position;
            }

            // Whoever reads it does not wait for what is not there yet.
            io.Flush();
        }
        while (region.WaitForEntryAsync(last).AsTask().GetAwaiter().GetResult());
    }

    // The last entry that is not wanted: to wait behind it, when there are no others.
    private EntryPosition Before(ulong timestamp)
    {
        EntryPosition last = default;
        foreach (StreamEntry entry in region.Entries.Unverified())
        {
            if (entry.Timestamp >= timestamp)
            {
                break;
            }

            last = entry.Position;
        }

        return last;
    }
}
