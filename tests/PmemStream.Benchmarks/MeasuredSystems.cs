using PmemStream.Benchmarks.Systems;

namespace PmemStream.Benchmarks;

/// <summary>All systems, each made when it is first asked for.</summary>
internal sealed class MeasuredSystems(Workplace workplace, string programs) : IDisposable
{
    private readonly Dictionary<string, IMeasuredSystem> _open = [];

    public NativeProgram Core => (NativeProgram)Get("bench_core");

    public IMeasuredSystem this[string system] => Get(system switch
    {
        SystemNames.Floor or SystemNames.Core or SystemNames.Mutex or SystemNames.Xxh3 => "bench_core",
        SystemNames.PmemLog or SystemNames.PmemMemcpy => "bench_peers",
        _ => system,
    });

    public void Reset()
    {
        foreach (IMeasuredSystem system in _open.Values)
        {
            system.Reset();
        }
    }

    public void Dispose()
    {
        foreach (IMeasuredSystem system in _open.Values)
        {
            system.Dispose();
        }

        _open.Clear();
    }

    private IMeasuredSystem Get(string name)
    {
        if (!_open.TryGetValue(name, out IMeasuredSystem? system))
        {
            system = Make(name);
            _open.Add(name, system);
        }

        return system;
    }

    private IMeasuredSystem Make(string name) => name switch
    {
        "bench_core" => new NativeProgram(Path.Combine(programs, name), workplace),
        // libpmem is told to take tmpfs for persistent memory. That must not be said to the core: bench_peers has no disk.
        "bench_peers" => new NativeProgram(
            Path.Combine(programs, name), workplace, KeyValuePair.Create("PMEM_IS_PMEM_FORCE", "1")),
        SystemNames.CSharp => new InteropSystem(workplace),
        SystemNames.Faster => new FasterSystem(workplace),
        SystemNames.Sqlite => new SqliteSystem(workplace),
        SystemNames.FileStream => new FileStreamSystem(workplace),
        _ => throw new BenchmarkException($"There is no system '{name}'."),
    };
}
