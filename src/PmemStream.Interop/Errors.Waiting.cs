namespace PmemStream.Interop;

/// <content>Waiting.</content>
internal static partial class Errors
{
    /// <summary>The policy of the group commit.</summary>
    /// <exception cref="ArgumentException"/>
    public static void CheckGroupCommit(GroupCommitOptions? options, string parameterName)
    {
        if (options is null)
        {
            throw new ArgumentException(
                $"{nameof(PersistentStreamOptions.GroupCommit)} is null: leave it out for the default.", parameterName);
        }

        options.Check(parameterName);
    }

    /// <summary>What a cancelled append says.</summary>
    public static string AppendCancelledText(StreamRegion region, EntryPosition position) => position.IsDefault
        ? $"{region.Subject.Path}, region '{region.Name}': the append was cancelled as it waited for room: nothing was appended."
        : $"{region.Subject.Path}, region '{region.Name}': waiting for the append was cancelled: the entry is at {position} "
        + "all the same, and will be durable soon.";

    /// <summary>The stream was disposed beside an append, too late to take it back.</summary>
    public static ObjectDisposedException DisposedBesideAppend(string path) => new(
        nameof(PersistentStream),
        $"{path} was disposed while the append ran: the entry may or may not be there when the stream is opened again.");

    /// <summary>A value task is awaited once.</summary>
    public static InvalidOperationException AwaitedTwice() => new(
        "The result of a value task is taken once, when it is there: await it once, or make a Task of it with AsTask.");
}
