using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace PmemStream.Cli.Tests;

/// <summary>The two terminals of README.md: each of their lines is entered in a shell of its own, as it stands there.</summary>
public sealed class TerminalsOfReadmeTests
{
    private const string StreamThere = "/tmp/ticks.pms";

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TwoTerminals_WriterIsKilledAndStartedAgain_FollowerGoesOn()
    {
        Assert.SkipUnless(!OperatingSystem.IsWindows() && File.Exists("/bin/bash"), "allowed: needs bash");
        using var folder = TestFolder.OnDisk();
        string[][] terminals = Terminals();
        Assert.Equal([4, 2], terminals.Select(lines => lines.Length));

        using Process writer = Shell(folder, terminals[0]);
        Process? second = null;
        using Process reader = Shell(folder, await AfterCreation(folder, writer, terminals[1]));
        try
        {
            List<string> before = await Lines(reader, 2);
            writer.Kill(entireProcessTree: true);
            await writer.WaitForExitAsync(Test);
            int written = folder.Entries("ticks").Count;
            Assert.True(written >= before.Count);

            second = Shell(folder, [terminals[0][0], terminals[0][^1]]);
            List<string> seen = [.. before, .. await Lines(reader, written - before.Count + 2)];
            Assert.Equal(
                folder.Entries("ticks").Take(seen.Count).Select(entry => Encoding.UTF8.GetString(entry).TrimEnd('\n')), seen);
            Assert.All(seen, line => Assert.DoesNotContain("pmemstream", line, StringComparison.Ordinal));
            Assert.False(reader.HasExited);
        }
        finally
        {
            foreach (Process process in new[] { writer, reader, second }.OfType<Process>())
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(Test);
            }

            second?.Dispose();
        }
    }

    // The second terminal is opened when the first has made the region, as a person would.
    private static async Task<string[]> AfterCreation(TestFolder folder, Process writer, string[] lines)
    {
        while (Tool.Run("region", "list", folder.Stream).ExitCode != 0
            || !Tool.Run("region", "list", folder.Stream).Text.Contains("ticks", StringComparison.Ordinal))
        {
            Assert.False(writer.HasExited);
            await Task.Delay(50, Test);
        }

        return lines;
    }

    private static async Task<List<string>> Lines(Process process, int count)
    {
        var lines = new List<string>();
        while (lines.Count < count)
        {
            lines.Add(await process.StandardOutput.ReadLineAsync(Test)
                ?? throw new EndOfStreamException(await process.StandardError.ReadToEndAsync(Test)));
        }

        return lines;
    }

    // The lines of the file, with the stream and the tool of this run.
    private static Process Shell(TestFolder folder, string[] lines)
    {
        const string builtThere = "$PWD/src/PmemStream.Cli/bin/Release/net10.0/pmemstream.dll";
        Assert.StartsWith("alias pmemstream=", lines[0], StringComparison.Ordinal);
        Assert.Contains(builtThere, lines[0], StringComparison.Ordinal);
        string script = "shopt -s expand_aliases\n" + string.Join('\n', lines)
            .Replace(builtThere, Tool.Built.AssemblyPath, StringComparison.Ordinal)
            .Replace("\"dotnet ", $"\"{Tool.Dotnet} ", StringComparison.Ordinal)
            .Replace(StreamThere, folder.Stream, StringComparison.Ordinal);
        return Process.Start(Tool.Redirected("/bin/bash", ["-c", script]))!;
    }

    // The two blocks of commands behind the words that introduce them.
    private static string[][] Terminals()
    {
        string root = typeof(TerminalsOfReadmeTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(metadata => metadata.Key == "RepositoryRoot").Value!;
        string[] behind = [.. File.ReadAllLines(Path.Combine(root, "README.md"))
            .SkipWhile(line => !line.StartsWith("**Two terminals.**", StringComparison.Ordinal))];
        var blocks = new List<List<string>>();
        bool inBlock = false;
        foreach (string line in behind)
        {
            bool isCommand = line.StartsWith("    ", StringComparison.Ordinal);
            if (isCommand && !inBlock)
            {
                blocks.Add([]);
            }

            if (isCommand)
            {
                blocks[^1].Add(line.Trim());
            }

            inBlock = isCommand;
        }

        return [.. blocks.Take(2).Select(block => block.ToArray())];
    }
}
