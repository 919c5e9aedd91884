using System.Reflection;
using PmemStream.FormatReader;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>The golden images of format version 1 are read as the dumps beside them say, for ever.</summary>
public sealed class GoldenTests
{
    private static readonly string Folder = Path.Combine(
        typeof(GoldenTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(metadata => metadata.Key == "RepositoryRoot").Value!,
        "tests",
        "golden");

    public static TheoryData<string> Images =>
        [.. Directory.GetFiles(Folder, "*.pms").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    [Fact]
    public void Images_AreAllThere() => Assert.True(Images.Count >= 16);

    [Theory]
    [MemberData(nameof(Images))]
    public void OpenReadOnly_GoldenImage_IsWhatItsDumpSays(string name)
    {
        using var folder = new TestFolder();
        File.Copy(Image(name), folder.Stream);
        using PersistentStream stream = PersistentStream.OpenReadOnly(folder.Stream);
        Assert.Equal(LayerDump.WithoutEnds(File.ReadAllText(Dump(name))), LayerDump.Of(stream));
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void Open_GoldenImage_HasTheEntriesOfItsDumpAndGoesOn(string name)
    {
        string[] dump = File.ReadAllLines(Dump(name));
        using var folder = new TestFolder();
        File.Copy(Image(name), folder.Stream);
        if (dump.Contains("end damaged"))
        {
            Assert.Throws<StreamCorruptException>(() => PersistentStream.Open(folder.Stream));
            return;
        }

        List<string> expected = [.. dump.Where(line => line.StartsWith("data ", StringComparison.Ordinal)).Select(PlaceOf)];
        using (PersistentStream stream = PersistentStream.Open(folder.Stream))
        {
            Assert.Equal(dump.Count(line => line == "end torn"), stream.Recovery.CutsSealed);
            Assert.Equal(expected, stream.Regions.SelectMany(Shown));
            foreach (StreamRegion region in stream.Regions)
            {
                region.TryAppend("more"u8, out _);
            }
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.True(again.Check().IsSound);
        Assert.Empty(expected.Except(again.Regions.SelectMany(Shown)));
        StoredImage reader = StoredImage.Read(StreamFile.ReadAllBytes(folder.Stream));
        Assert.Equal(LayerDump.WithoutEnds(TextDump.Write(reader)), LayerDump.Of(again));
    }

    private static string Image(string name) => Path.Combine(Folder, name + ".pms");

    private static string Dump(string name) => Path.Combine(Folder, name + ".txt");

    // "data OFFSET timestamp TIMESTAMP ...": the offset and the timestamp.
    private static string PlaceOf(string line) => line.Split(' ') is [_, var offset, _, var timestamp, ..]
        ? $"{offset}/{timestamp}"
        : line;

    private static List<string> Shown(StreamRegion region)
    {
        var shown = new List<string>();
        foreach (StreamEntry entry in region)
        {
            shown.Add($"{entry.Position.Offset}/{entry.Timestamp}");
        }

        return shown;
    }
}
