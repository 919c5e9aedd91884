namespace PmemStream.Cli.Output;

/// <summary>Nobody reads our output any more: the reason to end quietly.</summary>
internal sealed class OutputClosedException(Exception cause) : Exception("The standard output was closed.", cause);

/// <summary>Recognises the error of a pipe without a reader.</summary>
internal static class BrokenPipe
{
    private const int UnixBrokenPipe = 32;
    private const int WindowsBrokenPipe = unchecked((int)0x8007006D);
    private const int WindowsNoData = unchecked((int)0x800700E8);

    /// <summary>Whether <paramref name="exception"/> says that the other end of a pipe was closed.</summary>
    public static bool Matches(IOException exception) => OperatingSystem.IsWindows()
        ? exception.HResult is WindowsBrokenPipe or WindowsNoData
        : exception.HResult == UnixBrokenPipe;
}
