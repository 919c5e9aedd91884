namespace PmemStream.Interop;

/// <summary>
/// Waiting for an append was cancelled. That stops the waiting, never the append: <see cref="Position"/> says whether the
/// entry had been appended by then.
/// </summary>
public sealed class AppendCanceledException : OperationCanceledException
{
    internal AppendCanceledException(StreamRegion region, EntryPosition position, CancellationToken cancellation)
        : base(Errors.AppendCancelledText(region, position), cancellation) => Position = position;

    /// <summary>
    /// Where the entry is. It stays, and becomes durable soon, as if nothing had been cancelled. The default value: nothing
    /// was appended, and nothing will be; the append was still waiting for room (see
    /// <see cref="GroupCommitOptions.MaxUnpersistedBytes"/>).
    /// </summary>
    public EntryPosition Position { get; }
}
