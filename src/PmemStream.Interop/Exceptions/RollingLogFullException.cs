namespace PmemStream.Interop;

/// <summary>
/// The rolling log is full, and was opened with <see cref="WhenFull.Fail"/>: every segment but the one that is written to
/// holds entries, and the new one does not fit there. Nothing was appended.
/// </summary>
public sealed class RollingLogFullException : PmemStreamException
{
    internal RollingLogFullException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>
/// A segment of a rolling log cannot be recycled now: an enumerator stands in it, a lease or a reservation is open in it, or
/// a check goes through it. The inner exception says how many. Nothing was appended; what was to be truncated before that
/// segment is. Try again when it is disposed.
/// </summary>
public sealed class RollingLogBusyException : RegionBusyException
{
    internal RollingLogBusyException(in Failure failure, RegionBusyException inner)
        : base(failure, inner)
    {
    }
}

/// <summary>
/// What is stored under the name of a rolling log does not fit: other segments than asked for, not all of them, or not in an
/// order. Nothing was changed. The text names what was expected and found.
/// </summary>
public sealed class RollingLogMismatchException : PmemStreamException
{
    internal RollingLogMismatchException(in Failure failure)
        : base(failure)
    {
    }
}
