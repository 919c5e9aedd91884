using System.Reflection;

namespace PmemStream.FormatReader.Tests;

/// <summary>The golden images of format version 1 are read as the dumps beside them say, for ever.</summary>
public sealed class GoldenTests
{
    // Set to write the dump of an image that has none yet.
    private const string WriteVariable = "PMEMSTREAM_WRITE_MISSING_DUMPS";

    private static readonly string Folder = Path.Combine(
        typeof(GoldenTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(metadata => metadata.Key == "RepositoryRoot").Value!,
        "tests",
        "golden");

    public static TheoryData<string> Images =>
        [.. Directory.GetFiles(Folder, "*.pms").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    [Theory]
    [MemberData(nameof(Images))]
    public void Read_GoldenImage_IsWhatItsDumpSays(string name)
    {
        string dump = TextDump.Write(Read(name));
        string path = Path.Combine(Folder, name + ".txt");
        if (!File.Exists(path) && Environment.GetEnvironmentVariable(WriteVariable) is not null)
        {
            File.WriteAllText(path, dump);
        }

        Assert.Equal(File.ReadAllLines(path), dump.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void Read_GoldenImage_ReportsProblemsOfDamagedOnesAlone(string name)
    {
        IReadOnlyList<string> problems = Read(name).Problems;
        Assert.Equal(name.StartsWith("damaged", StringComparison.Ordinal), problems.Count > 0);
    }

    [Fact]
    public void Images_AreAllThere() => Assert.True(Images.Count >= 16);

    // Whatever byte is damaged, an entry that is shown is one that was there, in the same order.
    [Theory]
    [InlineData("reservations")]
    [InlineData("group-whole")]
    [InlineData("sealed")]
    [InlineData("names")]
    public void Read_EachByteFlipped_ShowsNothingThatWasNotThere(string name)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(Folder, name + ".pms"));
        List<string> original = Shown(StoredImage.Read(bytes));
        for (int at = 0; at < bytes.Length; at += at % 4096 < 1024 ? 1 : 61)
        {
            bytes[at] ^= 0x55;
            try
            {
                List<string> shown = Shown(StoredImage.Read(bytes));
                Assert.True(IsSubsequence(shown, original), $"Byte {at}");
            }
            catch (InvalidDataException)
            {
                // Told as no stream.
            }

            bytes[at] ^= 0x55;
        }
    }

    private static StoredImage Read(string name) => StoredImage.Read(File.ReadAllBytes(Path.Combine(Folder, name + ".pms")));

    private static List<string> Shown(StoredImage stream) =>
    [
        .. stream.Regions.SelectMany(region => region.Visible)
            .Select(entry => $"{entry.Offset} {entry.Timestamp} {Xxh3.Hash(stream.Payload(entry))}"),
    ];

    private static bool IsSubsequence(List<string> part, List<string> whole)
    {
        int at = -1;
        return part.TrueForAll(item => (at = whole.IndexOf(item, at + 1)) >= 0);
    }
}
