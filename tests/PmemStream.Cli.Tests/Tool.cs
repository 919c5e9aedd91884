using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace PmemStream.Cli.Tests;

/// <summary>What a run of the tool left: exit code, bytes of the standard output, text of the standard error.</summary>
internal sealed record ToolResult(int ExitCode, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);

    public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The run worked.</summary>
    public ToolResult Ok()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}, standard error: {Error}");
        return this;
    }

    /// <summary>The run failed with that code, and said why in exactly one line that names the tool.</summary>
    public ToolResult Failed(int exitCode, params string[] words)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode} instead of {exitCode}, standard error: {Error}");
        Assert.StartsWith("pmemstream: ", Error, StringComparison.Ordinal);
        Assert.EndsWith("\n", Error, StringComparison.Ordinal);
        Assert.Single(Error.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, Error, StringComparison.Ordinal));
        return this;
    }
}

/// <summary>Runs the tool as a process.</summary>
internal sealed class Tool(string assemblyPath)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(120);

    /// <summary>The tool that was built beside the tests.</summary>
    public static Tool Built { get; } = new(BuiltPath("PmemStreamTool"));

    /// <summary>The demo that was built beside the tests: run in the same way.</summary>
    public static Tool Demo { get; } = new(BuiltPath("PmemStreamDemo"));

    public string AssemblyPath { get; } = assemblyPath;

    public static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path
        ? path
        : "dotnet";

    public static ToolResult Run(params string[] args) => Built.RunWith([], args);

    public static ToolResult RunOn(byte[] input, params string[] args) => Built.RunWith(input, args);

    public ToolResult RunWith(byte[] input, string[] args, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = Command(args);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Finish(start, input);
    }

    /// <summary>A command line that runs the tool with its three standard streams in our hands.</summary>
    public ProcessStartInfo Command(params string[] args) =>
        IsProgram ? Redirected(AssemblyPath, args) : Redirected(Dotnet, [AssemblyPath, .. args]);

    // A published program is there instead of an assembly for dotnet.
    private bool IsProgram => Path.GetExtension(AssemblyPath) != ".dll";

    public static ProcessStartInfo Redirected(string program, IEnumerable<string> args) => new(program, args)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    /// <summary>Runs a process to its end, feeding and reading it at the same time.</summary>
    public static ToolResult Finish(ProcessStartInfo start, byte[] input)
    {
        using Process process = Process.Start(start)!;
        using var output = new MemoryStream();
        Task reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The process ended without reading everything, as after a failure.
        }

        if (!process.WaitForExit(Timeout))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{start.FileName} did not end within {Timeout}");
        }

        reading.Wait(Timeout);
        return new ToolResult(process.ExitCode, output.ToArray(), errors.Result);
    }

    // Where tests run on another machine than they were built on, the environment says where: PmemStreamTool=C:\...\pmemstream.exe.
    private static string BuiltPath(string key) => Environment.GetEnvironmentVariable(key) ?? typeof(Tool).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
