using System.Text;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests.Samples;

/// <summary>Streams, regions and their options. What stands between the marks is in SAMPLES.md.</summary>
internal static class StreamSamples
{
    public static void PersistentStream(string path)
    {
        // <PersistentStream>
        using (var stream = Interop.PersistentStream.OpenOrCreate(path, new() { Size = 1 << 20 }))
        {
            var region = stream.GetOrCreateRegion("orders", size: 256 << 10);
            region.Append("durable when this returns"u8);
        }

        // </PersistentStream>
        Assert.True(File.Exists(path));
    }

    public static void PersistentStreamOptions(string path)
    {
        // <PersistentStreamOptions>
        var options = new PersistentStreamOptions
        {
            Size = 1 << 20,                                     // all of it is allocated now
            RequiredMedium = Interop.MediumRequirement.Any,     // PersistentMemory: fail where it is none
            EntryAlignment = 8,                                 // packed; 64, the default, is faster for small entries
            WaitForWriter = TimeSpan.FromSeconds(5),
        };
        using var stream = Interop.PersistentStream.OpenOrCreate(path, options);

        // </PersistentStreamOptions>
        Assert.Equal(1 << 20, stream.Info.Size);
    }

    public static void StreamOpenOptions(string path)
    {
        TestStreams.CreateWith(path, "one");

        // <StreamOpenOptions>
        var options = new StreamOpenOptions { WaitForWriter = TimeSpan.FromSeconds(5) };
        using var stream = Interop.PersistentStream.Open(path, options);

        // </StreamOpenOptions>
        Assert.Single(stream.Regions);
    }

    public static void StreamRegion(string path)
    {
        using var stream = TestStreams.Create(path);

        // <StreamRegion>
        StreamRegion region = stream.CreateRegion("log", size: 64 << 10);
        EntryPosition first = region.Append("one"u8);
        region.AppendDeferred("two"u8);                         // visible; durable with what follows
        region.Persist();
        byte[] copy = region.ReadToArray(first);

        // </StreamRegion>
        Assert.Equal("one"u8.ToArray(), copy);
    }

    public static void MediumRequirement(string path)
    {
        // <MediumRequirement>
        var options = new PersistentStreamOptions
        {
            Size = 1 << 20,
            RequiredMedium = Interop.MediumRequirement.Any,     // Durable: not on tmpfs; PersistentMemory: DAX alone
        };
        using var stream = Interop.PersistentStream.Create(path, options);

        // </MediumRequirement>
        Assert.NotEqual(Interop.MediumKind.Unknown, stream.Info.Medium);
    }

    public static void MediumKind(string path)
    {
        using var stream = TestStreams.Create(path);

        // <MediumKind>
        bool survivesPowerLoss = stream.Info.Medium is Interop.MediumKind.PersistentMemory or Interop.MediumKind.PageCache;

        // </MediumKind>
        Assert.Equal(stream.Info.Medium != Interop.MediumKind.Volatile, survivesPowerLoss);
    }

    public static void FlushPolicy(string path)
    {
        // <FlushPolicy>
        var options = new PersistentStreamOptions { Size = 1 << 20, FlushPolicy = Interop.FlushPolicy.Automatic };
        using var stream = Interop.PersistentStream.Create(path, options);
        Console.WriteLine(stream.Info.FlushPolicy);             // what was chosen

        // </FlushPolicy>
        Assert.NotEqual(Interop.FlushPolicy.Automatic, stream.Info.FlushPolicy);
    }

    public static void StreamInfo(string path)
    {
        using var stream = TestStreams.Create(path);

        // <StreamInfo>
        StreamInfo info = stream.Info;
        Console.WriteLine($"{info.Uuid}: {info.FreeBytes} of {info.Size} bytes free; {info.MediumDescription}");

        // </StreamInfo>
        Assert.NotEqual(Guid.Empty, info.Uuid);
    }

    public static void RegionInfo(string path)
    {
        using var stream = TestStreams.Create(path, out var region);

        // <RegionInfo>
        RegionInfo info = region.Info;
        Console.WriteLine($"{info.Name}: {info.UsedBytes} of {info.UsableBytes} bytes used");

        // </RegionInfo>
        Assert.Equal(0, info.UsedBytes);
    }

    public static void ReaderInfo(string path)
    {
        using var stream = TestStreams.Create(path);
        using var other = Interop.PersistentStream.OpenReadOnly(path);
        int count = 0;

        // <ReaderInfo>
        if (stream.TryGetReaders(out var readers))              // false: nobody says who reads
        {
            foreach (ReaderInfo reader in readers)
            {
                Console.WriteLine($"process {reader.ProcessId} since {reader.Since} pins {reader.PinnedRegions.Count} regions");
                count++;
            }
        }

        // </ReaderInfo>
        Assert.Equal(readers is null ? 0 : 1, count);
    }

    public static void RecoveryInfo(string path)
    {
        TestStreams.CreateWith(path, "one");

        // <RecoveryInfo>
        using var stream = Interop.PersistentStream.Open(path);
        RecoveryInfo recovery = stream.Recovery;
        Console.WriteLine($"{recovery.RecoveredEntries} entries behind the last checkpoint were found again");

        // </RecoveryInfo>
        Assert.Equal(1, recovery.RegionCount);
    }

    public static void StreamConditions(string path)
    {
        using var stream = TestStreams.Create(path);

        // <StreamConditions>
        if (stream.Info.Conditions.HasFlag(Interop.StreamConditions.EntriesDamaged))
        {
            Console.WriteLine("Some entries are damaged: Check() names them.");
        }

        // </StreamConditions>
        Assert.Equal(Interop.StreamConditions.None, stream.Info.Conditions);
    }

    public static void StreamCheck(string path)
    {
        TestStreams.CreateWith(path, "one");
        using var stream = Interop.PersistentStream.OpenReadOnly(path);

        // <StreamCheck>
        StreamCheck check = stream.Check();
        Console.WriteLine($"{check.EntryCount} entries, sound: {check.IsSound}");

        // </StreamCheck>
        Assert.True(check.IsSound);
    }

    public static void StreamProblem(string path)
    {
        EntryPosition at = TestStreams.CreateWith(path, "one")[0];
        StreamFile.Flip(path, DataOffset(path, at));
        using var stream = Interop.PersistentStream.OpenReadOnly(path);
        int problems = 0;

        // <StreamProblem>
        foreach (StreamProblem problem in stream.Check().Problems)
        {
            Console.WriteLine($"at {problem.Position}: {problem.Message}");
            problems++;
        }

        // </StreamProblem>
        Assert.NotEqual(0, problems);
    }

    public static void ProblemSeverity(string path)
    {
        TestStreams.CreateWith(path, "one");
        using var stream = Interop.PersistentStream.OpenReadOnly(path);

        // <ProblemSeverity>
        bool lost = stream.Check().Problems.Any(problem => problem.Severity == Interop.ProblemSeverity.Error);

        // </ProblemSeverity>
        Assert.False(lost);
    }

    public static void StoredStructure(string path)
    {
        TestStreams.CreateWith(path, "one");
        using var stream = Interop.PersistentStream.OpenReadOnly(path);
        int count = 0;

        // <StoredStructure>
        foreach (StoredStructure structure in stream.EnumerateStored())
        {
            Console.WriteLine($"{structure.Offset}: {structure.Bytes} bytes, {structure.Text}");
            count++;
        }

        // </StoredStructure>
        Assert.True(count > 5);
    }

    public static void StoredKind(string path)
    {
        TestStreams.CreateWith(path, "one", "two");
        using var stream = Interop.PersistentStream.OpenReadOnly(path);

        // <StoredKind>
        int entries = stream.EnumerateStored().Count(structure => structure.Kind == Interop.StoredKind.Data);

        // </StoredKind>
        Assert.Equal(2, entries);
    }

    /// <summary>Where the data of the only region's entry lies in the file.</summary>
    internal static long DataOffset(string path, EntryPosition at)
    {
        using var stream = Interop.PersistentStream.OpenReadOnly(path);
        StoredStructure entry = stream.EnumerateStored()
            .First(structure => structure.Kind == Interop.StoredKind.Data && structure.Timestamp == at.Timestamp);
        return entry.Offset + TestStreams.HeaderBytes;
    }
}
