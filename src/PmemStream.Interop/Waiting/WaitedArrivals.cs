using PmemStream.Interop.Native;

namespace PmemStream.Interop.Waiting;

/// <summary>Arrivals by another process: one thread waits in the core for all who wait.</summary>
/// <remarks>
/// The thread is there while somebody waits, and a moment longer. Who begins to wait, and the last who does so no more,
/// wakes it, so that it always waits for those in the list. While it is in the core it keeps their regions, and so the
/// stream; when it has nobody it keeps neither.
/// </remarks>
internal sealed unsafe class WaitedArrivals(PersistentStream stream, EntryWaits waits) : IArrivals
{
    private const uint IdleMilliseconds = 1000;

#if NET9_0_OR_GREATER
    private readonly Lock _gate = new();
#else
    private readonly object _gate = new();
#endif
    private readonly List<(StreamRegion Region, EntryPosition After)> _list = [];
    private WaiterHandle? _waiter;
    private pms_awaited[] _awaited = [];
    private bool _isAwaited;
    private bool _isRunning;

    /// <inheritdoc/>
    public void Start()
    {
        lock (_gate)
        {
            _isAwaited = true;
            if (!_isRunning)
            {
                // Null: the stream was disposed, and whoever looks is told.
                _waiter ??= stream.TryCreateWaiter();
                _isRunning = _waiter is not null;
                if (_isRunning)
                {
                    new Thread(Run) { IsBackground = true, Name = "PmemStream entries" }.UnsafeStart();
                }
            }
        }

        Change();
    }

    /// <inheritdoc/>
    public void Change()
    {
        if (_waiter is { } waiter)
        {
            NativeMethods.pms_waiter_cancel((pms_waiter*)waiter.Pointer);
            GC.KeepAlive(waiter);
        }
    }

    /// <inheritdoc/>
    public void Stop()
    {
        lock (_gate)
        {
            _isAwaited = false;
        }

        Change();
    }

    private void Run()
    {
        while (Wait() is var status)
        {
            if (status == (int)pms_status.PMS_OK)
            {
                waits.Look();
            }
            else if (status != (int)pms_status.PMS_E_CANCELLED && TryEnd(status != (int)pms_status.PMS_E_TIMEOUT))
            {
                return;
            }
        }
    }

    private int Wait()
    {
        waits.CopyTo(_list);
        int count = _list.Count;
        if (_awaited.Length < count)
        {
            _awaited = new pms_awaited[count * 2];
        }

        for (int i = 0; i < count; i++)
        {
            _awaited[i] = _list[i].Region.Awaited(_list[i].After);
        }

        int status;
        fixed (pms_awaited* first = _awaited)
        {
            status = NativeMethods.pms_waiter_wait(
                (pms_waiter*)_waiter!.Pointer, first, (uint)count, count == 0 ? IdleMilliseconds : uint.MaxValue, null);
        }

        // Not before: the regions of the list are those that the core was looking at.
        GC.KeepAlive(_waiter);
        _list.Clear();
        return status;
    }

    private bool TryEnd(bool always)
    {
        lock (_gate)
        {
            if (!_isAwaited || always)
            {
                _isRunning = false;
                return true;
            }

            return false;
        }
    }
}
