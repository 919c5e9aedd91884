using System.Diagnostics;

namespace PmemStream.Bindings.Generator.Clang;

/// <summary>What one run of clang printed.</summary>
internal sealed record ClangOutput(int ExitCode, byte[] Output, string Errors);

/// <summary>Runs the clang that is found on the PATH.</summary>
internal sealed class ClangTool
{
    // The version whose AST this program was written for comes first.
    private static readonly string[] Names = ["clang-14", "clang"];

    // What newer versions of clang take for errors is one here as well.
    private static readonly string[] Warnings =
    [
        "-Wno-pragma-once-outside-header",
        "-Werror=implicit-function-declaration",
        "-Werror=implicit-int",
    ];

    private readonly string _path;
    private readonly IReadOnlyList<string> _arguments;

    private ClangTool(string path, IReadOnlyList<string> arguments)
    {
        _path = path;
        _arguments = arguments;
    }

    /// <summary>Finds clang; <paramref name="arguments"/> go with every run.</summary>
    public static ClangTool Find(IReadOnlyList<string> arguments)
    {
        string path = FindOnPath() ??
            throw new GeneratorException("clang is missing: install the package clang-14 (or put clang on the PATH)");
        return new ClangTool(path, arguments);
    }

    /// <summary>The full path of clang, or null where there is none.</summary>
    public static string? FindOnPath()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        foreach (string name in Names)
        {
            foreach (string folder in folders)
            {
                string candidate = Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name);
                if (folder.Length != 0 && File.Exists(candidate))
                    return candidate;
            }
        }

        return null;
    }

    /// <summary>The AST of a header that must compile.</summary>
    public ClangOutput DumpAst(string file) => RunOrThrow(file, "-Xclang", "-ast-dump=json", "-fsyntax-only");

    /// <summary>The AST of a file that may hold declarations with errors in them.</summary>
    public ClangOutput DumpAstDespiteErrors(string file) =>
        Run("-w", "-ferror-limit=0", "-Xclang", "-ast-dump=json", "-fsyntax-only", file);

    /// <summary>The declarations as clang prints them: the only place where array parameters keep their form.</summary>
    public string PrintAst(string file) =>
        Text(RunOrThrow(file, "-Xclang", "-ast-print", "-fsyntax-only"));

    /// <summary>The preprocessed text with the macro definitions left in.</summary>
    public string PreprocessWithDefinitions(string file) => Text(RunOrThrow(file, "-E", "-dD"));

    /// <summary>The preprocessed text alone.</summary>
    public string Preprocess(string file) => Text(Run("-w", "-E", "-P", file));

    private static string Text(ClangOutput output) => System.Text.Encoding.UTF8.GetString(output.Output);

    private ClangOutput RunOrThrow(string file, params string[] arguments)
    {
        ClangOutput output = Run([.. Warnings, .. arguments, file]);
        if (output.ExitCode != 0)
            throw new GeneratorException($"'{file}' does not compile: {FirstError(output.Errors)}");
        return output;
    }

    private static string FirstError(string errors)
    {
        string[] lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Array.Find(lines, line => line.Contains("error:", StringComparison.Ordinal)) ??
            (lines.Length != 0 ? lines[0] : "clang failed without a message");
    }

    private ClangOutput Run(params string[] arguments)
    {
        ProcessStartInfo start = new(_path)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in (string[])[.. _arguments, .. arguments])
            start.ArgumentList.Add(argument);

        // Messages are matched and shown: keep them in one language.
        start.Environment["LC_ALL"] = "C.UTF-8";

        using Process process = Process.Start(start) ??
            throw new GeneratorException($"clang could not be started: '{_path}'");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using MemoryStream output = new();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        return new ClangOutput(process.ExitCode, output.ToArray(), errors.GetAwaiter().GetResult());
    }
}
