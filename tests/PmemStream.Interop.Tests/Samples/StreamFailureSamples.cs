using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests.Samples;

/// <summary>What opening and creating may throw. What stands between the marks is in SAMPLES.md.</summary>
internal static class StreamFailureSamples
{
    public static void StreamStatus(string path)
    {
        PmemStreamException? seen = null;

        // <StreamStatus>
        try
        {
            Interop.PersistentStream.Open(path);
        }
        catch (PmemStreamException failure) when (failure.Status == Interop.StreamStatus.NotFound)
        {
            seen = failure;                                     // one number for each reason, the same for ever
        }

        // </StreamStatus>
        Assert.NotNull(seen);
    }

    public static void PmemStreamException(string path)
    {
        PmemStreamException? seen = null;

        // <PmemStreamException>
        try
        {
            Interop.PersistentStream.Open(path);
        }
        catch (PmemStreamException failure)                     // all failures that are not the caller's mistake
        {
            seen = failure;
            Console.WriteLine($"{failure.Status}: {failure.Reason}");
        }

        // </PmemStreamException>
        Assert.NotNull(seen);
    }

    public static void StreamNotFoundException(string path)
    {
        PmemStreamException? seen = null;

        // <StreamNotFoundException>
        try
        {
            Interop.PersistentStream.Open(path);
        }
        catch (StreamNotFoundException failure)
        {
            seen = failure;                                     // Create it, or use OpenOrCreate.
        }

        // </StreamNotFoundException>
        Assert.NotNull(seen);
    }

    public static void StreamExistsException(string path)
    {
        PmemStreamException? seen = null;
        TestStreams.CreateWith(path);

        // <StreamExistsException>
        try
        {
            Interop.PersistentStream.Create(path, new() { Size = 1 << 20 });
        }
        catch (StreamExistsException failure)
        {
            seen = failure;                                     // It was not touched; Overwrite = true replaces it.
        }

        // </StreamExistsException>
        Assert.NotNull(seen);
    }

    public static void StreamLockedException(string path)
    {
        PmemStreamException? seen = null;
        using var writer = TestStreams.Create(path);

        // <StreamLockedException>
        try
        {
            Interop.PersistentStream.Open(path);
        }
        catch (StreamLockedException failure)
        {
            seen = failure;                                     // WaitForWriter waits; OpenReadOnly needs no lock.
        }

        // </StreamLockedException>
        Assert.NotNull(seen);
    }

    public static void StreamFormatException(string path)
    {
        PmemStreamException? seen = null;
        File.WriteAllBytes(path, new byte[1 << 20]);

        // <StreamFormatException>
        try
        {
            Interop.PersistentStream.Open(path);
        }
        catch (StreamFormatException failure)
        {
            seen = failure;                                     // no stream, a newer version, or cut off: see Status
        }

        // </StreamFormatException>
        Assert.NotNull(seen);
    }

    public static void StreamCorruptException(string path)
    {
        PmemStreamException? seen = null;
        EntryPosition first = TestStreams.CreateWith(path, "one", "two")[0];
        StreamFile.Flip(path, StreamSamples.DataOffset(path, first));

        // <StreamCorruptException>
        using var stream = Interop.PersistentStream.OpenReadOnly(path);
        try
        {
            foreach (var entry in stream.GetRegion("log"))
            {
                Console.WriteLine(entry.Position);
            }
        }
        catch (StreamCorruptException failure)
        {
            seen = failure;                                     // Position says where; Check() names every problem.
        }

        // </StreamCorruptException>
        Assert.NotNull(seen);
    }

    public static void StreamMediumException(string path)
    {
        PmemStreamException? seen = null;

        // <StreamMediumException>
        try
        {
            Interop.PersistentStream.Create(
                path, new() { Size = 1 << 20, RequiredMedium = Interop.MediumRequirement.PersistentMemory });
        }
        catch (StreamMediumException failure)
        {
            seen = failure;                                     // no persistent memory here: nothing was created
        }

        // </StreamMediumException>
        Assert.NotNull(seen);
    }

    public static void StreamNoSpaceException(string path)
    {
        PmemStreamException? seen = null;

        // <StreamNoSpaceException>
        try
        {
            Interop.PersistentStream.Create(path, new() { Size = 1L << 50 });
        }
        catch (StreamNoSpaceException failure)
        {
            seen = failure;                                     // at creation, never while appending
        }
        catch (StreamStorageException failure)
        {
            seen = failure;                                     // a file system may say in another way that this is too much
        }

        // </StreamNoSpaceException>
        Assert.NotNull(seen);
    }

    public static void StreamAccessDeniedException(string path)
    {
        PmemStreamException? seen = null;
        string locked = Path.Combine(Path.GetDirectoryName(path)!, "locked", "test.pms");
        Directory.CreateDirectory(Path.GetDirectoryName(locked)!);
        if (!OperatingSystem.IsWindows())
        {
            Unix.SetMode(Path.GetDirectoryName(locked)!, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        // <StreamAccessDeniedException>
        try
        {
            Interop.PersistentStream.Create(locked, new() { Size = 1 << 20 });
        }
        catch (StreamAccessDeniedException failure)
        {
            seen = failure;                                     // permissions; OpenReadOnly needs none to write
        }

        // </StreamAccessDeniedException>
        Assert.Equal(!OperatingSystem.IsWindows() && !Unix.IsRoot, seen is not null);
    }

    public static void StreamPoisonedException(string path)
    {
        PmemStreamException? seen = null;
        using var stream = TestStreams.Create(path, out var region);

        // <StreamPoisonedException>
        try
        {
            region.Append("one"u8);
        }
        catch (StreamPoisonedException failure)                 // a flush failed earlier, on a broken disk
        {
            seen = failure;                                     // Dispose the stream and open it again: it finds what is durable.
        }

        // </StreamPoisonedException>
        Assert.Null(seen);
    }

    public static void StreamStorageException(string path)
    {
        PmemStreamException? seen = null;

        // <StreamStorageException>
        try
        {
            Interop.PersistentStream.Open(path);
        }
        catch (StreamStorageException failure)                  // the system, the file system, the medium, another process
        {
            seen = failure;
            Console.WriteLine(failure.OsError);                 // errno, or GetLastError on Windows
        }

        // </StreamStorageException>
        Assert.NotNull(seen);
    }
}
