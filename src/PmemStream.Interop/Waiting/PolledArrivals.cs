namespace PmemStream.Interop.Waiting;

/// <summary>
/// Arrivals by another process: looked for again and again, less often while nothing comes. One timer for all who wait.
/// </summary>
internal sealed class PolledArrivals : IArrivals
{
    private const int FirstMilliseconds = 1;
    private const int LastMilliseconds = 10;

    private readonly Action _look;
    private readonly Timer _timer;
    private volatile bool _isStarted;
    private volatile int _milliseconds = FirstMilliseconds;

    /// <summary>Makes one that polls nothing yet.</summary>
    public PolledArrivals(Action look)
    {
        _look = look;

        // Its owner may be forgotten while it is not due.
        _timer = new Timer(static self => ((PolledArrivals)self!).Poll(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <inheritdoc/>
    public void Start()
    {
        _milliseconds = FirstMilliseconds;
        _isStarted = true;
        Schedule();
    }

    /// <inheritdoc/>
    public void Stop() => _isStarted = false;

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Poll()
    {
        if (!_isStarted)
        {
            return;
        }

        _milliseconds = Math.Min(_milliseconds * 2, LastMilliseconds);
        _look();
        if (_isStarted)
        {
            Schedule();
        }
    }

    private void Schedule()
    {
        try
        {
            _timer.Change(_milliseconds, Timeout.Infinite);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: nobody waits.
        }
    }
}
