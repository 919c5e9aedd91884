namespace PmemStream.Cli.Output;

/// <summary>
/// The standard error as a stream that takes everything: where nobody can be told, the exit code still says what happened.
/// </summary>
internal sealed class StandardError(Stream target) : Stream
{
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
        try
        {
            target.Write(buffer);
        }
        catch (Exception exception) when (IsClosed(exception))
        {
            // Nobody can be told.
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
        try
        {
            target.Flush();
        }
        catch (Exception exception) when (IsClosed(exception))
        {
            // Nobody can be told.
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            target.Dispose();
        }

        base.Dispose(disposing);
    }

    private static bool IsClosed(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ObjectDisposedException;
}
