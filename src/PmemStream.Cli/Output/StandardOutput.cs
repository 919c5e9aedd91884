using Microsoft.Win32.SafeHandles;

namespace PmemStream.Cli.Output;

/// <summary>The standard output as a stream that says when nobody reads it any more.</summary>
internal static class StandardOutput
{
    private const int UnixDescriptor = 1;

    /// <summary>Opens it, unbuffered.</summary>
    /// <remarks>
    /// The stream of <see cref="Console"/> swallows the error of a broken pipe, so that a program goes on writing into
    /// nothing. A <see cref="FileStream"/> over the descriptor reports it, but keeps a position of its own in a file,
    /// which is wrong when the descriptor is shared (<c>(a; b) &gt; file</c>): it is used for pipes alone.
    /// </remarks>
    public static Stream Open()
    {
        if (OperatingSystem.IsWindows())
        {
            return Console.OpenStandardOutput();
        }

        FileStream? descriptor = Descriptor();
        return descriptor is null || descriptor.CanSeek ? Console.OpenStandardOutput() : descriptor;
    }

    /// <summary>Whether it goes to a file. False where that is not known.</summary>
    public static bool IsFile() => !OperatingSystem.IsWindows() && Descriptor() is { CanSeek: true };

    private static FileStream? Descriptor()
    {
        try
        {
            return new FileStream(new SafeFileHandle(UnixDescriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
