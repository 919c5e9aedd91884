using PmemStream.Cli.Errors;

namespace PmemStream.Cli.Output;

/// <summary>
/// A write-only, buffered stream over the standard output. Large blocks pass by without a copy; a broken pipe becomes
/// <see cref="OutputClosedException"/>, every other failure a <see cref="ToolException"/> that says where it happened.
/// </summary>
internal sealed class ToolOutput(Stream target) : Stream
{
    private const int BufferBytes = 64 * 1024;

    // write(2) takes at most about 2 GiB at once, and a terminal far less; a pipe takes 64 KiB.
    private const int BlockBytes = 1024 * 1024;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _used;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > BufferBytes - _used)
        {
            FlushBuffer();
        }

        if (buffer.Length >= BufferBytes)
        {
            WriteThrough(buffer);
            return;
        }

        buffer.CopyTo(_buffer.AsSpan(_used));
        _used += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void WriteByte(byte value) => Write([value]);

    /// <summary>Does nothing: a text writer above flushes after every call; that must cost no system call.</summary>
    /// <remarks>The tool flushes for good with <see cref="FlushBuffer"/>.</remarks>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Hands everything that was written so far to the operating system.</summary>
    /// <exception cref="OutputClosedException">Nobody reads the output any more.</exception>
    /// <exception cref="ToolException">The output cannot be written.</exception>
    public void FlushBuffer()
    {
        int bytes = _used;
        _used = 0;
        WriteThrough(_buffer.AsSpan(0, bytes));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            target.Dispose();
        }

        base.Dispose(disposing);
    }

    private void WriteThrough(ReadOnlySpan<byte> data)
    {
        try
        {
            while (!data.IsEmpty)
            {
                ReadOnlySpan<byte> block = data[..Math.Min(data.Length, BlockBytes)];
                target.Write(block);
                data = data[block.Length..];
            }
        }
        catch (IOException exception)
        {
            throw BrokenPipe.Matches(exception)
                ? new OutputClosedException(exception)
                : new ToolException(
                    ExitCode.Io, $"cannot write to the standard output: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or ObjectDisposedException)
        {
            // So the runtime calls a descriptor that is not open for writing.
            throw new ToolException(ExitCode.Io, "cannot write: the standard output is closed", exception);
        }
    }
}
