using System.Diagnostics;
using System.Globalization;

namespace PmemStream.Benchmarks.Systems;

/// <summary>A program of tests/bench, which is asked by lines on its standard input (request.h says how).</summary>
internal sealed class NativeProgram : IMeasuredSystem
{
    private readonly Process _process;
    private readonly string _name;

    public NativeProgram(string path, Workplace workplace, params IEnumerable<KeyValuePair<string, string>> environment)
    {
        _name = Path.GetFileName(path);
        var start = new ProcessStartInfo(path, [workplace.MemoryFolder, workplace.DiskFolder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach ((string key, string value) in environment)
        {
            start.Environment[key] = value;
        }

        _process = Process.Start(start) ?? throw new BenchmarkException($"'{path}' cannot be started.");
    }

    public Measurement Measure(BenchmarkCase measured, TimeSpan minimum)
    {
        string answer = Ask(string.Create(
            CultureInfo.InvariantCulture,
            $"measure {Fields(measured)} min_ns={(long)minimum.TotalNanoseconds}"));
        Dictionary<string, long> numbers = Numbers(answer);
        return new Measurement(numbers["operations"], numbers["ns"], AllocatedBytes: null);
    }

    /// <summary>How the core makes bytes durable there.</summary>
    public string Describe(BenchmarkCase measured) => Ask($"describe {Fields(measured)}");

    /// <summary>Memory of the process that no file is behind, in bytes.</summary>
    public long ResidentBytes() => Numbers(Ask("memory"))["rss_anonymous"];

    public void Reset() => Ask("reset");

    public void Dispose()
    {
        // At the end of its input it removes its files and ends.
        _process.StandardInput.Dispose();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(20)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static string Fields(BenchmarkCase measured) => string.Create(
        CultureInfo.InvariantCulture,
        $"system={measured.System} scenario={measured.Scenario} medium={measured.Medium} policy={measured.Policy} " +
        $"payload={measured.PayloadBytes} threads={measured.Threads} batch={measured.Batch} log={measured.LogBytes}");

    private static Dictionary<string, long> Numbers(string answer) => answer
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(field => field.Split('='))
        .ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));

    private string Ask(string request)
    {
        _process.StandardInput.WriteLine(request);
        _process.StandardInput.Flush();
        string answer = _process.StandardOutput.ReadLine()
            ?? throw new BenchmarkException($"{_name} ended when it was asked: {request}");
        return answer.StartsWith("ok", StringComparison.Ordinal)
            ? answer[2..].Trim()
            : throw new BenchmarkException($"{_name} answered '{answer}' to: {request}");
    }
}
