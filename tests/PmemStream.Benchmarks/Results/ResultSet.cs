using System.Text.Json;

namespace PmemStream.Benchmarks.Results;

/// <summary>All results of one run.</summary>
internal sealed class ResultSet(IEnumerable<BenchmarkResult> results)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
    };

    public IReadOnlyList<BenchmarkResult> All { get; } = [.. results];

    public BenchmarkResult? Find(BenchmarkCase measured) => All.FirstOrDefault(result => result.Is(measured));

    /// <summary>An array of objects, a line feed at the end.</summary>
    public string ToJson() => JsonSerializer.Serialize(All, Format) + "\n";
}
