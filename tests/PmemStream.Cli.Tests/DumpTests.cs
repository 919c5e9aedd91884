using System.Text.Json;
using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary><c>dump</c>.</summary>
public sealed class DumpTests
{
    [Fact]
    public void Dump_Piped_IsALineAStructureWithTabs()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(64 << 10, "one", "two");
        byte[] before = File.ReadAllBytes(folder.Stream);

        string[][] rows = Rows(Tool.Run("dump", folder.Stream).Ok());

        Assert.Equal(["offset", "bytes", "kind", "state", "fields"], rows[0]);
        Assert.All(rows, row => Assert.Equal(5, row.Length));
        Assert.All(rows[1..], row => Assert.Equal("whole", row[3]));
        Assert.Equal(
            ["stream-header", "stream-header", "timestamp-ceiling", "persisted-timestamp", "layout-epoch", "stream-size",
                "stream-spare", "stream-spare", "timestamp-ceiling", "region-piece", "region-header", "extent",
                "base-timestamp", "checkpoint", "region-spare", "region-spare", "data", "data", "room", "free-piece",
                "extent"],
            rows[1..].Select(row => row[2]));
        Assert.Equal(at.Select(position => $"{position.Offset}"), rows.Where(row => row[2] == "data").Select(row => row[0]));
        Assert.Equal(before, File.ReadAllBytes(folder.Stream));
    }

    [Fact]
    public void Dump_Region_IsThatRegionAlone()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10, "one");
        Tool.Run("region", "create", folder.Stream, "other", "--size", "64KiB").Ok();

        string[][] byName = Rows(Tool.Run("dump", folder.Stream, "other").Ok());
        string offset = byName[1][0];

        Assert.Equal("region-piece", byName[1][2]);
        Assert.Equal(byName, Rows(Tool.Run("dump", folder.Stream, $"@{offset}").Ok()));
        Assert.DoesNotContain(byName, row => row[2] is "data" or "stream-header");
    }

    [Fact]
    public void Dump_DamagedStream_ListsTheDamageAndGoesOn()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(64 << 10, "one", "two", "three");
        folder.Damage(at[1].Offset + 24);
        folder.Damage(4096 + 60);
        folder.Damage(8192);

        string[][] rows = Rows(Tool.Run("dump", folder.Stream).Ok());

        Assert.Equal(
            [("4096", "stream-header"), ("8192", "timestamp-ceiling"), ($"{at[1].Offset}", "damaged")],
            rows.Where(row => row[3] == "damaged").Select(row => (row[0], row[2])));
        Assert.Equal(2, rows.Count(row => row[2] == "data"));
    }

    [Fact]
    public void Dump_Json_IsAnObjectALineWithNumbers()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(64 << 10, "three");

        ToolResult result = Tool.Run("dump", folder.Stream, "--json").Ok();

        JsonElement[] all = [.. result.Lines.Select(line => JsonDocument.Parse(line).RootElement)];
        JsonElement data = Assert.Single(all, item => item.GetProperty("kind").GetString() == "data");
        Assert.Equal(at[0].Offset, data.GetProperty("offset").GetInt64());
        Assert.Equal(64, data.GetProperty("bytes").GetInt64());
        Assert.Equal(16384, data.GetProperty("piece").GetInt64());
        Assert.Equal(5, data.GetProperty("payloadBytes").GetInt64());
        Assert.Equal(at[0].Timestamp, data.GetProperty("timestamp").GetUInt64());
        Assert.Equal(0, data.GetProperty("lagBytes").GetInt64());
        Assert.False(data.GetProperty("groupContinues").GetBoolean());
        Assert.True(data.GetProperty("whole").GetBoolean());
        JsonElement size = Assert.Single(all, item => item.GetProperty("kind").GetString() == "stream-size");
        Assert.Equal(new FileInfo(folder.Stream).Length, size.GetProperty("value").GetInt64());
        Assert.Equal(JsonValueKind.Null, size.GetProperty("piece").ValueKind);
    }

    private static string[][] Rows(ToolResult result) => [.. result.Lines.Select(line => line.Split('\t'))];
}
