namespace PmemStream.Interop;

/// <summary>
/// An endless log over a fixed number of regions of a stream, its segments: when one is full it goes on in the next, and what
/// is old is removed a segment at a time, by <see cref="TruncateBefore"/> or by itself (<see cref="WhenFull.DropOldest"/>).
/// </summary>
/// <remarks>
/// <para>
/// All of its space is taken when it is created: regions named <c>NAME.0000</c> and on, which nobody else shall write to.
/// Nothing else is stored. Opening it again, also after a crash at any moment, finds every acknowledged entry that was not
/// removed, in order.
/// </para>
/// <para>
/// Positions are those of the stream (<see cref="EntryPosition"/>): they compare across segments, sessions and crashes. One
/// whose entry was removed is refused, never answered with another entry.
/// </para>
/// <para>
/// An append is durable on return, with everything before it in the log, except for reservations that are published later,
/// and visible unless an earlier reservation is still open. Going on in the next segment costs nothing on the medium, or, when
/// the oldest one is dropped, one <see cref="StreamRegion.Clear"/>; others who append meanwhile wait for that.
/// </para>
/// <para>
/// Thread-safe: every member may be called from any thread at any time, also on several objects for one log. It needs no
/// disposing. After its stream is disposed every call throws <see cref="ObjectDisposedException"/>, but for what
/// <see cref="PersistentStream"/> says of reservations, enumerators and leases. On a stream that is open for reading only it
/// can be read, beside a writer in another process; such a reader may pass an entry that was reserved before the writer went
/// on to the next segment and is published after it.
/// </para>
/// <para>
/// Not offered: waiting for an entry, and following. A follower would wait for the next entry in whichever segment comes next,
/// which is known only when something stands in it; and what it waits behind may become passable without an entry, when the
/// last reservation of a full segment is abandoned. A consumer enumerates <see cref="EntriesAfter"/> its last position again
/// when it has reason to; a log that has to be followed is a region (<see cref="StreamRegion.ReadAllAsync"/>), which is cleared
/// when it has been handled. Nor can a reader in another process pin a segment: it would stop the writer when the ring is full.
/// </para>
/// <para>
/// What is in use is not removed: an enumerator keeps the segment that it stands in, a lease or reservation the one that it
/// is of. Dropping or truncating that segment throws <see cref="RollingLogBusyException"/>; nothing is lost silently.
/// </para>
/// </remarks>
public sealed partial class RollingLog
{
    // What it is made of, and why it survives crashes and threads, is told at SegmentRing. It is shared by all objects for
    // the same log; only `_whenFull` is this one's own.
    private readonly SegmentRing _ring;
    private readonly WhenFull _whenFull;

    /// <summary>Opens the rolling log of that name, or creates it.</summary>
    /// <param name="stream">The stream in which its regions are.</param>
    /// <param name="name">Its name: 1 to 58 bytes of UTF-8, no NUL.</param>
    /// <param name="segmentSize">
    /// Room for entries in each segment, in bytes, rounded up as for <see cref="PersistentStream.CreateRegion"/>. An entry
    /// lies in one segment, so this is also the limit of its size.
    /// </param>
    /// <param name="segmentCount">Number of segments: 2 to 10000.</param>
    /// <param name="whenFull">What becomes of an entry that does not fit. A property of this object: it is not stored.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is no name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="segmentSize"/>, <paramref name="segmentCount"/> or <paramref name="whenFull"/> is out of its range.
    /// </exception>
    /// <exception cref="RollingLogMismatchException">
    /// There is a log of that name with other segments, or what is left of one. Nothing was changed.
    /// </exception>
    /// <exception cref="StreamFullException">There is no room for all of its segments. None was created.</exception>
    /// <exception cref="RegionNotFoundException">There is none, and the stream is open for reading only.</exception>
    /// <exception cref="StreamCorruptException">A segment is damaged where its entries begin.</exception>
    /// <exception cref="StreamStorageException">Writing failed, now or earlier.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public RollingLog(
        PersistentStream stream, string name, long segmentSize, int segmentCount, WhenFull whenFull = WhenFull.Fail)
        : this(stream, name, segmentSize, segmentCount, whenFull, stepTaken: null)
    {
    }

    internal RollingLog(
        PersistentStream stream,
        string name,
        long segmentSize,
        int segmentCount,
        WhenFull whenFull,
        Action<RollStep, StreamRegion>? stepTaken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Errors.CheckLogName(name, nameof(name));
        Errors.CheckRegionSize(segmentSize, nameof(segmentSize));
        Errors.CheckSegmentCount(segmentCount, nameof(segmentCount));
        Errors.CheckDefined(whenFull, nameof(whenFull));
        _ring = stream.Rings.Get(stream, name, segmentSize, segmentCount, stepTaken);
        _whenFull = whenFull;
    }

    /// <summary>Its name.</summary>
    public string Name => _ring.Name;

    /// <summary>Number of segments.</summary>
    public int SegmentCount => _ring.Count;

    /// <summary>The largest entry that it takes, in bytes: what fits into an empty segment, at most 1 GiB.</summary>
    public int EntryBytesMax => _ring.EntryBytesMax;

    /// <summary>Appends one entry. Atomic; durable on return, with everything before it in the log.</summary>
    /// <param name="data">The entry: 0 to <see cref="EntryBytesMax"/> bytes.</param>
    /// <returns>Where it is. Names the entry for ever.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="data"/> does not fit into a segment.</exception>
    /// <exception cref="RollingLogFullException">The log is full, with <see cref="WhenFull.Fail"/>.</exception>
    /// <exception cref="RollingLogBusyException">
    /// The oldest segment is in use, with <see cref="WhenFull.DropOldest"/>: nothing was appended, try again.
    /// </exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="StreamRegion.Append(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryPosition Append(ReadOnlySpan<byte> data) =>
        TryAppend(data, out EntryPosition at) ? at : throw _ring.Full();

    /// <summary>As <see cref="Append"/>, but says whether there was room.</summary>
    /// <param name="data">The entry: 0 to <see cref="EntryBytesMax"/> bytes.</param>
    /// <param name="at">Where it is; the default value if there was no room.</param>
    /// <returns>False only if the log is full, with <see cref="WhenFull.Fail"/>; nothing was changed then.</returns>
    /// <inheritdoc cref="Append"/>
    public bool TryAppend(ReadOnlySpan<byte> data, out EntryPosition at)
    {
        Errors.CheckLogEntrySize(data.Length, _ring.EntryBytesMax, nameof(data));
        while (true)
        {
            LogSegment segment = _ring.Active;
            if (segment.TryEnter())
            {
                try
                {
                    if (segment.Region.TryAppend(data, out at))
                    {
                        return true;
                    }
                }
                finally
                {
                    segment.Leave();
                }
            }

            if (!_ring.TryRoll(segment, _whenFull))
            {
                at = default;
                return false;
            }
        }
    }

    /// <summary>Takes space for one entry, to be written in place and then published: <see cref="StreamRegion.Reserve"/>.</summary>
    /// <param name="size">Bytes to reserve: 0 to <see cref="EntryBytesMax"/>. Fewer may be published.</param>
    /// <returns>The reservation; the caller publishes it, or disposes it, which abandons it.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is negative, or no segment holds it.</exception>
    /// <inheritdoc cref="Append"/>
    public EntryReservation Reserve(int size)
    {
        Errors.CheckLogEntrySize(size, _ring.EntryBytesMax, nameof(size));
        while (true)
        {
            LogSegment segment = _ring.Active;
            if (segment.TryEnter())
            {
                try
                {
                    if (segment.Region.TryReserve(size) is { } reservation)
                    {
                        return reservation;
                    }
                }
                finally
                {
                    segment.Leave();
                }
            }

            if (!_ring.TryRoll(segment, _whenFull))
            {
                throw _ring.Full();
            }
        }
    }

    /// <summary>
    /// Removes entries before a position, as far as they fill whole segments; the entry at the position stays, and those of
    /// its segment. Removed entries and their positions are gone for ever. Durable on return.
    /// </summary>
    /// <param name="position">
    /// The position of an entry, also of one that was removed; others are compared by their timestamp.
    /// </param>
    /// <exception cref="RollingLogBusyException">
    /// A segment is in use. Those before it were removed, it and the later ones were not.
    /// </exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="StreamStorageException">Writing failed, now or earlier.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public void TruncateBefore(EntryPosition position) => _ring.TruncateBefore(position);

    /// <summary>The name, and where it is.</summary>
    /// <returns>One line for people.</returns>
    public override string ToString() => $"rolling log '{Name}' in {_ring.Stream.Path}";
}
