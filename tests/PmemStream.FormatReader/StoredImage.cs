namespace PmemStream.FormatReader;

/// <summary>All that a stream file says.</summary>
public sealed class StoredImage
{
    private const int ExtentAt = 128;
    private const int BaseAt = 192;
    private const int CheckpointAt = 256;
    private const ulong StateFree = 1;
    private const ulong StateRegion = 2;
    private const ulong BlocksMask = (1UL << 54) - 1;

    private static readonly (WordRole Role, long Offset)[] FixedWords =
    [
        (WordRole.TimestampCeiling, 8192),
        (WordRole.PersistedTimestamp, 8256),
        (WordRole.LayoutEpoch, 8320),
        (WordRole.StreamSize, 8384),
        (WordRole.StreamSpare, 8448),
        (WordRole.StreamSpare, 8512),
        (WordRole.TimestampCeiling, 12288),
    ];

    private static readonly (WordRole Role, int Offset)[] RegionWords =
    [
        (WordRole.Extent, ExtentAt),
        (WordRole.BaseTimestamp, BaseAt),
        (WordRole.Checkpoint, CheckpointAt),
        (WordRole.RegionSpare, 320),
        (WordRole.RegionSpare, 384),
    ];

    private readonly byte[] _bytes;
    private readonly List<StoredPiece> _pieces = [];
    private readonly List<string> _problems = [];
    private readonly StreamClock _clock;
    private readonly ulong _uuidHash;

    private StoredImage(byte[] bytes, StreamHeader header, IReadOnlyList<HeaderState> copies)
    {
        _bytes = bytes;
        Header = header;
        HeaderCopies = copies;
        Words = [.. FixedWords.Select(word => StoredWord.Read(bytes, word.Role, word.Offset, header.Uuid))];
        _uuidHash = Xxh3.Hash(header.Uuid);
        _clock = new StreamClock(Greatest(WordRole.TimestampCeiling), Greatest(WordRole.PersistedTimestamp));
        Size = ReadSize();
        ReadPieces();
        Report();
    }

    /// <summary>The header.</summary>
    public StreamHeader Header { get; }

    /// <summary>What each of its copies turned out to be.</summary>
    public IReadOnlyList<HeaderState> HeaderCopies { get; }

    /// <summary>The sealed words of the fixed pages, in address order.</summary>
    public IReadOnlyList<StoredWord> Words { get; }

    /// <summary>Size of the stream.</summary>
    public long Size { get; }

    /// <summary>All space behind the fixed pages, in address order.</summary>
    public IReadOnlyList<StoredPiece> Pieces => _pieces;

    /// <summary>What is damaged; a text for people each.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The regions that can be read.</summary>
    public IEnumerable<StoredRegion> Regions => _pieces.Select(piece => piece.Region).OfType<StoredRegion>();

    /// <summary>Reads a stream that nobody writes to.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="InvalidDataException">It is no stream of this version.</exception>
    public static StoredImage Read(byte[] bytes)
    {
        var copies = new List<HeaderState>();
        StreamHeader? header = null;
        foreach (long offset in StreamHeader.CopiesAt)
        {
            copies.Add(StreamHeader.Read(bytes, offset, out StreamHeader? found));
            header ??= found;
        }

        if (copies.Exists(copy => copy is HeaderState.NewerVersion or HeaderState.UnknownFeature))
        {
            throw new InvalidDataException("The stream is of a later version, or has a feature that is not known.");
        }

        if (!copies.Contains(HeaderState.Damaged) && !CopiesAreEqual(bytes))
        {
            throw new InvalidDataException("The two copies of the stream header are whole, and differ.");
        }

        return header is null
            ? throw new InvalidDataException("There is no whole stream header: it is no stream.")
            : bytes.Length < (long)header.FirstPiece
                ? throw new InvalidDataException("The file ends before the first piece.")
                : new StoredImage(bytes, header, copies);
    }

    /// <summary>The payload of an entry.</summary>
    public ReadOnlySpan<byte> Payload(StoredEntry entry) => entry.Payload(_bytes);

    private static bool CopiesAreEqual(byte[] bytes) =>
        bytes.AsSpan((int)StreamHeader.CopiesAt[0], StreamHeader.Bytes)
            .SequenceEqual(bytes.AsSpan((int)StreamHeader.CopiesAt[1], StreamHeader.Bytes));

    private ulong Greatest(WordRole role) =>
        Words.Where(word => word.Role == role && word.IsWhole).Select(word => word.Value).DefaultIfEmpty().Max();

    private long ReadSize()
    {
        StoredWord word = Words.Single(word => word.Role == WordRole.StreamSize);
        var file = (ulong)_bytes.LongLength;
        ulong size = word.IsWhole ? word.Value : file - (file % Header.BlockSize);
        return size % Header.BlockSize == 0 && size <= file && size >= Header.FirstPiece + Header.BlockSize
            ? (long)size
            : throw new InvalidDataException($"The stream has {size} bytes, the file {_bytes.LongLength}.");
    }

    private void ReadPieces()
    {
        var at = (long)Header.FirstPiece;
        while (at < Size)
        {
            StoredPiece piece = ReadPiece(at);
            _pieces.Add(piece);
            at += piece.Bytes;
        }
    }

    private StoredPiece ReadPiece(long offset)
    {
        StoredWord extent = ReadExtent(offset, out PieceKind kind, out long bytes);
        if (kind == PieceKind.Damaged)
        {
            // Its size is lost: reading goes on at the next region.
            for (bytes = Header.BlockSize; offset + bytes < Size && !IsRegion(offset + bytes); bytes += Header.BlockSize)
            {
            }
        }

        if (kind == PieceKind.Free)
        {
            return new StoredPiece(kind, offset, bytes, [extent], null);
        }

        StoredWord[] words =
            [.. RegionWords.Select(word => StoredWord.Read(_bytes, word.Role, offset + word.Offset, Header.Uuid))];
        StoredRegion? region = null;
        if (StoredRegion.ReadStatic(_bytes, offset, Header.Uuid) is { } whole)
        {
            region = whole with { Log = ReadLog(whole, offset, bytes, words) };
        }

        return new StoredPiece(kind, offset, bytes, words, region);
    }

    private StoredWord ReadExtent(long offset, out PieceKind kind, out long bytes)
    {
        StoredWord extent = StoredWord.Read(_bytes, WordRole.Extent, offset + ExtentAt, Header.Uuid);
        ulong blocks = extent.Value & BlocksMask;
        ulong state = extent.Value >> 54;
        bool fits = blocks >= 1 && blocks <= (ulong)(Size - offset) / Header.BlockSize;
        kind = !extent.IsWhole || !fits || state is not (StateFree or StateRegion) ? PieceKind.Damaged
            : state == StateFree ? PieceKind.Free
            : PieceKind.Region;
        bytes = kind == PieceKind.Damaged ? 0 : (long)(blocks * Header.BlockSize);
        return extent;
    }

    private bool IsRegion(long offset)
    {
        ReadExtent(offset, out PieceKind kind, out _);
        return kind == PieceKind.Region && StoredRegion.ReadStatic(_bytes, offset, Header.Uuid) is not null;
    }

    private StoredLog? ReadLog(StoredRegion region, long offset, long bytes, StoredWord[] words)
    {
        StoredWord lifeBase = words.Single(word => word.Role == WordRole.BaseTimestamp);
        var life = new RegionLife(
            _uuidHash, lifeBase.Value, region.Alignment, offset + StoredRegion.HeaderBytes, offset + bytes);
        StoredWord checkpoint = words.Single(word => word.Role == WordRole.Checkpoint);
        return lifeBase is { IsWhole: true, Value: not 0 } ? StoredLog.Read(_bytes, life, checkpoint, _clock) : null;
    }

    private void Report()
    {
        for (int copy = 0; copy < HeaderCopies.Count; copy++)
        {
            Report(HeaderCopies[copy] == HeaderState.Whole, $"header at {StreamHeader.CopiesAt[copy]}");
        }

        foreach (StoredWord word in Words.Concat(_pieces.SelectMany(piece => piece.Words)))
        {
            Report(word.IsWhole, $"word at {word.Offset} ({word.Role})");
        }

        foreach (StoredPiece piece in _pieces)
        {
            Report(piece.Kind != PieceKind.Region || piece.Region is not null, $"static part at {piece.Offset}");
            if (piece.Region?.Log is { } log)
            {
                Report(log.End != LogEnd.Damaged, $"entries of the region at {piece.Offset}, tail {log.Tail}");
                Report(log.Gap is null, $"entries of the region at {piece.Offset}, from {log.Gap}");
                Report(log.CheckpointIsUsable, $"checkpoint of the region at {piece.Offset}");
                Report(
                    log.Entries.All(entry => entry.Timestamp <= _clock.TimestampMax),
                    $"ceiling: the region at {piece.Offset} has entries above it");
            }
        }
    }

    private void Report(bool isSound, string what)
    {
        if (!isSound)
        {
            _problems.Add($"damaged: {what}");
        }
    }
}
