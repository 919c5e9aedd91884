using System.Text.Json;
using PmemStream.Benchmarks.Results;

namespace PmemStream.Benchmarks.Tests;

public sealed class BenchmarkResultTests
{
    private static readonly string[] PromisedNames =
    [
        "system", "scenario", "medium", "policy", "payload_bytes", "threads", "batch", "ns_per_op_median", "ns_per_op_min",
        "bytes_allocated_per_op",
    ];

    [Fact]
    public void Of_Rounds_HasMedianLeastAndQuartiles()
    {
        BenchmarkResult result = TestResults.Of(TestResults.Core, 50, 10, 40, 20, 30);
        Assert.Equal(30, result.NsPerOpMedian);
        Assert.Equal(10, result.NsPerOpMin);
        Assert.Equal(20, result.NsPerOpQ1);
        Assert.Equal(40, result.NsPerOpQ3);
        Assert.Equal(5, result.Rounds);
        Assert.Equal([50, 10, 40, 20, 30], result.Samples);
        Assert.Null(result.BytesAllocatedPerOp);
    }

    [Fact]
    public void Of_Allocations_AreGivenPerOperation() =>
        Assert.Equal(24, TestResults.OfAllocating(TestResults.Core, 24, 1, 2, 3).BytesAllocatedPerOp);

    [Fact]
    public void Find_AnotherBatch_IsAnotherResult()
    {
        var results = new ResultSet([TestResults.Of(TestResults.Core with { Batch = 8 }, 1)]);
        Assert.Null(results.Find(TestResults.Core));
        Assert.NotNull(results.Find(TestResults.Core with { Batch = 8 }));
    }

    [Fact]
    public void ToJson_Results_IsAnArrayOfObjectsWithTheirNames()
    {
        string json = new ResultSet(
        [
            TestResults.Of(TestResults.Core with { Threads = 2, Batch = 8 }, 12.5),
            TestResults.OfAllocating(TestResults.Append(SystemNames.CSharp), 0, 13.25),
            BenchmarkResult.OfResident(TestResults.Core with { Scenario = ScenarioNames.Resident }, 4096),
        ]).ToJson();
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement[] objects = [.. document.RootElement.EnumerateArray()];
        Assert.Equal(3, objects.Length);
        Assert.All(objects, one => Assert.All(PromisedNames, name => Assert.True(one.TryGetProperty(name, out _), name)));
        Assert.Equal("core", objects[0].GetProperty("system").GetString());
        Assert.Equal(64, objects[0].GetProperty("payload_bytes").GetInt32());
        Assert.Equal(2, objects[0].GetProperty("threads").GetInt32());
        Assert.Equal(8, objects[0].GetProperty("batch").GetInt32());
        Assert.Equal(12.5, objects[0].GetProperty("ns_per_op_median").GetDouble());
        Assert.Equal(JsonValueKind.Null, objects[0].GetProperty("bytes_allocated_per_op").ValueKind);
        Assert.Equal(0, objects[1].GetProperty("bytes_allocated_per_op").GetDouble());
        Assert.Equal(JsonValueKind.Null, objects[2].GetProperty("ns_per_op_median").ValueKind);
        Assert.Equal(4096, objects[2].GetProperty("resident_bytes").GetInt64());
        Assert.EndsWith("]\n", json, StringComparison.Ordinal);
    }
}
