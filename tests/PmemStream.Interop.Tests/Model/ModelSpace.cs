namespace PmemStream.Interop.Tests.Model;

/// <summary>The pieces of a stream as a plain list: the first free one that is large enough is taken, neighbours merge.</summary>
internal sealed class ModelSpace(long first, long size, int block)
{
    private const int RegionHeaderBytes = 512;

    private readonly List<(long Offset, long Bytes)> _free = [(first, size - first)];

    /// <summary>Size of the stream.</summary>
    public long Size { get; private set; } = size;

    public long FreeBytes => _free.Sum(piece => piece.Bytes);

    public long LargestBytes => _free.Select(piece => piece.Bytes - RegionHeaderBytes).DefaultIfEmpty().Max();

    /// <summary>Takes space for a region with room for so many bytes.</summary>
    public bool TryTake(long size, out long offset, out long bytes)
    {
        long needed = (size + RegionHeaderBytes + block - 1) / block * block;
        bytes = needed;
        int index = _free.FindIndex(piece => piece.Bytes >= needed);
        offset = index < 0 ? 0 : _free[index].Offset;
        if (index < 0)
        {
            return false;
        }

        _free[index] = (offset + needed, _free[index].Bytes - needed);
        _free.RemoveAll(piece => piece.Bytes == 0);
        return true;
    }

    /// <summary>The stream is larger from now on, in whole blocks.</summary>
    public void Grow(long bytes)
    {
        Return(Size, bytes);
        Size += bytes;
    }

    public void Return(long offset, long bytes)
    {
        _free.Add((offset, bytes));
        _free.Sort();
        for (int index = _free.Count - 1; index > 0; index--)
        {
            (long before, long beforeBytes) = _free[index - 1];
            if (before + beforeBytes == _free[index].Offset)
            {
                _free[index - 1] = (before, beforeBytes + _free[index].Bytes);
                _free.RemoveAt(index);
            }
        }
    }
}
