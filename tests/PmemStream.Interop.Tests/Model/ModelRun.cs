using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests.Model;

/// <summary>A stream and its model, to which operations are done side by side.</summary>
internal sealed partial class ModelRun : IDisposable
{
    private const int Block = 4096;
    private const long FixedBytes = 16384;
    private const long StreamBytes = 36 * Block;
    private const long StreamBytesMax = 44 * Block;

    private static readonly int[] Alignments = [8, 64, 256, 4096];
    private static readonly string?[] Names = ["log", "größe", "日本", "other", null];

    private readonly TestFolder _folder;
    private readonly List<ModelRegion> _regions = [];
    private readonly List<StreamRegion> _freed = [];
    private readonly ModelSpace _space = new(FixedBytes, StreamBytes, Block);
    private PersistentStream _stream;
    private string _path;
    private int _files;
    private int _payloads;
    private ulong _lastTimestamp;
    private ulong _persistedTimestamp;

    public ModelRun(string medium)
    {
        _folder = new TestFolder(medium);
        _path = _folder.Stream;
        _stream = TestStreams.Create(_path, StreamBytes, Block);
    }

    public static void Run(string medium, Operation[] operations)
    {
        using var run = new ModelRun(medium);
        foreach (Operation operation in operations)
        {
            run.Do(operation);
            run.CompareStream();
        }

        run.Do(new Operation(OperationKind.Reopen, 0, 0));
        run.CompareStream();
        run.Do(new Operation(OperationKind.Check, 0, 0));
    }

    public void Dispose()
    {
        _stream.Dispose();
        _folder.Dispose();
    }

    private void Do(Operation operation)
    {
        switch (operation.Kind)
        {
            case OperationKind.CreateRegion:
                CreateRegion(operation);
                return;
            case OperationKind.GetRegion:
                GetRegion(Names[operation.Which % (Names.Length - 1)]!);
                return;
            case OperationKind.GetOrCreateRegion:
                GetOrCreateRegion(operation);
                return;
            case OperationKind.Grow:
                Grow(operation.Size);
                return;
            case OperationKind.UseFreed:
                UseFreed(operation.Which);
                return;
            case OperationKind.Check:
                Check();
                return;
            case OperationKind.PersistStream:
                PersistStream();
                return;
            case OperationKind.EnumerateStored:
                EnumerateStored();
                return;
            case OperationKind.ReadAll:
                ReadAll(operation.Which);
                return;
            case OperationKind.ReadBeside:
                ReadBeside();
                return;
            case OperationKind.OpenTwice or OperationKind.Reopen or OperationKind.Kill:
                DoSession(operation.Kind);
                return;
            default:
                if (_regions.Count > 0)
                {
                    DoInRegion(_regions[operation.Which % _regions.Count], operation);
                }

                return;
        }
    }

    private void DoSession(OperationKind kind)
    {
        switch (kind)
        {
            case OperationKind.OpenTwice:
                Assert.Throws<StreamLockedException>(() => PersistentStream.Open(_path));
                break;
            case OperationKind.Reopen:
                Reopen();
                break;
            default:
                Kill();
                break;
        }
    }

    private void CreateRegion(Operation operation)
    {
        string? name = Names[operation.Which % Names.Length];
        int alignment = Alignments[operation.Which / Names.Length % Alignments.Length];
        long size = Math.Max(1, operation.Size * 4);
        if (name is not null && _regions.Exists(region => region.Name == name))
        {
            Assert.Throws<RegionExistsException>(() => _stream.CreateRegion(name, size, alignment));
        }
        else if (_space.TryTake(size, out long offset, out long bytes))
        {
            Add(name, alignment, offset, bytes, _stream.CreateRegion(name, size, alignment));
        }
        else
        {
            Assert.Throws<StreamFullException>(() => _stream.CreateRegion(name, size, alignment));
        }
    }

    // By 0 to 3 blocks, as long as it is not too large for the rest to fill it.
    private void Grow(int size)
    {
        Assert.Throws<ArgumentOutOfRangeException>(nameof(size), () => _stream.Grow(_space.Size - Block));
        int blocks = size % 4;
        if (_space.Size + (blocks * Block) > StreamBytesMax)
        {
            return;
        }

        _stream.Grow(_space.Size + (blocks * Block) - (blocks == 0 ? 0 : size % Block));
        if (blocks > 0)
        {
            _space.Grow(blocks * Block);
        }
    }

    private void GetOrCreateRegion(Operation operation)
    {
        string name = Names[operation.Which % (Names.Length - 1)]!;
        long size = Math.Max(1, operation.Size);
        if (_regions.Find(region => region.Name == name) is { } known)
        {
            known.Real = _stream.GetOrCreateRegion(name, size);
        }
        else if (_space.TryTake(size, out long offset, out long bytes))
        {
            StreamRegion real = _stream.GetOrCreateRegion(name, size);
            Add(name, real.EntryAlignment, offset, bytes, real);
        }
        else
        {
            Assert.Throws<StreamFullException>(() => _stream.GetOrCreateRegion(name, size));
        }
    }

    private void Add(string? name, int alignment, long offset, long bytes, StreamRegion real)
    {
        _regions.Add(new ModelRegion(name, alignment, offset, bytes) { Real = real });
        _regions.Sort((left, right) => left.Offset.CompareTo(right.Offset));
        Advance(real.Info.Identity);
    }

    private void GetRegion(string name)
    {
        ModelRegion? known = _regions.Find(region => region.Name == name);
        Assert.Equal(known is not null, _stream.TryGetRegion(name, out StreamRegion? found));
        Assert.Equal(known?.Offset, found?.Offset);
        if (known is null)
        {
            Assert.Throws<RegionNotFoundException>(() => _stream.GetRegion(name));
        }
        else
        {
            known.Real = _stream.GetRegion(name);
        }
    }

    private void UseFreed(int which)
    {
        if (_freed.Count > 0)
        {
            StreamRegion freed = _freed[which % _freed.Count];
            Assert.Throws<StaleRegionException>(() => freed.Append("x"u8));
            Assert.Throws<StaleRegionException>(freed.Clear);
            Assert.Throws<StaleRegionException>(() => freed.GetEnumerator().Dispose());
            Assert.Throws<StaleRegionException>(() => freed.Info);
        }
    }

    private void Check()
    {
        StreamCheck check = _stream.Check();
        Assert.True(check.IsSound && check.Problems.Count == 0, string.Join('\n', check.Problems));
        Slot[] visible = [.. _regions.SelectMany(region => region.Visible)];
        Assert.Equal((_regions.Count, visible.Length), (check.RegionCount, check.EntryCount));
        Assert.Equal((visible.Sum(slot => slot.Data.Length), _space.FreeBytes), (check.PayloadBytes, check.FreeBytes));
    }

    private void EnumerateStored()
    {
        List<StoredStructure> stored = [.. _stream.EnumerateStored()];
        Assert.All(stored, item => Assert.True(item.IsWhole, item.Text));
        Assert.Equal(
            _regions.SelectMany(region => region.Visible).Select(slot => slot.Position.Offset),
            stored.Where(item => item.Kind == StoredKind.Data && IsVisible(item)).Select(item => item.Offset));
    }

    private bool IsVisible(StoredStructure item) =>
        item.Offset < _regions.Single(region => region.Offset == item.PieceOffset).Real.CommittedOffset;

    private void ReadBeside()
    {
        using PersistentStream reader = PersistentStream.OpenReadOnly(_path);
        Assert.Equal(_regions.Count, reader.Regions.Count);
        foreach ((ModelRegion region, StreamRegion found) in _regions.Zip(reader.Regions))
        {
            region.Compare(found, isWriter: false);
            Assert.Throws<InvalidOperationException>(() => found.Append("x"u8));
            Assert.Throws<InvalidOperationException>(found.Clear);
        }

        ReadAllBeside(reader);
        Assert.Throws<InvalidOperationException>(() => reader.CreateRegion("new", 1));
    }

    private void Reopen()
    {
        _stream.Dispose();
        Assert.All(_regions, region => Assert.Throws<ObjectDisposedException>(() => region.Real.Append("x"u8)));
        Assert.All(_regions.SelectMany(region => region.Open), UseAfterDispose);
        BeginSession();
    }

    // What the file holds now is all that a kill leaves.
    private void Kill()
    {
        string next = _folder.File($"killed-{_files++}.pms");
        File.Copy(_path, next);
        _stream.Dispose();
        File.Delete(_path);
        _path = next;
        BeginSession();
    }

    private void BeginSession()
    {
        _stream = PersistentStream.Open(_path);
        Assert.Equal(StreamConditions.None, _stream.Recovery.Conditions);
        Assert.Equal(0, _stream.Recovery.DamagedRegions);
        _freed.Clear();
        IReadOnlyList<StreamRegion> found = _stream.Regions;
        Assert.Equal(_regions.Count, found.Count);
        foreach ((ModelRegion region, StreamRegion real) in _regions.Zip(found))
        {
            region.Real = real;
            region.EndSession();
        }

        Assert.Equal(_regions.Count(region => region.TakeSeal()), _stream.Recovery.CutsSealed);
    }

    private void CompareStream()
    {
        Assert.Equal(_regions.Select(region => region.Offset), _stream.Regions.Select(region => region.Offset));
        foreach (ModelRegion region in _regions)
        {
            region.Compare(region.Real, isWriter: true);
        }

        StreamInfo info = _stream.Info;
        Assert.Equal((_regions.Count, _space.FreeBytes), (info.RegionCount, info.FreeBytes));
        Assert.Equal(_space.LargestBytes, info.LargestFreeBytes);
        Assert.Equal((_space.Size, _space.Size), (info.Size, info.FileSize));
        Assert.True(info.NextTimestamp > _lastTimestamp);
        Assert.Equal(_persistedTimestamp, _stream.PersistedTimestamp);
    }

    // Timestamps grow over the whole stream, and over all its sessions.
    private void Advance(ulong timestamp)
    {
        Assert.True(timestamp > _lastTimestamp, $"The timestamp {timestamp} came after {_lastTimestamp}.");
        _lastTimestamp = timestamp;
    }

    private byte[] NextPayload(int size) => TestStreams.Payload(size, _payloads++);
}
