namespace PmemStream.Cli.Errors;

/// <summary>A failure that the tool itself found, with its exit code and the line to print.</summary>
internal sealed class ToolException(int exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>One of <see cref="Errors.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>A failure in the middle of appending: what came before it is in the stream.</summary>
internal sealed class AppendInterruptedException(string done, Exception cause) : Exception(done, cause);

/// <summary>What is printed and returned for an exception.</summary>
internal readonly record struct Failure(int ExitCode, string Message);
