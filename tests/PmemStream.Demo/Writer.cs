using System.Buffers.Binary;
using PmemStream.Interop;

namespace PmemStream.Demo;

/// <summary>The child process: appends every line, and says so after each append that returned.</summary>
internal static class Writer
{
    /// <summary>First argument of the child. Its others: the stream, the file with the lines.</summary>
    public const string Mode = "--child";

    /// <summary>The same, with pauses: for so few lines that it would be done at once.</summary>
    public const string PausingMode = "--child-pausing";

    /// <summary>Name of the region.</summary>
    public const string RegionName = "pmemstream-demo";

    /// <summary>An acknowledgement: offset and timestamp of the position, little-endian.</summary>
    public const int AcknowledgementBytes = 16;

    // All pauses together.
    private const int PauseMilliseconds = 2_000;

    /// <summary>Appends until it is killed, or the lines end.</summary>
    public static int Run(string[] args)
    {
        try
        {
            var lines = new LineText(File.ReadAllBytes(args[2]));
            Append(args[1], lines, pausing: args[0] == PausingMode);
            return 0;
        }
#pragma warning disable CA1031 // The parent reports it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine($"{exception.GetType().Name}: {exception.Message.ReplaceLineEndings("; ")}");
            return 1;
        }
    }

    private static void Append(string path, LineText lines, bool pausing)
    {
        using Stream acknowledgements = Console.OpenStandardOutput();
        using PersistentStream stream = PersistentStream.Open(path);
        StreamRegion region = stream.GetRegion(RegionName);
        int pauseEvery = Math.Max(1, lines.Count / PauseMilliseconds);
        int pause = Math.Max(1, PauseMilliseconds / lines.Count);
        Span<byte> acknowledgement = stackalloc byte[AcknowledgementBytes];
        for (int i = 0; i < lines.Count; i++)
        {
            EntryPosition at = region.Append(lines[i]);

            // The append has returned: from now on the line must survive. One write each, so none is held back.
            BinaryPrimitives.WriteInt64LittleEndian(acknowledgement, at.Offset);
            BinaryPrimitives.WriteUInt64LittleEndian(acknowledgement[8..], at.Timestamp);
            acknowledgements.Write(acknowledgement);
            if (pausing && i % pauseEvery == 0)
            {
                Thread.Sleep(pause);
            }
        }
    }
}
