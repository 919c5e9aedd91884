namespace PmemStream.Cli.Input;

/// <summary>Cuts an input into entries. Every byte of the input is in exactly one entry, in order.</summary>
internal abstract class EntrySource(InputBuffer buffer) : IDisposable
{
    /// <summary>The input.</summary>
    protected InputBuffer Buffer { get; } = buffer;

    /// <summary>Gets the next entry, valid until the next call; false at the end.</summary>
    public abstract bool TryRead(out ReadOnlySpan<byte> entry);

    /// <inheritdoc/>
    public void Dispose() => Buffer.Dispose();
}

/// <summary>An entry a line, with the newline that ends it. The last line may have none.</summary>
internal sealed class LineSource(InputBuffer buffer) : EntrySource(buffer)
{
    /// <inheritdoc/>
    public override bool TryRead(out ReadOnlySpan<byte> entry)
    {
        int searchedBytes = 0;
        while (true)
        {
            int newline = Buffer.Pending[searchedBytes..].IndexOf((byte)'\n');
            if (newline >= 0)
            {
                entry = Buffer.Take(searchedBytes + newline + 1);
                return true;
            }

            searchedBytes = Buffer.Pending.Length;
            if (!Buffer.Fill())
            {
                entry = Buffer.Take(searchedBytes);
                return searchedBytes != 0;
            }
        }
    }
}

/// <summary>Entries of one size; the last may be shorter.</summary>
internal sealed class RecordSource(InputBuffer buffer, int recordBytes) : EntrySource(buffer)
{
    /// <inheritdoc/>
    public override bool TryRead(out ReadOnlySpan<byte> entry)
    {
        while (Buffer.Pending.Length < recordBytes && Buffer.Fill())
        {
        }

        entry = Buffer.Take(Math.Min(recordBytes, Buffer.Pending.Length));
        return !entry.IsEmpty;
    }
}

/// <summary>The whole input as one entry, also when it is empty.</summary>
internal sealed class WholeSource(InputBuffer buffer) : EntrySource(buffer)
{
    private bool _done;

    /// <inheritdoc/>
    public override bool TryRead(out ReadOnlySpan<byte> entry)
    {
        entry = default;
        if (_done)
        {
            return false;
        }

        while (Buffer.Fill())
        {
        }

        _done = true;
        entry = Buffer.Take(Buffer.Pending.Length);
        return true;
    }
}
