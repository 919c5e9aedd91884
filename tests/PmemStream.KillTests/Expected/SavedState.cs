using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>
/// The expected state between two rounds, as a file: with the logs of a round and the image that it left, its verdict can be
/// had again. Between rounds nothing is open.
/// </summary>
internal static class SavedState
{
    /// <summary>Writes it.</summary>
    public static void Write(string path, ExpectedStream stream)
    {
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write(stream.Seed);
        writer.Write((byte)stream.Presence);
        writer.Write(stream.Latest);
        writer.Write(stream.PersistedTimestamp);
        WriteAll(writer, stream.FreedRegions);
        writer.Write(stream.Regions.Count);
        foreach (ExpectedRegion region in stream.Regions.Values)
        {
            writer.Write(region.Slot);
            writer.Write(region.Identity);
            writer.Write(region.Base);
            WriteAll(writer, region.Hidden);
            writer.Write(region.Entries.Count);
            foreach (ExpectedEntry entry in region.Entries.Values)
            {
                Write(writer, entry);
            }
        }
    }

    /// <summary>Reads it.</summary>
    public static ExpectedStream Read(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        var stream = new ExpectedStream(reader.ReadUInt64());
        stream.Restore((Presence)reader.ReadByte(), reader.ReadUInt64(), reader.ReadUInt64(), ReadAll(reader));
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            var region = new ExpectedRegion(reader.ReadInt32(), reader.ReadUInt64(), reader.ReadUInt64());
            region.Hidden.UnionWith(ReadAll(reader));
            for (int entries = reader.ReadInt32(); entries > 0; entries--)
            {
                region.Add(ReadEntry(reader));
            }

            stream.Restore(region);
        }

        return stream;
    }

    private static void Write(BinaryWriter writer, ExpectedEntry entry)
    {
        writer.Write(entry.Id.Session);
        writer.Write(entry.Id.Thread);
        writer.Write(entry.Id.Number);
        writer.Write(entry.Position.Offset);
        writer.Write(entry.Position.Timestamp);
        writer.Write(entry.Size);
        writer.Write((byte)entry.Promise);
    }

    private static ExpectedEntry ReadEntry(BinaryReader reader)
    {
        var id = new EntryId(reader.ReadUInt32(), reader.ReadUInt16(), reader.ReadUInt32());
        var position = new EntryPosition(reader.ReadInt64(), reader.ReadUInt64());
        return new ExpectedEntry(id, position, reader.ReadInt32(), (Promise)reader.ReadByte());
    }

    private static void WriteAll(BinaryWriter writer, IReadOnlyCollection<ulong> values)
    {
        writer.Write(values.Count);
        foreach (ulong value in values)
        {
            writer.Write(value);
        }
    }

    private static ulong[] ReadAll(BinaryReader reader)
    {
        ulong[] values = new ulong[reader.ReadInt32()];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = reader.ReadUInt64();
        }

        return values;
    }
}
