using PmemStream.Interop;

namespace PmemStream.Demo;

/// <summary>What a bad disk does: the negative control of the demo.</summary>
internal static class Damage
{
    private const int EntryHeaderBytes = 24;

    /// <summary>Flips a bit in the first acknowledged line from the middle on that has bytes.</summary>
    public static void AcknowledgedLine(string streamPath, IReadOnlyList<EntryPosition> acknowledged, LineText lines)
    {
        int line = acknowledged.Count / 2;
        while (lines[line].IsEmpty)
        {
            line++;
        }

        using FileStream file = File.Open(streamPath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = acknowledged[line].Offset + EntryHeaderBytes;
        int value = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(value ^ 1));
        Console.WriteLine($"Damaged line {line + 1} on purpose");
    }
}
