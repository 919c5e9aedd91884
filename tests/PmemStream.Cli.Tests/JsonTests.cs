using System.Text;
using System.Text.Json;
using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary>JSON: of <c>info</c>, <c>check</c> and <c>read</c>. Programs rely on the names and types of the properties.</summary>
public sealed class JsonTests
{
    [Fact]
    public void Info_Json_HoldsTheFactsOfStreamAndRegions()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(64 << 10, "one", "two");
        using (var writer = PersistentStream.Open(folder.Stream))
        {
            writer.CreateRegion(null, 4096);
        }

        JsonElement info = Only(Tool.Run("info", folder.Stream, "--json").Ok());

        using var stream = PersistentStream.OpenReadOnly(folder.Stream);
        Assert.Equal(folder.Stream, info.GetProperty("path").GetString());
        Assert.Equal(stream.Info.Uuid, info.GetProperty("uuid").GetGuid());
        Assert.Equal(stream.Info.Created, info.GetProperty("created").GetDateTimeOffset());
        Assert.Equal(stream.Info.Size, info.GetProperty("sizeBytes").GetInt64());
        Assert.Equal(stream.Info.FreeBytes, info.GetProperty("freeBytes").GetInt64());
        Assert.Equal(stream.Info.MediumDescription, info.GetProperty("durability").GetString());
        Assert.Equal(0, info.GetProperty("state").GetArrayLength());
        Assert.All(
            ["formatVersion", "compatibleFeatures", "incompatibleFeatures", "readOnlyFeatures", "fileBytes", "blockBytes",
                "largestFreeBytes", "nextTimestamp"],
            name => Assert.Equal(JsonValueKind.Number, info.GetProperty(name).ValueKind));
        Assert.Matches("^(page-cache|volatile|persistent-memory)$", info.GetProperty("medium").GetString());

        JsonElement[] regions = [.. info.GetProperty("regions").EnumerateArray()];
        Assert.Equal(TestFolder.Region, regions[0].GetProperty("name").GetString());
        Assert.Equal(at[0].Timestamp, regions[0].GetProperty("firstTimestamp").GetUInt64());
        Assert.Equal(at[1].Timestamp, regions[0].GetProperty("lastTimestamp").GetUInt64());
        Assert.Equal(128, regions[0].GetProperty("usedBytes").GetInt64());
        Assert.Equal(64, regions[0].GetProperty("alignment").GetInt32());
        Assert.Equal(JsonValueKind.Null, regions[1].GetProperty("name").ValueKind);
        Assert.Equal(JsonValueKind.Null, regions[1].GetProperty("lastTimestamp").ValueKind);
        Assert.All(
            ["offset", "totalBytes", "usableBytes", "openReservations"],
            name => Assert.Equal(JsonValueKind.Number, regions[1].GetProperty(name).ValueKind));
    }

    [Fact]
    public void Info_JsonOfADamagedHeaderCopy_NamesTheState()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10);
        folder.Damage(4096 + 60);

        JsonElement info = Only(Tool.Run("info", folder.Stream, "--json").Ok());

        Assert.Equal(["header-damaged"], info.GetProperty("state").EnumerateArray().Select(state => state.GetString()));
    }

    [Fact]
    public void Check_JsonOfASoundStream_HasTheSums()
    {
        using var folder = TestFolder.OnDisk();
        folder.CreateStream(64 << 10, "one", "three");

        JsonElement check = Only(Tool.Run("check", folder.Stream, "--json").Ok());

        Assert.True(check.GetProperty("sound").GetBoolean());
        Assert.Equal(0, check.GetProperty("errorCount").GetInt64());
        Assert.Equal(1, check.GetProperty("regionCount").GetInt64());
        Assert.Equal(2, check.GetProperty("entryCount").GetInt64());
        Assert.Equal(8, check.GetProperty("payloadBytes").GetInt64());
        Assert.Equal(JsonValueKind.Number, check.GetProperty("freeBytes").ValueKind);
        Assert.Equal(0, check.GetProperty("problems").GetArrayLength());
    }

    [Fact]
    public void Check_JsonOfADamagedStream_HasTheProblemsAndIsCorruption()
    {
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(64 << 10, "one", "two", "three");
        folder.Damage(at[1].Offset + 24);
        folder.Damage(4096 + 60);

        ToolResult result = Tool.Run("check", folder.Stream, "--json").Failed(4, folder.Stream);

        JsonElement check = Only(result);
        Assert.False(check.GetProperty("sound").GetBoolean());
        JsonElement[] problems = [.. check.GetProperty("problems").EnumerateArray()];
        Assert.Equal(["warning", "error"], problems.Select(problem => problem.GetProperty("severity").GetString()));
        Assert.Equal(JsonValueKind.Null, problems[0].GetProperty("region").ValueKind);
        Assert.Equal(at[1].Offset, problems[1].GetProperty("position").GetInt64());
        Assert.Equal(TestFolder.Region, problems[1].GetProperty("region").GetString());
        Assert.Equal(16384, problems[1].GetProperty("regionOffset").GetInt64());
        Assert.NotEmpty(problems[1].GetProperty("message").GetString()!);
    }

    [Fact]
    public void Read_Json_IsAnObjectALine()
    {
        string[] texts = ["plain\n", "µ \"quoted\" \\ \u2028 \u001b[1m 😀", string.Empty];
        using var folder = TestFolder.OnDisk();
        EntryPosition[] at = folder.CreateStream(64 << 10, texts);

        ToolResult result = Tool.Run("read", folder.Stream, "--format", "json").Ok();

        JsonElement[] entries = [.. result.Lines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(texts, entries.Select(entry => entry.GetProperty("data").GetString()));
        Assert.Equal(at.Select(position => position.Offset), entries.Select(entry => entry.GetProperty("offset").GetInt64()));
        Assert.Equal(
            at.Select(position => position.Timestamp), entries.Select(entry => entry.GetProperty("timestamp").GetUInt64()));
        Assert.Equal(
            at.Select(position => position.ToString()), entries.Select(entry => entry.GetProperty("position").GetString()));
        Assert.Equal(
            texts.Select(Encoding.UTF8.GetByteCount), entries.Select(entry => entry.GetProperty("bytes").GetInt32()));
        Assert.All(entries, entry => Assert.Equal(TestFolder.Region, entry.GetProperty("region").GetString()));
        Assert.DoesNotContain("\u001b", result.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(2_000_000)]
    public void Read_JsonOfWhatIsNoText_IsBase64(int bytes)
    {
        byte[] input = new byte[bytes];
        new Random(5).NextBytes(input);
        input[0] = 0xff;
        using var folder = TestFolder.InMemory();
        folder.CreateStream(4 << 20);
        Tool.RunOn(input, "append", folder.Stream, TestFolder.Region, "--whole").Ok();

        JsonElement entry = Only(Tool.Run("read", folder.Stream, TestFolder.Region, "--format", "json").Ok());

        Assert.False(entry.TryGetProperty("data", out _));
        Assert.Equal(input, entry.GetProperty("dataBase64").GetBytesFromBase64());
    }

    [Fact]
    public void Read_JsonOfALongText_IsComplete()
    {
        // Segments end within characters.
        string text = "x" + string.Concat(Enumerable.Repeat("€😀", 300_000));
        using var folder = TestFolder.InMemory();
        folder.CreateStream(4 << 20);
        Tool.RunOn(Encoding.UTF8.GetBytes(text), "append", folder.Stream, TestFolder.Region, "--whole").Ok();

        JsonElement entry = Only(Tool.Run("read", folder.Stream, TestFolder.Region, "--format", "json").Ok());

        Assert.Equal(text, entry.GetProperty("data").GetString());
    }

    private static JsonElement Only(ToolResult result) => JsonDocument.Parse(Assert.Single(result.Lines)).RootElement;
}
