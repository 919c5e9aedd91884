namespace PmemStream.Interop;

/// <content>Appending without blocking a thread.</content>
public sealed partial class RollingLog
{
    /// <summary>
    /// Appends one entry, as <see cref="Append"/>, and completes when it is durable, with everything before it in the log.
    /// Callers share flushes, and wait without a thread, as with <see cref="StreamRegion.AppendAsync"/>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Except on <see cref="MediumKind.PageCache"/> the task is complete when this returns. There the call that goes on in the next
    /// segment blocks, and others who append meanwhile with it, until the appends in the full one are durable; so no entry is
    /// durable before those of the segments before it. Entries of one caller are in the order of his calls if he awaits each.
    /// </para>
    /// <para><paramref name="cancellationToken"/> stops the waiting, not the append, as with the region.</para>
    /// </remarks>
    /// <param name="data">
    /// The entry: 0 to <see cref="EntryBytesMax"/> bytes. The memory is the caller's again when the task completes.
    /// </param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>Where it is. To be awaited once.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="data"/> does not fit into a segment.</exception>
    /// <exception cref="AppendCanceledException">It was cancelled after the call had begun.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before: nothing is appended.</exception>
    /// <exception cref="RollingLogFullException">The log is full, with <see cref="WhenFull.Fail"/>.</exception>
    /// <exception cref="RollingLogBusyException">
    /// The oldest segment is in use, with <see cref="WhenFull.DropOldest"/>: nothing was appended, try again.
    /// </exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="StreamRegion.AppendAsync"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public ValueTask<EntryPosition> AppendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        Errors.CheckLogEntrySize(data.Length, _ring.EntryBytesMax, nameof(data));
        return AppendWhereverAsync(data, cancellationToken);
    }

    private async ValueTask<EntryPosition> AppendWhereverAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_ring.Stream.Commits is not { } commits)
            {
                return Append(data.Span);
            }

            LogSegment segment = _ring.Active;
            if (segment.TryEnter())
            {
                try
                {
                    return await commits.AppendAsync(segment.Region, data, cancellation, segment).ConfigureAwait(false);
                }
                catch (RegionFullException)
                {
                    // On, to the next segment.
                }
            }

            if (!_ring.TryRoll(segment, _whenFull))
            {
                throw _ring.Full();
            }
        }
    }
}
