namespace PmemStream.Demo;

/// <summary>A text cut into lines. Each keeps the newline that ends it; the last may have none.</summary>
internal sealed class LineText
{
    private readonly byte[] _bytes;
    private readonly List<int> _ends = [];

    /// <summary>Cuts <paramref name="bytes"/>.</summary>
    public LineText(byte[] bytes)
    {
        _bytes = bytes;
        for (int start = 0; start < bytes.Length; start = _ends[^1])
        {
            int newline = bytes.AsSpan(start).IndexOf((byte)'\n');
            _ends.Add(newline < 0 ? bytes.Length : start + newline + 1);
        }
    }

    /// <summary>Number of lines.</summary>
    public int Count => _ends.Count;

    /// <summary>All bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>One line, counted from 0.</summary>
    public ReadOnlySpan<byte> this[int line] => _bytes.AsSpan(Start(line).._ends[line]);

    /// <summary>Where a line begins; for <see cref="Count"/> the length of the text.</summary>
    public int Start(int line) => line == 0 ? 0 : _ends[line - 1];
}
