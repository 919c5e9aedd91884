using PmemStream.Interop;

namespace PmemStream.Demo;

/// <summary>Where the stream lies while the demo runs. Disposing removes what the demo made.</summary>
internal sealed class StreamPlace : IDisposable
{
    /// <summary>The variable that says where the stream shall be: a file, a folder or a device.</summary>
    public const string PathVariable = "PMEMSTREAM_PATH";

    private const string StreamFile = "pmemstream-demo.pms";
    private const long EntryHeaderBytes = 24;
    private const long EntryAlignment = 64;
    private const long Slack = 4 << 20;

    private readonly DirectoryInfo _folder;
    private bool _streamIsOurs;

    private StreamPlace(DirectoryInfo folder, string streamPath)
    {
        _folder = folder;
        StreamPath = streamPath;
    }

    /// <summary>The stream.</summary>
    public string StreamPath { get; }

    /// <summary>The lines, for the writer.</summary>
    public string InputPath => Path.Combine(_folder.FullName, "input.txt");

    /// <summary>Chooses the place and puts the input there.</summary>
    public static StreamPlace Choose(LineText lines)
    {
        string? wanted = Environment.GetEnvironmentVariable(PathVariable);
        DirectoryInfo folder = CreateFolder();
        string path = wanted switch
        {
            null or "" => Path.Combine(folder.FullName, StreamFile),
            _ when Directory.Exists(wanted) => Path.Combine(wanted, StreamFile),
            _ => wanted,
        };
        var place = new StreamPlace(folder, path);
        File.WriteAllBytes(place.InputPath, lines.Bytes);
        return place;
    }

    /// <summary>Creates the stream and its region.</summary>
    /// <exception cref="DemoException">Something that is not the demo's is there.</exception>
    public void Create(LineText lines, Summary summary)
    {
        long regionBytes = Slack;
        for (int i = 0; i < lines.Count; i++)
        {
            regionBytes += (EntryHeaderBytes + lines[i].Length + EntryAlignment - 1) / EntryAlignment * EntryAlignment;
        }

        using PersistentStream stream = CreateStream(regionBytes + Slack);
        _streamIsOurs = true;
        stream.CreateRegion(Writer.RegionName, regionBytes);
        summary.Created(stream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_streamIsOurs && !IsDevice(StreamPath))
        {
            File.Delete(StreamPath);
        }

        _folder.Delete(recursive: true);
    }

    // A file system in memory, as /tmp is on some systems, would show nothing: then it is the other one.
    private static DirectoryInfo CreateFolder()
    {
        const string onDisk = "/var/tmp";
        const string prefix = "pmemstream-demo-";
        string temporary = Path.GetTempPath();
        return Directory.Exists(onDisk) && FileSystemOf(temporary) is "tmpfs" or "ramfs"
            ? Directory.CreateDirectory(Path.Combine(onDisk, prefix + Guid.NewGuid().ToString("N")))
            : Directory.CreateTempSubdirectory(prefix);
    }

    // In a change-root environment the mount that a folder lies on may not be listed.
    private static string FileSystemOf(string folder)
    {
        try
        {
            return new DriveInfo(folder).DriveFormat;
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static bool IsDevice(string path) => path.StartsWith("/dev/dax", StringComparison.Ordinal);

    private PersistentStream CreateStream(long streamBytes)
    {
        try
        {
            return PersistentStream.Create(StreamPath, new PersistentStreamOptions { Size = streamBytes });
        }
        catch (StreamExistsException) when (IsDemoStream(StreamPath))
        {
            return PersistentStream.Create(
                StreamPath, new PersistentStreamOptions { Size = streamBytes, Overwrite = true });
        }
        catch (StreamExistsException)
        {
            throw new DemoException(
                $"{StreamPath} exists and is not a stream of the demo: set {PathVariable} to a new file, or remove it");
        }
    }

    // Left by a demo that was killed, or on a device, which cannot be removed.
    private static bool IsDemoStream(string path)
    {
        try
        {
            using PersistentStream stream = PersistentStream.OpenReadOnly(path);
            return stream.Regions.Select(region => region.Name).SequenceEqual([Writer.RegionName]);
        }
        catch (PmemStreamException)
        {
            return false;
        }
    }
}
