using System.Text;
using System.Text.RegularExpressions;
using PmemStream.Interop.Native;
using PmemStream.Interop.Tests.Samples;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>What TROUBLESHOOTING.md quotes is what the library says.</summary>
public sealed class TroubleshootingTests
{
    private static readonly Dictionary<string, Func<TestFolder, string>> Cases = new()
    {
        ["Permission"] = DenyAccess,
        ["No DAX"] = folder => Message(() => Require(folder, MediumRequirement.PersistentMemory)),
        ["Not persistent memory"] = folder => Message(() => Require(folder, MediumRequirement.Durable)),
        ["Locked by another writer"] = OpenTwice,
        ["Region full"] = folder => Message(() =>
        {
            using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
            region.Append(new byte[2 * TestStreams.RegionBytes]);
        }),
        ["Stream full"] = folder => Message(() =>
        {
            using PersistentStream stream = TestStreams.Create(folder.Stream);
            stream.CreateRegion("large", 1L << 30);
        }),
        ["Disk full"] = FillDisk,
        ["Corrupt"] = Damage,
        ["Not a stream"] = folder => Message(() =>
        {
            File.WriteAllBytes(folder.Stream, new byte[TestStreams.StreamBytes]);
            PersistentStream.Open(folder.Stream).Dispose();
        }),
        ["The native library"] = folder => Message(() =>
        {
            var tried = new StringBuilder();
            NativeLibraryResolver.Load([folder.File("missing")], tried);
            throw Errors.LibraryNotFound(NativeLibraryResolver.FileName, tried.ToString());
        }),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Message_OfEachCase_IsTheQuotedOne(string name)
    {
        using var folder = new TestFolder(name == "Not persistent memory" ? Media.Memory : Media.Disk);
        string quoted = Quotes()[name];
        string pattern = string.Join(".*", quoted.Split('…').Select(Regex.Escape));
        Assert.Matches(new Regex($"^{pattern}$", RegexOptions.Singleline), Cases[name](folder));
    }

    [Fact]
    public void Cases_OfTheDocument_AreAllProvoked() => Assert.Equal(Cases.Keys.Order(), Quotes().Keys.Order());

    private static Dictionary<string, string> Quotes()
    {
        string[] lines = File.ReadAllLines(
            Path.Combine(Repository.Root, "src", "PmemStream.Interop", "TROUBLESHOOTING.md"));
        var quotes = new Dictionary<string, string>();
        string heading = "";
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("## ", StringComparison.Ordinal))
            {
                heading = lines[i][3..];
            }
            else if (lines[i] == "```text")
            {
                quotes.Add(heading, lines[i + 1]);
            }
        }

        return quotes;
    }

    private static string Message(Action action)
    {
        Exception? failure = Record.Exception(action);
        Assert.NotNull(failure);
        return $"{failure.GetType().Name}: {failure.Message}";
    }

    private static void Require(TestFolder folder, MediumRequirement requirement) => PersistentStream.Create(
        folder.Stream, new() { Size = TestStreams.StreamBytes, RequiredMedium = requirement }).Dispose();

    private static string DenyAccess(TestFolder folder)
    {
        Assert.SkipUnless(Unix.IsRoot, "allowed: only root can become another user");
        TestStreams.CreateWith(folder.Stream, "one");
        Unix.SetMode(folder.Stream, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        string warmUp = folder.File("warm-up.pms");
        TestStreams.CreateWith(warmUp, "x");
        using ChildProcess nobody = ChildProcess.Start(ChildTasks.OpenAsNobody, folder.Stream, warmUp);
        string message = nobody.ReadToEnd()[0];
        nobody.WaitForSuccess();
        return message;
    }

    private static string OpenTwice(TestFolder folder)
    {
        using PersistentStream first = TestStreams.Create(folder.Stream);
        return Message(() => PersistentStream.Open(folder.Stream).Dispose());
    }

    private static string FillDisk(TestFolder folder)
    {
        Assert.SkipUnless(Unix.IsRoot, "allowed: only root can mount a small file system");
        string small = folder.File("small");
        Directory.CreateDirectory(small);
        Assert.SkipUnless(Unix.TryMountTmpfs(small, 1 << 20), "allowed: mounting is not permitted here");
        try
        {
            return Message(() => TestStreams.Create(Path.Combine(small, "test.pms"), 2 << 20).Dispose());
        }
        finally
        {
            Unix.Unmount(small);
        }
    }

    private static string Damage(TestFolder folder)
    {
        // The last one: the checkpoint names it, and opening for writing reads from there on.
        EntryPosition last = TestStreams.CreateWith(folder.Stream, "one", "two")[^1];
        StreamFile.Flip(folder.Stream, StreamSamples.DataOffset(folder.Stream, last));
        return Message(() => PersistentStream.Open(folder.Stream).Dispose());
    }
}
