namespace PmemStream.Interop;

/// <summary>
/// How the callers of <see cref="StreamRegion.AppendAsync"/> and <see cref="StreamRegion.PersistAsync"/> share flushes.
/// </summary>
/// <remarks>
/// Only where a flush costs more than a call, which is <see cref="MediumKind.PageCache"/>: elsewhere each append is durable by
/// itself, and nothing here is used. Values are checked when they are used.
/// </remarks>
public sealed class GroupCommitOptions
{
    private static readonly TimeSpan GatherTimeMax = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the first caller of a group waits for more: zero (the default) to 10 seconds, rounded up to milliseconds. Even
    /// with zero all who come while a flush runs share the next one; more makes groups larger where callers come one by
    /// one and have time. A group that has half of <see cref="MaxUnpersistedBytes"/> does not wait.
    /// </summary>
    public TimeSpan GatherTime { get; init; }

    /// <summary>
    /// How many bytes, with 24 more for each entry, may be appended by <see cref="StreamRegion.AppendAsync"/> and not be
    /// durable: 1 or more; the default is 16 MiB. Beyond it <see cref="StreamRegion.AppendAsync"/> waits for a flush before
    /// it appends, and until then leaves the caller's buffer where it is: nothing is queued by copying. An entry that is
    /// larger than that goes alone.
    /// </summary>
    public long MaxUnpersistedBytes { get; init; } = 16 << 20;

    /// <summary>The time in milliseconds.</summary>
    internal int GatherMilliseconds => (int)Math.Ceiling(GatherTime.TotalMilliseconds);

    /// <summary>Checks the values.</summary>
    internal void Check(string parameterName)
    {
        if (GatherTime < TimeSpan.Zero || GatherTime > GatherTimeMax)
        {
            throw Errors.OutOfRange(
                parameterName, GatherTime, $"{nameof(GatherTime)} is zero to {GatherTimeMax}, not {GatherTime}.");
        }

        if (MaxUnpersistedBytes < 1)
        {
            throw Errors.OutOfRange(
                parameterName,
                MaxUnpersistedBytes,
                $"{nameof(MaxUnpersistedBytes)} is 1 or more bytes, not {MaxUnpersistedBytes}.");
        }
    }
}
