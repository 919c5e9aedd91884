using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>
/// The one place where a status of the core becomes an exception. Each text says which stream, what was expected and found
/// (that is the core's part), and what to do.
/// </summary>
internal static unsafe class Failures
{
    /// <summary>
    /// The exception for a status other than PMS_OK. <paramref name="error"/> may be null; <paramref name="parameterName"/>
    /// is what the caller got wrong if the core found a mistake that was not found here.
    /// </summary>
    public static Exception From(int status, pms_error* error, in Subject subject, string? parameterName = null)
    {
        string found = Found(status, error);
        return (pms_status)status switch
        {
            pms_status.PMS_E_CLOSED => Errors.Disposed(subject.Path),
            pms_status.PMS_E_INVALID_ARGUMENT => new ArgumentException(
                $"{About(subject, found)}.", parameterName),
            pms_status.PMS_E_READ_ONLY => new InvalidOperationException(
                $"{About(subject, found)}. Open it with {nameof(PersistentStream)}.{nameof(PersistentStream.Open)}."),
            pms_status.PMS_E_ENDED => Errors.ReservationEnded(ReservationEnd.Abandoned),
            pms_status.PMS_E_FORKED => new InvalidOperationException(
                $"{About(subject, found)}. A child process opens the stream itself."),
            _ => New(Describe((StreamStatus)status, found, error, subject), subject.Kind),
        };
    }

    /// <summary>Whether it is the path that the operating system, or the core, does not like.</summary>
    public static bool IsAboutPath(int status, pms_error* error) => error is not null && error->status == status
        && (error->os_error != 0 || NativeText.Decode(error->message).StartsWith("path", StringComparison.Ordinal));

    /// <summary>Nothing is at a position, for a reason that the core does not know.</summary>
    public static Exception NoEntry(EntryPosition at, string why, in Subject subject) =>
        New(Describe(StreamStatus.NoEntry, $"nothing is at {at}: {why}", null, subject), subject.Kind);

    /// <summary>What was to be read is gone, for a reason that the core does not know.</summary>
    public static Exception Stale(string why, in Subject subject) =>
        New(Describe(StreamStatus.Stale, why, null, subject), subject.Kind);

    /// <summary>What a rolling log cannot do.</summary>
    public static Failure OfLog(StreamStatus status, string path, string name, string reason, string advice)
    {
        string text = $"{path}, rolling log '{name}': {reason}";
        return new Failure(status, $"{text}. {advice}", text, path, name, null, 0, 0, 0);
    }

    private static PmemStreamException New(in Failure failure, SubjectKind kind)
    {
        bool file = kind is SubjectKind.Opening or SubjectKind.Creating;
        return failure.Status switch
        {
            StreamStatus.Stale => new StaleRegionException(failure),
            StreamStatus.NotFound => file ? new StreamNotFoundException(failure) : new RegionNotFoundException(failure),
            StreamStatus.AlreadyExists => file ? new StreamExistsException(failure) : new RegionExistsException(failure),
            StreamStatus.RegionFull => new RegionFullException(failure),
            StreamStatus.StreamFull => new StreamFullException(failure),
            StreamStatus.Busy => new RegionBusyException(failure),
            StreamStatus.NoEntry => new EntryNotFoundException(failure),
            StreamStatus.NoSpace => new StreamNoSpaceException(failure),
            StreamStatus.AccessDenied => new StreamAccessDeniedException(failure),
            StreamStatus.Locked => new StreamLockedException(failure),
            StreamStatus.WrongMedium => new StreamMediumException(failure),
            StreamStatus.Poisoned => new StreamPoisonedException(failure),
            StreamStatus.InputOutput or StreamStatus.NoMemory or StreamStatus.NotSupported =>
                new StreamStorageException(failure),
            StreamStatus.NotAStream or StreamStatus.NewerVersion or StreamStatus.UnknownFeature
                or StreamStatus.Truncated => new StreamFormatException(failure),
            StreamStatus.Corrupt => new StreamCorruptException(failure),
            _ => new PmemStreamException(failure),
        };
    }

    private static Failure Describe(StreamStatus status, string found, pms_error* error, in Subject subject)
    {
        string advice = Advice(status, subject.Kind, found);
        string reason = About(subject, found);
        string text = $"{reason}.{(advice.Length == 0 ? "" : " " + advice)}";
        return error is null || error->status != (int)status
            ? new Failure(status, text, reason, subject.Path, subject.RegionName, null, 0, 0, 0)
            : new Failure(
                status,
                text,
                reason,
                subject.Path,
                subject.RegionName,
                error->position is > 0 and <= long.MaxValue ? (long)error->position : null,
                error->os_error,
                error->expected,
                error->found);
    }

    // What the core says names the file or the region in places: once is enough.
    private static string About(in Subject subject, string found)
    {
        string region = subject.RegionName is { Length: > 0 } name ? $"region '{name}'" : "";
        string place = (found.Contains(subject.Path, StringComparison.Ordinal), region) switch
        {
            (true, _) => "",
            (false, "") => subject.Path,
            (false, _) when found.Contains(region, StringComparison.Ordinal) => subject.Path,
            _ => $"{subject.Path}, {region}",
        };
        return place.Length == 0 ? found : $"{place}: {found}";
    }

    private static string Found(int status, pms_error* error)
    {
        string detail = error is not null && error->status == status ? NativeText.Decode(error->message) : "";
        string text = detail.Length > 0 ? detail : NativeText.Decode(NativeMethods.pms_status_text(status));
        return text.TrimEnd('.', ' ');
    }

    private static string Advice(StreamStatus status, SubjectKind kind, string found) => status switch
    {
        StreamStatus.Stale => "Get the region, or the enumerator, again.",
        StreamStatus.NotFound when kind == SubjectKind.Creating => "Create the folder first.",
        StreamStatus.NotFound when kind == SubjectKind.Opening =>
            "Check the path, or create the stream with PersistentStream.Create.",
        StreamStatus.NotFound => "Check the name, or create the region with CreateRegion.",
        StreamStatus.AlreadyExists when kind == SubjectKind.Creating =>
            "PersistentStream.Open opens a stream; PersistentStreamOptions.Overwrite replaces whatever is there.",
        StreamStatus.AlreadyExists => "Get it with GetRegion, or choose another name.",
        StreamStatus.RegionFull => "Clear the region, or append to another.",
        StreamStatus.StreamFull =>
            "Free regions, or ask for at most StreamInfo.LargestFreeBytes.",
        StreamStatus.Busy => "Dispose its reservations, enumerators and leases first.",
        StreamStatus.NoEntry => "The position is of another region, or of what was cleared since.",
        StreamStatus.NoSpace when kind == SubjectKind.Stream => "Make room, or grow the stream by less.",
        StreamStatus.NoSpace => "Make room, or create a smaller stream.",
        StreamStatus.AccessDenied =>
            "Change the permissions; for reading alone, OpenReadOnly needs no write permission.",
        StreamStatus.Locked =>
            "Close the other writer, wait for it with WaitForWriter, or read with OpenReadOnly.",
        StreamStatus.WrongMedium when found.Contains("flush policy", StringComparison.Ordinal) =>
            "Leave FlushPolicy at its default.",
        StreamStatus.WrongMedium => "Use a path on such a medium, or ask for less with RequiredMedium.",
        StreamStatus.Poisoned => "Dispose the stream and open it again.",
        StreamStatus.NotAStream => "Nothing was changed. Check the path.",
        StreamStatus.NewerVersion or StreamStatus.UnknownFeature =>
            "Nothing was changed. Use a newer version of PmemStream.Interop.",
        StreamStatus.Truncated => "Nothing was changed. Bring back the whole file.",
        StreamStatus.Corrupt when kind == SubjectKind.Opening =>
            "OpenReadOnly and Check show what is left; StreamOpenOptions.Salvage cuts the damage off.",
        StreamStatus.Corrupt => "Check names every problem.",
        StreamStatus.Exhausted => "Copy the entries to a new stream.",
        StreamStatus.Internal => "This is a bug: please report it.",
        _ => "",
    };
}

/// <summary>What a call was about: for the texts.</summary>
internal readonly record struct Subject(string Path, string? RegionName, SubjectKind Kind);

/// <summary>What a status of the core means depends on what was asked.</summary>
internal enum SubjectKind
{
    /// <summary>Opening a stream: NOT_FOUND is about a file.</summary>
    Opening,

    /// <summary>Creating a stream: NOT_FOUND is about its folder, EXISTS about a file.</summary>
    Creating,

    /// <summary>An open stream: NOT_FOUND and EXISTS are about a region.</summary>
    Stream,

    /// <summary>A region.</summary>
    Region,
}
