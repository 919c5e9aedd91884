using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary>
/// Entries are appended as they come; beside that, one flush after the other makes durable whatever has come meanwhile.
/// </summary>
internal sealed class GroupCommitAppender(StreamRegion region) : EntryAppender(region)
{
    private const long UnpersistedBytesMax = 16 << 20;

    private readonly object _gate = new();
    private EntryPosition _last;
    private long _unpersistedBytes;
    private bool _isPersisting;
    private Exception? _failure;

    /// <inheritdoc/>
    public override void Add(ReadOnlySpan<byte> entry)
    {
        if (!Region.TryAppendDeferred(entry, out EntryPosition at))
        {
            Finish();
            throw Full($"the next entry of {entry.Length} bytes");
        }

        Count(1, entry.Length);
        lock (_gate)
        {
            _last = at;
            _unpersistedBytes += entry.Length;
            while (_unpersistedBytes > UnpersistedBytesMax && _isPersisting)
            {
                Monitor.Wait(_gate);
            }

            ThrowIfFailedLocked();
            if (_isPersisting)
            {
                return;
            }

            _isPersisting = true;
        }

        // Up to its first wait on this thread; what it throws it keeps.
        _ = PersistAsync();
    }

    /// <inheritdoc/>
    public override void Finish()
    {
        lock (_gate)
        {
            while (_isPersisting)
            {
                Monitor.Wait(_gate);
            }

            ThrowIfFailedLocked();
        }
    }

    private async Task PersistAsync()
    {
        EntryPosition persisted = default;
        while (TryGetNext(persisted, out EntryPosition next))
        {
            try
            {
                await Region.PersistAsync(next).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever it is, the thread that appends throws it.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Fail(failure);
                return;
            }

            persisted = next;
        }
    }

    // False: everything is durable, and the next entry begins anew.
    private bool TryGetNext(EntryPosition persisted, out EntryPosition next)
    {
        lock (_gate)
        {
            next = _last;
            _isPersisting = next != persisted;
            _unpersistedBytes = 0;
            Monitor.PulseAll(_gate);
            return _isPersisting;
        }
    }

    private void Fail(Exception failure)
    {
        lock (_gate)
        {
            _failure = failure;
            _isPersisting = false;
            Monitor.PulseAll(_gate);
        }
    }

    private void ThrowIfFailedLocked()
    {
        if (_failure is not null)
        {
            throw _failure;
        }
    }
}
