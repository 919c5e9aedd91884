using System.Diagnostics;
using System.Reflection;
using PmemStream.Interop;

namespace PmemStream.Cli.Errors;

/// <summary>From exceptions to exit codes: one place for all commands.</summary>
internal static class FailureMapper
{
    /// <summary>What is printed and returned for <paramref name="exception"/>.</summary>
    public static Failure Map(Exception exception) => exception switch
    {
        ToolException tool => new Failure(tool.ExitCode, tool.Message),
        AppendInterruptedException interrupted => After(interrupted.Message, Map(interrupted.InnerException!)),
        PmemStreamException stream when stream.Status != StreamStatus.Internal =>
            new Failure(Map(stream.Status), stream.Reason + Advice(stream)),
        FileNotFoundException or DirectoryNotFoundException => new Failure(ExitCode.NotFound, exception.Message),
        ArgumentException { ParamName: "path" } bad => new Failure(ExitCode.Misuse, UserValues.TextOf(bad)),
        OutOfMemoryException => new Failure(ExitCode.Io, "out of memory"),
        PmemStreamException => Bug(exception),
        IOException or UnauthorizedAccessException => new Failure(ExitCode.Io, exception.Message),
        _ => Bug(exception),
    };

    private static int Map(StreamStatus status) => status switch
    {
        StreamStatus.AlreadyExists => ExitCode.Misuse,
        StreamStatus.NotFound or StreamStatus.NoEntry => ExitCode.NotFound,
        StreamStatus.NotAStream or StreamStatus.NewerVersion or StreamStatus.UnknownFeature or StreamStatus.Truncated
            or StreamStatus.Corrupt => ExitCode.Corruption,
        StreamStatus.Locked or StreamStatus.Busy or StreamStatus.Stale => ExitCode.Busy,
        _ => ExitCode.Io,
    };

    // What a user of the tool can do. The advice of the exceptions is for programmers.
    private static string Advice(PmemStreamException exception) => exception switch
    {
        StreamExistsException => " (--overwrite replaces it)",
        StreamFullException => $" (see: pmemstream info {exception.Path})",
        StreamCorruptException => $" (see: pmemstream check {exception.Path})",
        _ => string.Empty,
    };

    private static Failure After(string done, Failure failure) =>
        failure with { Message = $"{failure.Message}; {done}" };

    private static Failure Bug(Exception exception)
    {
        MethodBase? method = new StackTrace(exception).GetFrame(0)?.GetMethod();
        string place = method is null ? string.Empty : $" in {method.DeclaringType?.Name}.{method.Name}";
        return new Failure(ExitCode.Bug, $"internal error{place}: {exception.GetType().Name}: {exception.Message}");
    }
}
