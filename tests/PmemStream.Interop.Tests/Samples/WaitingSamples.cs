using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests.Samples;

/// <summary>Appending and reading that waits without a thread. What stands between the marks is in SAMPLES.md.</summary>
internal static class WaitingSamples
{
    public static void GroupCommitOptions(string path)
    {
        // <GroupCommitOptions>
        var options = new PersistentStreamOptions
        {
            Size = 1 << 20,
            GroupCommit = new GroupCommitOptions { GatherTime = TimeSpan.FromMilliseconds(1) },
        };
        using var stream = Interop.PersistentStream.Create(path, options);

        // </GroupCommitOptions>
        Assert.Equal(1 << 20, stream.Info.Size);
    }

    public static async Task EntryCopy(string path)
    {
        using var stream = TestStreams.Create(path, out var region);
        string? found = null;

        // <EntryCopy>
        await region.AppendAsync("one"u8.ToArray());            // durable; many callers share one flush
        await foreach (EntryCopy entry in region.ReadAllAsync())
        {
            found = System.Text.Encoding.UTF8.GetString(entry.Data.Span);   // with follow: true it waits for the next one
        }

        // </EntryCopy>
        Assert.Equal("one", found);
    }

    public static async Task AppendCanceledException(string path)
    {
        using var stream = TestStreams.Create(path, out var region);
        using var cancellation = new CancellationTokenSource();
        EntryPosition? at = null;

        // <AppendCanceledException>
        try
        {
            at = await region.AppendAsync("one"u8.ToArray(), cancellation.Token);
        }
        catch (AppendCanceledException failure)
        {
            at = failure.Position;                              // the entry is there all the same; default: it is not
        }

        // </AppendCanceledException>
        Assert.NotNull(at);
    }
}
