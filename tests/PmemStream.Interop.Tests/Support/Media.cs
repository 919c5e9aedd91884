namespace PmemStream.Interop.Tests.Support;

/// <summary>Where the streams of a test lie.</summary>
public static class Media
{
    /// <summary>A tmpfs file: volatile memory, flushed by the processor.</summary>
    public const string Memory = "memory";

    /// <summary>An ordinary file: the page cache.</summary>
    public const string Disk = "disk";

    private const string MemoryFolder = "/dev/shm";

    /// <summary>All that this machine has.</summary>
    public static TheoryData<string> All =>
        HasMemory ? [Memory, Disk] : [Disk];

    // Not on Windows, where a program under Wine would find the folder of Linux.
    internal static bool HasMemory => !OperatingSystem.IsWindows() && Directory.Exists(MemoryFolder);

    // On Windows the addresses behind a mapping can be lost to other threads: then a stream has to be opened again to grow.
    internal static bool IsLostRoom(StreamStorageException failure) =>
        OperatingSystem.IsWindows()
        && (failure.Message.Contains("open it again", StringComparison.Ordinal)
            || failure.Message.Contains("bytes more of the file", StringComparison.Ordinal));

    /// <summary>The folder in which tests make theirs.</summary>
    internal static string Folder(string medium) => medium == Memory && HasMemory
        ? MemoryFolder
        : System.IO.Path.GetTempPath();
}

/// <summary>A folder that is gone when the test ends.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder(string medium = Media.Memory)
    {
        Path = System.IO.Path.Combine(Media.Folder(medium), $"pmemstream-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    /// <summary>The usual place of the stream.</summary>
    public string Stream => File("test.pms");

    /// <summary>
    /// What is in it, but, on Windows, coordination files that were given another name: those are deleted when nobody has them
    /// mapped any more, which is when the last object of their stream is collected.
    /// </summary>
    public IEnumerable<string> Names => Directory.GetFileSystemEntries(Path)
        .Select(entry => System.IO.Path.GetFileName(entry))
        .Where(name => !OperatingSystem.IsWindows() || !name.Contains("-shm.", StringComparison.Ordinal));

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
