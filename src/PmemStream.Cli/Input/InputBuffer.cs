using PmemStream.Cli.Errors;

namespace PmemStream.Cli.Input;

/// <summary>A window over the input that grows to the longest entry, and no further.</summary>
/// <param name="input">The input; disposed with the window.</param>
/// <param name="inputName">What messages call it.</param>
/// <param name="entryBytesMax">The largest entry that can be, at most 1 GiB.</param>
/// <param name="expectedBytes">Length of the first entry, where it is known.</param>
internal sealed class InputBuffer(Stream input, string inputName, long entryBytesMax, long expectedBytes = 0)
    : IDisposable
{
    private const int StartBytes = 64 * 1024;

    private byte[] _bytes = new byte[
        Math.Clamp(expectedBytes + 1, StartBytes, Math.Max(StartBytes, entryBytesMax + 1))];

    private int _start;
    private int _end;
    private bool _ended;

    /// <summary>What was read and not taken yet.</summary>
    public ReadOnlySpan<byte> Pending => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Takes the first <paramref name="bytes"/> pending ones, valid until <see cref="Fill"/>.</summary>
    public ReadOnlySpan<byte> Take(int bytes)
    {
        ReadOnlySpan<byte> taken = Pending[..bytes];
        _start += bytes;
        return taken;
    }

    /// <summary>Reads more, as much as there is now. False at the end of the input.</summary>
    /// <exception cref="ToolException">
    /// The pending bytes are more than the largest entry that fits, or the input cannot be read.
    /// </exception>
    public bool Fill()
    {
        if (_ended)
        {
            // A terminal would ask for its end-of-input key again.
            return false;
        }

        MakeRoom();
        try
        {
            int bytes = input.Read(_bytes.AsSpan(_end));
            _end += bytes;
            _ended = bytes == 0;
            return !_ended;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ToolException(ExitCode.Io, $"cannot read {inputName}: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => input.Dispose();

    private void MakeRoom()
    {
        int pendingBytes = _end - _start;
        if (pendingBytes > entryBytesMax)
        {
            throw new ToolException(
                ExitCode.Io,
                $"an entry of more than {entryBytesMax} bytes does not fit; {inputName} holds a longer one");
        }

        if (_end < _bytes.Length)
        {
            return;
        }

        if (pendingBytes > _bytes.Length / 2)
        {
            // One byte more than the largest entry shows that there is more.
            Array.Resize(ref _bytes, (int)Math.Max(StartBytes, Math.Min(_bytes.Length * 2L, entryBytesMax + 1)));
        }

        _bytes.AsSpan(_start, pendingBytes).CopyTo(_bytes);
        _start = 0;
        _end = pendingBytes;
    }
}
