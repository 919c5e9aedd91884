using System.Runtime.CompilerServices;

namespace PmemStream.Interop.Waiting;

/// <summary>Reads a region without blocking: some entries at a time are copied, so that no cursor is open between them.</summary>
internal static class EntryFollower
{
    /// <summary>The entries behind a position, and if wanted those that come later.</summary>
    public static async IAsyncEnumerable<EntryCopy> ReadAllAsync(
        StreamRegion region,
        EntryPosition after,
        bool follow,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var batch = new List<EntryCopy>();
        do
        {
            cancellation.ThrowIfCancellationRequested();
            while (region.TryCopyBehind(after, batch))
            {
                foreach (EntryCopy entry in batch)
                {
                    cancellation.ThrowIfCancellationRequested();
                    yield return entry;
                }

                after = batch[^1].Position;
            }
        }
        while (follow && await region.WaitForEntryAsync(after, cancellation).ConfigureAwait(false));
    }
}
