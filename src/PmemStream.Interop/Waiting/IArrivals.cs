namespace PmemStream.Interop.Waiting;

/// <summary>
/// What tells those who wait for entries that some may have arrived. There is one for a stream; which one depends on who
/// appends to it: this process (<see cref="AppendArrivals"/>) or another (<see cref="WaitedArrivals"/>).
/// </summary>
internal interface IArrivals
{
    /// <summary>
    /// Somebody waits from now on: until <see cref="Stop"/> <see cref="EntryWaits.Look"/> is called whenever entries may
    /// have become visible, on any thread but never inside an append. What becomes visible after the return is told, so
    /// whoever looks himself after it misses nothing. Called under the lock of those who wait, in turn with Stop.
    /// </summary>
    void Start();

    /// <summary>Another one waits. Called as <see cref="Start"/>, and the same goes for what becomes visible after it.</summary>
    void Change();

    /// <summary>Nobody waits any more. A look that is under way goes on, and finds nobody.</summary>
    void Stop();
}
