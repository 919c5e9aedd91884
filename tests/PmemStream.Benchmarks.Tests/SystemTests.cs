using PmemStream.Benchmarks.Systems;

namespace PmemStream.Benchmarks.Tests;

/// <summary>The .NET systems do what they are said to do. The native programs are run by the trial.</summary>
public sealed class SystemTests : IDisposable
{
    private const int OpenSynchronous = 0x101000; // O_SYNC of Linux on x86-64 and arm64
    private static readonly TimeSpan Shortly = TimeSpan.FromTicks(1);

    private readonly DirectoryInfo _memory = Directory.CreateTempSubdirectory("benchmarks");
    private readonly DirectoryInfo _disk = Directory.CreateTempSubdirectory("benchmarks");

    private Workplace Workplace => new(_memory.FullName, _disk.FullName);

    public void Dispose()
    {
        _memory.Delete(recursive: true);
        _disk.Delete(recursive: true);
    }

    [Theory]
    [InlineData(SystemNames.Faster)]
    [InlineData(SystemNames.Sqlite)]
    [InlineData(SystemNames.FileStream)]
    public void Measure_Batches_CountsEntriesAndLeavesNothing(string name)
    {
        using var systems = new MeasuredSystems(Workplace, programs: "");
        foreach (int batch in new[] { 1, 8 })
        {
            var measured = new BenchmarkCase(name, ScenarioNames.Batch, MediumNames.Disk, PolicyNames.Own, 64, 1, batch);
            Measurement measurement = systems[name].Measure(measured, Shortly);
            Assert.True(measurement.Operations >= batch && measurement.Operations % batch == 0, $"{measurement.Operations}");
            Assert.True(measurement.Nanoseconds > 0);
            Assert.NotNull(measurement.AllocatedBytes);
        }

        Assert.NotEmpty(_disk.GetFileSystemInfos());
        systems.Reset();
        Assert.Empty(_disk.GetFileSystemInfos());
        Assert.Empty(_memory.GetFileSystemInfos());
    }

    [Theory]
    [InlineData(SystemNames.CSharp, PolicyNames.Sync)]
    [InlineData(SystemNames.Faster, PolicyNames.Own)]
    [InlineData(SystemNames.Sqlite, PolicyNames.Own)]
    public void Measure_Callers_CountsTheEntriesOfAll(string name, string policy)
    {
        using var systems = new MeasuredSystems(Workplace, programs: "");
        foreach (int callers in new[] { 1, 16 })
        {
            Measurement measurement = systems[name].Measure(PlanOfBenchmarks.Callers(name, policy, callers), Shortly);
            Assert.True(measurement.Operations > 0 && measurement.Operations % callers == 0, $"{measurement.Operations}");
        }

        systems.Reset();
    }

    [Fact]
    public void Measure_ScenarioThatASystemLacks_IsRefused()
    {
        using var systems = new MeasuredSystems(Workplace, programs: "");
        var measured = new BenchmarkCase(SystemNames.FileStream, ScenarioNames.Iterate, MediumNames.Disk, PolicyNames.Own);
        Assert.Throws<BenchmarkException>(() => systems[SystemNames.FileStream].Measure(measured, Shortly));
        Assert.Throws<BenchmarkException>(() => systems["nobody"]);
    }

    // Durable means durable: what FASTER has written when its commit returns is on the disk, because its file is synchronous.
    [Fact]
    public void Faster_File_IsOpenedSynchronously()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "allowed: open files are listed in /proc of Linux");
        using var system = new FasterSystem(Workplace);
        var measured = new BenchmarkCase(SystemNames.Faster, ScenarioNames.Append, MediumNames.Disk, PolicyNames.Own);
        system.Measure(measured, Shortly);
        int[] flags = [.. FlagsOfOpenFiles(_disk.FullName)];
        Assert.NotEmpty(flags);
        Assert.All(flags, flag => Assert.Equal(OpenSynchronous, flag & OpenSynchronous));
    }

    // What the C# layer appends over and over is there, and as many entries as it says.
    [Fact]
    public void Interop_Iterate_SeesWhatWasAppended()
    {
        using var system = new InteropSystem(Workplace);
        var measured = new BenchmarkCase(
            SystemNames.CSharp, ScenarioNames.Iterate, MediumNames.Disk, PolicyNames.Sync, LogBytes: 1 << 20);
        long expected = (1 << 20) / (64 + 24);
        Assert.Equal(expected, system.Measure(measured, Shortly).Operations, 50.0);
    }

    private static IEnumerable<int> FlagsOfOpenFiles(string folder) =>
        from entry in Directory.EnumerateFileSystemEntries("/proc/self/fd")
        let file = new FileInfo(entry)
        where file.LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true
        let line = File.ReadLines($"/proc/self/fdinfo/{file.Name}").Single(text => text.StartsWith("flags:", StringComparison.Ordinal))
        select Convert.ToInt32(line.Split(':')[1].Trim(), 8);
}
