namespace PmemStream.Benchmarks;

/// <summary>A benchmark that went wrong: it has no result. The text is for people.</summary>
internal sealed class BenchmarkException : Exception
{
    public BenchmarkException(string message)
        : base(message)
    {
    }
}
