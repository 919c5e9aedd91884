namespace PmemStream.Interop;

/// <summary>
/// The entries of all regions of a stream in the order of their timestamps. Each enumeration looks anew: it shows what is
/// there when it begins, and ends. Immutable: may be used from any thread and enumerated at the same time.
/// </summary>
/// <remarks>
/// An enumeration goes up to the stream's <see cref="PersistentStream.StableTimestamp"/> at its beginning. So it is never
/// out of order, whatever writers do meanwhile, and has everything that was acknowledged before, unless a reservation is open
/// that is older. To go on later, enumerate from the timestamp behind the last one. A region whose header is so damaged that
/// nothing tells that it was one is not listed and not read: <see cref="PersistentStream.Check"/> names it.
/// </remarks>
public readonly struct MergedSequence
{
    private readonly PersistentStream? _stream;
    private readonly ulong _from;
    private readonly bool _verified;
    private readonly bool _pinned;

    internal MergedSequence(PersistentStream stream, ulong from, bool verified, bool pinned = false)
    {
        _stream = stream;
        _from = from;
        _verified = verified;
        _pinned = pinned;
    }

    /// <summary>
    /// The same entries without hashing their data. Faster for large entries; damaged bytes are returned as they are.
    /// </summary>
    /// <returns>The sequence.</returns>
    /// <exception cref="InvalidOperationException">This is the default value, which belongs to no stream.</exception>
    public MergedSequence Unverified() =>
        new(_stream ?? throw Errors.EmptyMergedSequence(), _from, verified: false, _pinned);

    /// <summary>
    /// The same entries, for reading in place beside a writer in another process: see <see cref="EntrySequence.Pinned"/>. An
    /// enumeration pins all regions that there are when it begins, which may be up to 60.
    /// </summary>
    /// <returns>The sequence.</returns>
    /// <exception cref="InvalidOperationException">This is the default value, which belongs to no stream.</exception>
    public MergedSequence Pinned() =>
        new(_stream ?? throw Errors.EmptyMergedSequence(), _from, _verified, pinned: true);

    /// <summary>
    /// Begins an enumeration of the regions that there are now. While it is open none of them can be cleared or freed by this
    /// process, and by no process when the sequence is <see cref="Pinned"/>.
    /// </summary>
    /// <returns>The enumerator, to be disposed; <c>foreach</c> does that.</returns>
    /// <exception cref="InvalidOperationException">This is the default value, which belongs to no stream.</exception>
    /// <exception cref="StreamCorruptException">A region cannot be read at all; the exception names it.</exception>
    /// <exception cref="StreamStorageException">A region cannot be pinned: see <see cref="EntrySequence.Pinned"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public MergedEnumerator GetEnumerator() =>
        new(MergedReader.Open(_stream ?? throw Errors.EmptyMergedSequence(), _from, _verified, _pinned));
}
