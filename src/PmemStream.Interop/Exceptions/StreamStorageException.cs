namespace PmemStream.Interop;

/// <summary>
/// The environment refuses: the operating system, the file system, the medium or another process. Its children are the
/// cases that programs handle; for others see <see cref="PmemStreamException.Status"/> and
/// <see cref="PmemStreamException.OsError"/>.
/// </summary>
public class StreamStorageException : PmemStreamException
{
    internal StreamStorageException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>There is no such file, or its folder does not exist.</summary>
public sealed class StreamNotFoundException : StreamStorageException
{
    internal StreamNotFoundException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>There is something at the path already, and it was not to be overwritten. It was not touched.</summary>
public sealed class StreamExistsException : StreamStorageException
{
    internal StreamExistsException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>Another writer, in this or another process, has the stream open. There is one at a time.</summary>
public sealed class StreamLockedException : StreamStorageException
{
    internal StreamLockedException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>The operating system refuses access to the file or its folder.</summary>
public sealed class StreamAccessDeniedException : StreamStorageException
{
    internal StreamAccessDeniedException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>The file system or device has no room for the stream. Only creating one asks for room.</summary>
public sealed class StreamNoSpaceException : StreamStorageException
{
    internal StreamNoSpaceException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>The medium is not what <c>RequiredMedium</c> demands.</summary>
public sealed class StreamMediumException : StreamStorageException
{
    internal StreamMediumException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>
/// Making data durable failed earlier. What that covered may or may not be there when the stream is opened again, so
/// nothing more is written until then.
/// </summary>
public sealed class StreamPoisonedException : StreamStorageException
{
    internal StreamPoisonedException(in Failure failure)
        : base(failure)
    {
    }
}
