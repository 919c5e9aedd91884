using System.Diagnostics;

namespace PmemStream.Bindings.Generator.Tests.Support;

/// <summary>A folder of one test, in which the generator runs.</summary>
internal sealed class Workplace : IDisposable
{
    /// <summary>The output of the response file that <see cref="WriteOptions"/> writes.</summary>
    public const string Output = "out.g.cs";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(120);
    private readonly string _folder = Directory.CreateTempSubdirectory("pmemstream-bindings-test-").FullName;

    public string this[string file] => Path.Combine(_folder, file);

    public static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path
        ? path
        : "dotnet";

    /// <summary>A folder with copies of the headers and response files of another one.</summary>
    public static Workplace CopyOf(string folder)
    {
        Workplace workplace = new();
        foreach (string file in Directory.GetFiles(folder))
        {
            if (Path.GetExtension(file) is ".h" or ".rsp" or ".txt")
                File.Copy(file, workplace[Path.GetFileName(file)]);
        }

        return workplace;
    }

    /// <summary>A folder with one header and the response file for it, "test.h" and "test.rsp".</summary>
    public static Workplace With(string header, params string[] options)
    {
        Workplace workplace = new();
        workplace.Write("test.h", header);
        workplace.WriteOptions(options);
        return workplace;
    }

    public void Write(string file, string text) => File.WriteAllText(this[file], text);

    /// <summary>Writes "test.rsp": the options of the real bindings, and others behind them.</summary>
    public void WriteOptions(params string[] options)
    {
        string[] lines =
        [
            "--config", "codegen=latest", "types=unix",
            "--generate", "disable-runtime-marshalling", "file-scoped-namespaces", "macro-bindings",
            "funcs-with-body=false",
            "--language", "c", "--std", "c11", "--file", "test.h", "--namespace", "Test", "--library-path", "test",
            "--output", Output, .. options,
        ];
        File.WriteAllLines(this["test.rsp"], lines);
    }

    /// <summary>Runs the generator on "test.rsp" and returns what it wrote.</summary>
    public string Generate()
    {
        Run("@test.rsp").Ok();
        return File.ReadAllText(this[Output]);
    }

    /// <summary>Runs the generator on "test.rsp", which must fail and write nothing.</summary>
    public void Refuse(params string[] words)
    {
        Run("@test.rsp").Failed(words);
        Assert.False(File.Exists(this[Output]));
    }

    public GeneratorResult Run(params string[] arguments) => RunWithPath(null, arguments);

    /// <summary>Runs the generator with another PATH to find clang on; null leaves it as it is.</summary>
    public GeneratorResult RunWithPath(string? path, params string[] arguments)
    {
        ProcessStartInfo start = new(Dotnet, [Paths.Generator, .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (path is not null)
            start.Environment["PATH"] = path;

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Timeout))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"the generator did not end within {Timeout}");
        }

        return new GeneratorResult(process.ExitCode, output.Result, errors.Result);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
