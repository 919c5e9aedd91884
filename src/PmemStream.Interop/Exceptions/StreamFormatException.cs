namespace PmemStream.Interop;

/// <summary>
/// The file is not a stream that this version can open: not one of ours, of a newer version, with a feature that is not
/// known here, or cut off. Nothing was written. <see cref="PmemStreamException.Status"/> says which.
/// </summary>
public sealed class StreamFormatException : PmemStreamException
{
    internal StreamFormatException(in Failure failure)
        : base(failure)
    {
        Expected = failure.Expected;
        Found = failure.Found;
    }

    /// <summary>
    /// What was expected, where one number says it: the newest version or the features that are known, the size in bytes.
    /// </summary>
    public ulong Expected { get; }

    /// <summary>What was found instead of <see cref="Expected"/>.</summary>
    public ulong Found { get; }
}

/// <summary>
/// Stored data fails its checks. <see cref="PmemStreamException.Position"/> says where, the text which check. Damaged data
/// is never returned, and never overwritten without being asked.
/// </summary>
public sealed class StreamCorruptException : PmemStreamException
{
    internal StreamCorruptException(in Failure failure)
        : base(failure)
    {
    }
}
