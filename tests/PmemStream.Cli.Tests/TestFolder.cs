using System.Text;
using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary>A folder of one test, with streams in it.</summary>
internal sealed class TestFolder : IDisposable
{
    public const string Region = "log";

    private const string Memory = "/dev/shm";
    private readonly string _folder;

    private TestFolder(string folder) => _folder = folder;

    /// <summary>The path of the stream that <see cref="CreateStream"/> makes.</summary>
    public string Stream => this["stream.pms"];

    public string this[string file] => Path.Combine(_folder, file);

    /// <summary>On an ordinary file system.</summary>
    public static TestFolder OnDisk() => new(Directory.CreateTempSubdirectory("pmemstream-test-").FullName);

    /// <summary>In memory where there is such a folder: for tests with many appends.</summary>
    public static TestFolder InMemory()
    {
        if (OperatingSystem.IsWindows() || !Directory.Exists(Memory))
        {
            return OnDisk();
        }

        string folder = Path.Combine(Memory, $"pmemstream-test-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        return new TestFolder(folder);
    }

    /// <summary>Makes a stream with one region that holds the entries; returns their positions.</summary>
    public EntryPosition[] CreateStream(long regionBytes = 1 << 20, params string[] entries)
    {
        using var stream = PersistentStream.Create(
            Stream, new PersistentStreamOptions { Size = regionBytes + (1 << 20) });
        StreamRegion region = stream.CreateRegion(Region, regionBytes);
        return [.. entries.Select(entry => region.Append(Encoding.UTF8.GetBytes(entry)))];
    }

    /// <summary>All entries of the region, read by the library.</summary>
    public List<byte[]> Entries(string region = Region)
    {
        using var stream = PersistentStream.OpenReadOnly(Stream);
        var entries = new List<byte[]>();
        foreach (StreamEntry entry in stream.GetRegion(region))
        {
            entries.Add(entry.Data.ToArray());
        }

        return entries;
    }

    /// <summary>Flips a bit of a byte of the stream.</summary>
    public void Damage(long offset)
    {
        using FileStream file = File.Open(Stream, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
