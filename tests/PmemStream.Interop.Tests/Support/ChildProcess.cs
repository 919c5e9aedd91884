using System.Diagnostics;

namespace PmemStream.Interop.Tests.Support;

/// <summary>This program once more, doing one of <see cref="ChildTasks"/>.</summary>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>The first argument of a child.</summary>
    public const string Marker = "--child";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public static ChildProcess Start(params string[] arguments)
    {
        string assembly = typeof(ChildProcess).Assembly.Location;
        string self = Environment.ProcessPath!;
        bool underDotnet = Path.GetFileNameWithoutExtension(self) == "dotnet";
        string program = underDotnet
            ? self
            : Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null);
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in (underDotnet ? new[] { assembly } : []).Append(Marker).Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>The next line that it writes; null when it has ended.</summary>
    public string? ReadLine()
    {
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        return line.Wait(Patience)
            ? line.Result
            : throw new TimeoutException("The child process writes nothing.");
    }

    /// <summary>Everything that it still writes, up to its end.</summary>
    public List<string> ReadToEnd()
    {
        var lines = new List<string>();
        while (ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }

    /// <summary>Says something to it.</summary>
    public void WriteLine(string line = "")
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Waits for its end; its exit code must be 0.</summary>
    public void WaitForSuccess()
    {
        Assert.True(_process.WaitForExit(Patience), "The child process does not end.");
        Assert.True(_process.ExitCode == 0, $"The child process failed: {_process.StandardError.ReadToEnd()}");
    }

    /// <summary>Ends it as a crash would (SIGKILL).</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}
