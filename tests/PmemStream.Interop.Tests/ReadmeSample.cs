using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>The sample of README.md: what stands between the marks is what stands there (see ReadmeTests).</summary>
internal static class ReadmeSample
{
    public static void Run(string path)
    {
        // <sample>
        using var stream = PersistentStream.OpenOrCreate(path, new() { Size = 256L << 20 });   // "/mnt/pmem/orders.pms"
        var region = stream.GetOrCreateRegion("orders", size: 64L << 20);

        EntryPosition at = region.Append("first order"u8);          // durable when this returns

        using (var slot = region.Reserve(128))                      // written in place
        {
            int n = Fill(slot.Span);
            slot.Publish(n);                                        // durable, and visible
        }

        foreach (var entry in region)
        {
            Console.WriteLine($"{entry.Timestamp}: {entry.Data.Length} bytes");
        }

        // </sample>
        Assert.Equal("first order"u8.ToArray(), region.ReadToArray(at));
        Assert.Equal(["first order", "second order"], region.Texts());
    }

    private static int Fill(Span<byte> span)
    {
        "second order"u8.CopyTo(span);
        return "second order"u8.Length;
    }
}
