using PmemStream.Cli.Errors;

namespace PmemStream.Cli.Input;

/// <summary>The standard input, if there is one.</summary>
internal static class StandardInput
{
    private const string Descriptors = "/proc/self/fd/";
    private const string DescriptorFlags = "/proc/self/fdinfo/";
    private const string PipePrefix = "pipe:";

    /// <summary>Opens it.</summary>
    /// <exception cref="ToolException">The process was started without one.</exception>
    public static Stream Open() => IsClosed()
        ? throw new ToolException(ExitCode.Io, "cannot read the standard input: it is closed")
        : Console.OpenStandardInput();

    // Where the process began with descriptor 0 closed, the runtime has taken the number for a pipe to itself, and reading
    // would wait for ever: a pipe of which we hold the other end cannot be meant.
    private static bool IsClosed()
    {
        try
        {
            return OperatingSystem.IsLinux()
                && Target(Descriptors + "0") is { } pipe
                && pipe.StartsWith(PipePrefix, StringComparison.Ordinal)
                && Directory.GetFileSystemEntries(Descriptors).Any(other => Target(other) == pipe && IsForWriting(other));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? Target(string descriptor) => new FileInfo(descriptor).LinkTarget;

    // The line "flags:", in octal; the last digit holds the access mode.
    private static bool IsForWriting(string descriptor) =>
        File.ReadLines(DescriptorFlags + Path.GetFileName(descriptor))
            .FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal)) is [.., '1' or '2' or '5' or '6'];
}
