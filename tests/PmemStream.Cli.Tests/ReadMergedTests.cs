using System.Globalization;
using System.Text;
using System.Text.Json;
using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary><c>read --merged</c>.</summary>
public sealed class ReadMergedTests
{
    private static readonly string[] Names = ["log", "second region", ""];

    [Fact]
    public void Read_Merged_IsInTheOrderOfTimestampsInEveryFormat()
    {
        using var folder = TestFolder.OnDisk();
        (string Region, EntryPosition At, string Text)[] expected = CreateStream(folder, 30);

        Assert.Equal(string.Concat(expected.Select(entry => entry.Text)), Read(folder).Text);
        Assert.Equal(
            expected.Select(entry => string.Create(
                CultureInfo.InvariantCulture, $"{entry.Region}\t{entry.At}\t{entry.At.Timestamp}\t{entry.Text}")),
            Read(folder, "--format", "text").Lines);
        Assert.Equal(
            expected.Select(entry => $"# region {entry.Region}, position {entry.At}, timestamp {entry.At.Timestamp}, "),
            Read(folder, "--format", "hex").Lines
                .Where(line => line[0] == '#').Select(line => line[..(line.LastIndexOf(',') + 2)]));
        Assert.Equal(
            expected.Select(entry => (entry.Region, entry.At.Timestamp, entry.Text)),
            Read(folder, "--format", "json").Lines.Select(line => JsonDocument.Parse(line).RootElement).Select(entry => (
                entry.GetProperty("region").GetString()!,
                entry.GetProperty("timestamp").GetUInt64(),
                entry.GetProperty("data").GetString()!)));

        // The control: without it the order is another.
        string[] byRegion = Tool.Run("read", folder.Stream, "--format", "text").Ok().Lines;
        Assert.NotEqual(Read(folder, "--format", "text").Lines, byRegion);
        Assert.Equal(Read(folder, "--format", "text").Lines.Order(), byRegion.Order());
    }

    [Fact]
    public void Read_MergedFrom_BeginsAtTheTimestamp()
    {
        using var folder = TestFolder.OnDisk();
        (string Region, EntryPosition At, string Text)[] expected = CreateStream(folder, 20);
        foreach (int index in new[] { 0, 1, 7, 19 })
        {
            Assert.Equal(
                string.Concat(expected[index..].Select(entry => entry.Text)),
                Read(folder, "--from", $"{expected[index].At.Timestamp}").Text);
        }

        Assert.Empty(Read(folder, "--from", $"{expected[^1].At.Timestamp + 1}").Output);
    }

    [Fact]
    public void Read_MergedDamagedEntry_WritesWhatIsBeforeAndNamesTheRegion()
    {
        using var folder = TestFolder.OnDisk();
        (string Region, EntryPosition At, string Text)[] expected = CreateStream(folder, 9);
        folder.Damage(expected[4].At.Offset + 24);

        ToolResult result = Tool.Run("read", folder.Stream, "--merged")
            .Failed(4, expected[4].Region, expected[4].At.Offset.ToString(CultureInfo.InvariantCulture));

        // Its region is found to be damaged when the entry before it, of the same region, has been written.
        Assert.Equal(string.Concat(expected[..2].Select(entry => entry.Text)), result.Text);
    }

    [Fact]
    public void Read_MergedBesideAWriter_EndsAtWhatIsStable()
    {
        using var folder = TestFolder.OnDisk();
        (string Region, EntryPosition At, string Text)[] expected = CreateStream(folder, 6);
        string all = string.Concat(expected.Select(entry => entry.Text));
        using (var writer = PersistentStream.Open(folder.Stream))
        {
            writer.GetRegion(TestFolder.Region).Append("later"u8);
            ToolResult beside = Read(folder);
            Assert.StartsWith(beside.Text, all, StringComparison.Ordinal);
            Assert.StartsWith("read up to timestamp ", beside.Error, StringComparison.Ordinal);
        }

        ToolResult alone = Read(folder);
        Assert.Equal((all + "later", ""), (alone.Text, alone.Error));
    }

    private static ToolResult Read(TestFolder folder, params string[] args) =>
        Tool.Run(["read", folder.Stream, "--merged", .. args]).Ok();

    // Entries in turn: of three regions, the last without a name.
    private static (string Region, EntryPosition At, string Text)[] CreateStream(TestFolder folder, int count)
    {
        folder.CreateStream(64 << 10);
        using var stream = PersistentStream.Open(folder.Stream);
        StreamRegion[] regions =
        [
            .. Names.Select(name => name == TestFolder.Region
                ? stream.GetRegion(name)
                : stream.CreateRegion(name.Length == 0 ? null : name, 64 << 10)),
        ];
        return
        [
            .. Enumerable.Range(0, count).Select(index =>
            {
                StreamRegion region = regions[index % regions.Length];
                string name = region.Name.Length == 0 ? $"@{region.Offset}" : region.Name;
                return (name, region.Append(Encoding.UTF8.GetBytes($"entry {index};")), $"entry {index};");
            }),
        ];
    }
}
