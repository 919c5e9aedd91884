using PmemStream.FormatReader;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>What the library writes, and what it says of damaged bytes, is what the independent reader says.</summary>
public sealed class FormatReaderTests
{
    private static readonly int[] Alignments = [0, 8, 16, 64, 512, 1024, 4096];

    [Fact]
    public void Read_RandomStream_IsReadEquallyByTheIndependentReader()
    {
        TestSeed.Run(random =>
        {
            for (int round = 0; round < 12; round++)
            {
                using var folder = new TestFolder(round % 4 == 0 ? Media.Disk : Media.Memory);
                byte[] killed = WriteRandom(folder.Stream, random);
                AssertEqual(folder.Stream);
                File.WriteAllBytes(folder.Stream, killed);
                AssertEqual(folder.Stream);
            }
        });
    }

    [Fact]
    public void Read_RandomStreamWithADamagedByte_IsReadEquallyByTheIndependentReader()
    {
        TestSeed.Run(random =>
        {
            using var folder = new TestFolder();
            byte[] killed = WriteRandom(folder.Stream, random);
            byte[] closed = StreamFile.ReadAllBytes(folder.Stream);
            string copy = folder.File("damaged.pms");
            for (int round = 0; round < TestRounds.Of(500); round++)
            {
                byte[] bytes = round % 2 == 0 ? killed : closed;
                int at = PlaceIn(StoredImage.Read(bytes), bytes.Length, random);
                byte before = bytes[at];
                bytes[at] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(copy, bytes);
                AssertEqual(copy, $"byte {at}");
                AssertSameVerdict(copy, $"byte {at}");
                bytes[at] = before;
            }
        });
    }

    // Headers, words and entries are hit more often than their share of the bytes.
    private static int PlaceIn(StoredImage stream, int length, Random random)
    {
        StoredPiece piece = stream.Pieces[random.Next(stream.Pieces.Count)];
        return random.Next(6) switch
        {
            0 => random.Next(length),
            1 => (random.Next(2) * 4096) + random.Next(128),
            2 => (int)stream.Words[random.Next(stream.Words.Count)].Offset + random.Next(8),
            3 => (int)piece.Words[random.Next(piece.Words.Count)].Offset + random.Next(8),
            4 => (int)piece.Offset + random.Next(128),
            _ when piece.Region?.Log is { Entries.Count: > 0 } log =>
                (int)log.Entries[random.Next(log.Entries.Count)].Offset + random.Next(40),
            _ => (int)piece.Offset + random.Next((int)piece.Bytes),
        };
    }

    // Both refuse it, or both say the same of it.
    private static void AssertEqual(string path, string what = "")
    {
        string[] found;
        try
        {
            found = LayerDump.WithoutEnds(TextDump.Write(StoredImage.Read(StreamFile.ReadAllBytes(path))));
        }
        catch (InvalidDataException)
        {
            Assert.ThrowsAny<PmemStreamException>(() => PersistentStream.OpenReadOnly(path));
            return;
        }

        using PersistentStream stream = PersistentStream.OpenReadOnly(path);
        string[] expected = LayerDump.Of(stream);
        Assert.True(expected.AsSpan().SequenceEqual(found), $"{what}\n{FirstDifference(expected, found)}");
    }

    // What a writer does about the ends of the logs is what the reader says of them. May change the file.
    private static void AssertSameVerdict(string path, string what)
    {
        StoredImage image;
        try
        {
            image = StoredImage.Read(StreamFile.ReadAllBytes(path));
        }
        catch (InvalidDataException)
        {
            return;
        }

        bool hasCeiling = image.Words.Any(word => word is { Role: WordRole.TimestampCeiling, IsWhole: true });
        if (!hasCeiling || image.Pieces.Any(piece => piece.Kind == PieceKind.Damaged || !IsFreeOrWhole(piece)))
        {
            return;
        }

        int torn = image.Regions.Count(region => region.Log!.End == LogEnd.Torn);
        bool isDamaged = image.Regions.Any(region => region.Log!.End == LogEnd.Damaged);
        try
        {
            using PersistentStream stream = PersistentStream.Open(path);
            Assert.False(isDamaged, what);
            Assert.True(torn == stream.Recovery.CutsSealed, $"{what}: {torn} torn, {stream.Recovery.CutsSealed} sealed");
        }
        catch (StreamCorruptException failure)
        {
            Assert.True(isDamaged, $"{what}: {failure.Message}");
        }
    }

    private static bool IsFreeOrWhole(StoredPiece piece) => piece.Kind == PieceKind.Free || piece.Region?.Log is not null;

    private static string FirstDifference(string[] library, string[] reader)
    {
        int at = library.Zip(reader).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"line {at + 1}: library '{library.ElementAtOrDefault(at)}', reader '{reader.ElementAtOrDefault(at)}'";
    }

    // Returns the bytes that a kill would have left before the stream was closed.
    private static byte[] WriteRandom(string path, Random random)
    {
        int block = 4096 << random.Next(3);
        using PersistentStream stream = TestStreams.Create(path, (32 + random.Next(64)) * (long)block, block);
        var regions = new List<StreamRegion>();
        var open = new List<EntryReservation>();
        for (int step = random.Next(200); step >= 0; step--)
        {
            Step(stream, regions, open, random);
        }

        byte[] killed = StreamFile.ReadAllBytes(path);
        open.ForEach(reservation => reservation.Dispose());
        return killed;
    }

    private static void Step(
        PersistentStream stream, List<StreamRegion> regions, List<EntryReservation> open, Random random)
    {
        int choice = random.Next(20);
        try
        {
            if (regions.Count == 0 || choice == 0)
            {
                string? name = random.Next(4) == 0 ? null : $"région {random.Next()}";
                regions.Add(stream.CreateRegion(name, 1 + random.Next(60000), Alignments[random.Next(Alignments.Length)]));
                return;
            }

            StreamRegion region = regions[random.Next(regions.Count)];
            switch (choice)
            {
                case 10:
                    GrowWhereItCan(stream, random.Next(20000));
                    break;
                case 1:
                    region.Clear();
                    break;
                case 2:
                    region.Free();
                    regions.Remove(region);
                    break;
                case < 6:
                    open.Add(region.Reserve(random.Next(3000)));
                    random.NextBytes(open[^1].Span);
                    break;
                case < 10 when open.Count > 0:
                    End(open, random);
                    break;
                default:
                    region.Append(TestStreams.Payload(random.Next(20) == 0 ? random.Next(20000) : random.Next(400), random.Next()));
                    break;
            }
        }
        catch (PmemStreamException failure) when (failure is RegionFullException or StreamFullException or RegionBusyException)
        {
            // As it comes.
        }
    }

    private static void End(List<EntryReservation> open, Random random)
    {
        EntryReservation ended = open[random.Next(open.Count)];
        open.Remove(ended);
        if (random.Next(3) == 0)
        {
            ended.Abandon();
        }
        else
        {
            ended.Publish(random.Next(ended.Length + 1));
        }
    }

    private static void GrowWhereItCan(PersistentStream stream, int bytes)
    {
        try
        {
            stream.Grow(stream.Info.Size + bytes);
        }
        catch (StreamStorageException failure) when (Media.IsLostRoom(failure))
        {
        }
    }
}
