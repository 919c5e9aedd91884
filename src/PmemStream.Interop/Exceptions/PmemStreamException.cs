namespace PmemStream.Interop;

/// <summary>
/// A stream could not do what was asked for a reason that lies outside of the program: the file, the medium, the stored
/// data, another process, or simply no room. Its children say which; <see cref="Status"/> says it as a number.
/// </summary>
/// <remarks>
/// <para>
/// One family, so that one <c>catch</c> is enough, and an <see cref="IOException"/>, so that code that handles files
/// handles streams. The mistakes of a caller are not in it: they are <see cref="ArgumentException"/>,
/// <see cref="InvalidOperationException"/> and <see cref="ObjectDisposedException"/>, as everywhere in .NET.
/// </para>
/// <para>
/// <see cref="StreamFormatException"/> is no <see cref="InvalidDataException"/>, which would say it best: that class is
/// sealed.
/// </para>
/// <para>The text names the stream, what was expected, what was found, and what to do.</para>
/// </remarks>
public class PmemStreamException : IOException
{
    private readonly Failure _failure;

    internal PmemStreamException(in Failure failure, Exception? inner = null)
        : base(failure.Message, inner)
    {
        _failure = failure;
        if (failure.OsError != 0)
        {
            // As System.IO does: the raw number on Unix, an HRESULT on Windows.
            HResult = OperatingSystem.IsWindows() ? unchecked((int)0x80070000) | failure.OsError : failure.OsError;
        }
    }

    /// <summary>What it is about.</summary>
    public StreamStatus Status => _failure.Status;

    /// <summary>
    /// The text without the advice to programmers: which stream, what was expected and found. For programs that show it to
    /// their own users.
    /// </summary>
    public string Reason => _failure.Reason;

    /// <summary>The full path of the stream.</summary>
    public string Path => _failure.Path;

    /// <summary>The name of the region it is about; null when it is about none, or about one without a name.</summary>
    public string? RegionName => _failure.RegionName;

    /// <summary>Where in the stream, in bytes from its start, a check failed; null when it is about no place.</summary>
    public long? Position => _failure.Position;

    /// <summary>The error number of the operating system (errno, or GetLastError on Windows); 0 when no call failed.</summary>
    public int OsError => _failure.OsError;
}

/// <summary>What a <see cref="PmemStreamException"/> holds.</summary>
internal readonly record struct Failure(
    StreamStatus Status,
    string Message,
    string Reason,
    string Path,
    string? RegionName,
    long? Position,
    int OsError,
    ulong Expected,
    ulong Found);
