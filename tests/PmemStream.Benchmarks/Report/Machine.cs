using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PmemStream.Benchmarks.Report;

/// <summary>What the numbers were measured on.</summary>
internal sealed record Machine
{
    public required DateTime Time { get; init; }

    public required string Processor { get; init; }

    public required int ProcessorCount { get; init; }

    public required string Kernel { get; init; }

    public required long MemoryBytes { get; init; }

    public required string Virtualization { get; init; }

    /// <summary>File system of the memory folder, and of the disk folder.</summary>
    public required string MemoryFileSystem { get; init; }

    public required string DiskFileSystem { get; init; }

    public required string DotNet { get; init; }

    public required string Compiler { get; init; }

    /// <summary>By policy, what the core says of it on this machine.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Policies { get; init; }

    /// <summary>For file names: letters, digits and hyphens.</summary>
    public string ShortName => Slug($"{Processor}-{ProcessorCount}-cpu");

    /// <summary>Of one line.</summary>
    public string Summary => string.Create(
        CultureInfo.InvariantCulture, $"{Processor}, {ProcessorCount} CPUs, Linux {Kernel}, {Time:yyyy-MM-dd}");

    public static Machine Describe(BenchmarkOptions options, MeasuredSystems systems) => new()
    {
        Time = DateTime.UtcNow,
        Processor = Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        ProcessorCount = Environment.ProcessorCount,
        Kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        Virtualization = (Field("/proc/cpuinfo", "flags") ?? "").Split(' ').Contains("hypervisor")
            ? "a virtual machine" : "no hypervisor is seen",
        MemoryFileSystem = FileSystemOf(options.Workplace.MemoryFolder),
        DiskFileSystem = FileSystemOf(options.Workplace.DiskFolder),
        DotNet = RuntimeInformation.FrameworkDescription,
        Compiler = FirstLineOf("cc", "--version"),
        Policies =
        [
            .. PlanOfBenchmarks.MemoryPolicies.Append(PolicyNames.Automatic).Select(policy => KeyValuePair.Create(
                $"memory, {policy}", Describe(systems, MediumNames.Memory, policy))),
            KeyValuePair.Create("disk, sync", Describe(systems, MediumNames.Disk, PolicyNames.Sync)),
        ],
    };

    /// <summary>Lower case, with a hyphen for whatever is no letter or digit.</summary>
    public static string Slug(string text)
    {
        var slug = new StringBuilder();
        foreach (char character in text.ToLowerInvariant().Replace("(r)", "", StringComparison.Ordinal))
        {
            if (char.IsAsciiLetterOrDigit(character))
            {
                slug.Append(character);
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }

        return slug.ToString().TrimEnd('-');
    }

    private static string Describe(MeasuredSystems systems, string medium, string policy)
    {
        string text = systems.Core.Describe(new BenchmarkCase(SystemNames.Core, ScenarioNames.Append, medium, policy));
        systems.Core.Reset();
        return text;
    }

    private static string? Field(string path, string name) => File.ReadLines(path)
        .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
        .FirstOrDefault(pair => pair.Length == 2 && pair[0] == name)?[1];

    // The mount whose folder is the longest beginning of the path: type and options, no device names.
    private static string FileSystemOf(string path)
    {
        string full = Path.GetFullPath(path);
        string[]? mount = File.ReadLines("/proc/mounts")
            .Select(line => line.Split(' '))
            .Where(fields => fields[1] == "/" || full == fields[1] || full.StartsWith(fields[1] + "/", StringComparison.Ordinal))
            .MaxBy(fields => fields[1].Length);
        return mount is null ? "unknown" : $"{mount[2]} ({mount[3]})";
    }

    private static string FirstLineOf(string program, string argument)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, [argument]) { RedirectStandardOutput = true })!;
        string? line = process.StandardOutput.ReadLine();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return line ?? program;
    }
}
