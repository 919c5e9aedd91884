using System.Threading.Tasks.Sources;

namespace PmemStream.Interop.Waiting;

/// <summary>What a caller awaits: an operation that ends once, by its result, by a failure or by being cancelled.</summary>
/// <remarks>
/// <para>
/// Used again and again, so that waiting allocates nothing in the long run. Two hold it: the caller, until he has taken the
/// result, and whoever is to end it, until he has dropped it from his list. When both are done it goes back to its pool.
/// </para>
/// <para>
/// The caller goes on in the thread pool (or where his context wants him), never on the stack of whoever ends the
/// operation: so that one may hold locks, and a caller who blocks holds nobody up.
/// </para>
/// </remarks>
/// <typeparam name="TResult">The result.</typeparam>
internal abstract class WaitSource<TResult> : IValueTaskSource<TResult>, IValueTaskSource
{
    private const int Holders = 2;

    // Mutable: it is a struct.
    private ManualResetValueTaskSourceCore<TResult> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellation;
    private int _state;
    private int _holders;
    private int _taken;

    private enum State
    {
        /// <summary>Whoever is first ends it: the result, a failure, or a cancellation.</summary>
        Pending,

        /// <summary>The caller's buffer is being read, so it cannot end: a cancellation is only noted.</summary>
        Held,

        /// <summary>Cancelled while it was held.</summary>
        HeldAndCancelled,

        /// <summary>It has ended.</summary>
        Ended,
    }

    /// <summary>The next one in a list or in the pool, of which it is in one at most.</summary>
    public WaitSource<TResult>? Next { get; set; }

    /// <summary>The token of the value task that is made of it.</summary>
    public short Version => _core.Version;

    /// <summary>What cancels it.</summary>
    protected CancellationToken Cancellation => _cancellation;

    /// <summary>Takes it into use.</summary>
    public void Begin()
    {
        _core.Reset();
        _taken = 0;
        _holders = Holders;
        Volatile.Write(ref _state, (int)State.Pending);
    }

    /// <summary>Cancels with a token. The last thing that is done before the caller gets his value task.</summary>
    public void CancelWith(CancellationToken cancellation)
    {
        if (cancellation.CanBeCanceled)
        {
            _cancellation = cancellation;
            _registration = cancellation.UnsafeRegister(static state => ((WaitSource<TResult>)state!).Cancel(), this);
        }
    }

    /// <summary>From now on it does not end. False: it has ended.</summary>
    public bool TryHold() => Change(State.Pending, State.Held);

    /// <summary>It may end again. False: it was cancelled meanwhile, and has ended.</summary>
    public bool TryLetGo()
    {
        if (Change(State.Held, State.Pending))
        {
            return true;
        }

        if (Change(State.HeldAndCancelled, State.Ended))
        {
            _core.SetException(Cancelled());
        }

        return false;
    }

    /// <summary>Ends it, if it has not ended.</summary>
    public void End(TResult result)
    {
        if (Change(State.Pending, State.Ended))
        {
            _core.SetResult(result);
        }
    }

    /// <summary>Ends it, also while it is held, with a failure; null: with a result.</summary>
    public void End(Exception? failure, TResult result)
    {
        if (failure is null)
        {
            End(result);
        }
        else if (Change(State.Pending, State.Ended)
            || Change(State.Held, State.Ended)
            || Change(State.HeldAndCancelled, State.Ended))
        {
            _core.SetException(failure);
        }
    }

    /// <summary>One of its two holders is done with it.</summary>
    public void Drop()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            _registration = default;
            _cancellation = default;
            Return();
        }
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    public TResult GetResult(short token)
    {
        // Whoever asks too early or too late gets an exception here, and has taken nothing.
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending || Interlocked.Exchange(ref _taken, 1) != 0)
        {
            throw Errors.AwaitedTwice();
        }

        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            // Waits for a cancellation in mid-course, which therefore never meets the next use of this object.
            _registration.Dispose();
            Drop();
        }
    }

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token) => GetResult(token);

    /// <summary>What a cancelled caller gets.</summary>
    protected abstract Exception Cancelled();

    /// <summary>It was cancelled, and the caller is told: it may be dropped from a list.</summary>
    protected virtual void AfterCancellation()
    {
    }

    /// <summary>Forgets what it was about, and goes to the pool.</summary>
    protected abstract void Return();

    private void Cancel()
    {
        // Once more when it was held, or let go, in between.
        while (Volatile.Read(ref _state) != (int)State.Ended)
        {
            if (Change(State.Held, State.HeldAndCancelled))
            {
                return;
            }

            if (Change(State.Pending, State.Ended))
            {
                _core.SetException(Cancelled());
                AfterCancellation();
                return;
            }

            if (Volatile.Read(ref _state) == (int)State.HeldAndCancelled)
            {
                return;
            }
        }
    }

    private bool Change(State from, State to) =>
        Interlocked.CompareExchange(ref _state, (int)to, (int)from) == (int)from;
}
