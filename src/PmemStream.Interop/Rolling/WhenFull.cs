namespace PmemStream.Interop;

/// <summary>What a <see cref="RollingLog"/> does when an entry does not fit and every other segment holds entries.</summary>
public enum WhenFull
{
    /// <summary>
    /// It appends nothing and says so (<see cref="RollingLogFullException"/>). What is in the log stays until
    /// <see cref="RollingLog.TruncateBefore"/>.
    /// </summary>
    Fail = 0,

    /// <summary>
    /// It removes the entries of the oldest segment. As long as somebody reads that segment, it appends nothing and says so
    /// (<see cref="RollingLogBusyException"/>).
    /// </summary>
    DropOldest = 1,
}
