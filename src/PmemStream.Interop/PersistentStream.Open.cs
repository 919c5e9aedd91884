using System.Diagnostics;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Creating and opening.</content>
public sealed unsafe partial class PersistentStream
{
    // How often OpenOrCreate may find the file neither there (to open) nor absent (to create). Another process that creates
    // and deletes can cause it, and so does a symbolic link to nowhere.
    private const int RacesMax = 8;

    /// <summary>
    /// Creates a stream and opens it for writing. All of its space is allocated now. A crash leaves nothing, or a whole
    /// stream.
    /// </summary>
    /// <param name="path">Where: a file that does not exist in a folder that does, or an empty device.</param>
    /// <param name="options">At least its <see cref="PersistentStreamOptions.Size"/>.</param>
    /// <returns>The stream; the caller disposes it. It is durable, its name too.</returns>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty or has no UTF-8 form.</exception>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A value of <paramref name="options"/> is out of its range.
    /// </exception>
    /// <exception cref="StreamExistsException">Something is there; it was not touched.</exception>
    /// <exception cref="StreamNotFoundException">There is no such folder.</exception>
    /// <exception cref="StreamNoSpaceException">There is no room.</exception>
    /// <exception cref="StreamAccessDeniedException">The operating system refuses.</exception>
    /// <exception cref="StreamLockedException">What is to be overwritten is open for writing.</exception>
    /// <exception cref="StreamMediumException">The medium is not the required one.</exception>
    /// <exception cref="StreamStorageException">Another failure of the operating system.</exception>
    /// <exception cref="DllNotFoundException">The native library was not found; the text names the places.</exception>
    /// <exception cref="NotSupportedException">The native library does not fit this assembly.</exception>
    public static PersistentStream Create(string path, PersistentStreamOptions options)
    {
        byte[] utf8 = Errors.EncodePath(path, nameof(path), out string fullPath);
        ArgumentNullException.ThrowIfNull(options);
        Exception? failure = TryCreate(utf8, fullPath, options, out PersistentStream? stream);
        return failure is null ? stream! : throw failure;
    }

    /// <summary>Opens the stream for writing if there is one, else creates it. Never formats anything that is there.</summary>
    /// <param name="path">The file or device.</param>
    /// <param name="options">
    /// For creating, and for opening. A stream that exists keeps its size and block size, whatever is asked for.
    /// </param>
    /// <returns>The stream; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">
    /// As <see cref="Create"/>, or <see cref="PersistentStreamOptions.Overwrite"/> is set.
    /// </exception>
    /// <exception cref="PmemStreamException">As <see cref="Create"/> and <see cref="Open"/>.</exception>
    /// <exception cref="DllNotFoundException">The native library was not found; the text names the places.</exception>
    /// <exception cref="NotSupportedException">The native library does not fit this assembly.</exception>
    public static PersistentStream OpenOrCreate(string path, PersistentStreamOptions options)
    {
        byte[] utf8 = Errors.EncodePath(path, nameof(path), out string fullPath);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Overwrite)
        {
            throw Errors.OverwriteWhileOpening(nameof(options));
        }

        _ = options.ToNative(nameof(options));
        for (int attempt = 1; ; attempt++)
        {
            Exception? notOpened = TryOpen(
                utf8, fullPath, options.ForOpening(), readOnly: false, nameof(options), out PersistentStream? stream);
            if (notOpened is null)
            {
                return stream!;
            }

            // An empty device is no stream either; creating refuses whatever holds data.
            StreamStatus reason = StatusOf(notOpened);
            if (reason is not (StreamStatus.NotFound or StreamStatus.NotAStream))
            {
                throw notOpened;
            }

            Exception? notCreated = TryCreate(utf8, fullPath, options, out stream);
            if (notCreated is null)
            {
                return stream!;
            }

            bool exists = StatusOf(notCreated) == StreamStatus.AlreadyExists;
            if (!exists || reason == StreamStatus.NotAStream || attempt == RacesMax)
            {
                throw exists && reason == StreamStatus.NotAStream ? notOpened : notCreated;
            }
        }
    }

    /// <summary>
    /// Opens an existing stream for writing and recovers it. Never creates, never formats; nothing is written before
    /// everything that was read has been validated. Takes as long as reading what was appended since the last checkpoint
    /// (about a MiB a region), however long the log is.
    /// </summary>
    /// <param name="path">The file or device.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <returns>The stream; the caller disposes it. Every visible entry is durable.</returns>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty or has no UTF-8 form.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A value of <paramref name="options"/> is out of its range.
    /// </exception>
    /// <exception cref="StreamNotFoundException">There is no such file.</exception>
    /// <exception cref="StreamFormatException">It is no stream that this version can open. Nothing was changed.</exception>
    /// <exception cref="StreamCorruptException">
    /// Acknowledged data is damaged; it can still be read. Nothing was changed.
    /// </exception>
    /// <exception cref="StreamLockedException">Another writer has it open.</exception>
    /// <exception cref="StreamAccessDeniedException">The operating system refuses.</exception>
    /// <exception cref="StreamMediumException">The medium is not the required one.</exception>
    /// <exception cref="StreamStorageException">Another failure of the operating system.</exception>
    /// <exception cref="DllNotFoundException">The native library was not found; the text names the places.</exception>
    /// <exception cref="NotSupportedException">The native library does not fit this assembly.</exception>
    public static PersistentStream Open(string path, StreamOpenOptions? options = null) =>
        OpenExisting(path, options, readOnly: false);

    /// <summary>
    /// Opens an existing stream for reading only: takes no lock, writes nothing, needs no write permission. Each enumeration
    /// sees what was committed when it began or last reached the end, also by a writer in another process.
    /// </summary>
    /// <param name="path">The file or device.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <returns>The stream; the caller disposes it. Calls that write throw <see cref="InvalidOperationException"/>.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="path"/> is empty or has no UTF-8 form, or <see cref="StreamOpenOptions.Salvage"/> is set.
    /// </exception>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A value of <paramref name="options"/> is out of its range.
    /// </exception>
    /// <exception cref="PmemStreamException">As <see cref="Open"/>, but damaged entries do not hinder it.</exception>
    /// <exception cref="DllNotFoundException">The native library was not found; the text names the places.</exception>
    /// <exception cref="NotSupportedException">The native library does not fit this assembly.</exception>
    public static PersistentStream OpenReadOnly(string path, StreamOpenOptions? options = null) =>
        OpenExisting(path, options, readOnly: true);

    private static PersistentStream OpenExisting(string path, StreamOpenOptions? options, bool readOnly)
    {
        byte[] utf8 = Errors.EncodePath(path, nameof(path), out string fullPath);
        Exception? failure = TryOpen(
            utf8,
            fullPath,
            options ?? new StreamOpenOptions(),
            readOnly,
            nameof(options),
            out PersistentStream? stream);
        return failure is null ? stream! : throw failure;
    }

    private static Exception? TryOpen(
        byte[] path,
        string fullPath,
        StreamOpenOptions options,
        bool readOnly,
        string parameterName,
        out PersistentStream? opened)
    {
        pms_open_options native = options.ToNative(readOnly, parameterName);
        NativeLibraryResolver.EnsureUsable();
        using Activity? activity = StreamActivities.Open(fullPath, readOnly);
        var handle = new StreamHandle();
        pms_error error;
        pms_stream* stream;
        int status;
        fixed (byte* utf8 = path)
        {
            status = NativeMethods.pms_stream_open((sbyte*)utf8, &native, &stream, &error);
        }

        var subject = new Subject(fullPath, null, SubjectKind.Opening);
        return Finish(
            status, stream, &error, handle, subject, options.EntryAlignment, readOnly, options.GroupCommit, activity, out opened);
    }

    private static Exception? TryCreate(
        byte[] path, string fullPath, PersistentStreamOptions options, out PersistentStream? created)
    {
        pms_create_options native = options.ToNative(nameof(options));
        if (options.Size == 0 && !File.Exists(fullPath))
        {
            throw Errors.SizeMissing(nameof(options));
        }

        NativeLibraryResolver.EnsureUsable();
        using Activity? activity = StreamActivities.Open(fullPath, readOnly: false);
        var handle = new StreamHandle();
        pms_error error;
        pms_stream* stream;
        int status;
        fixed (byte* utf8 = path)
        {
            status = NativeMethods.pms_stream_create((sbyte*)utf8, &native, &stream, &error);
        }

        var subject = new Subject(fullPath, null, SubjectKind.Creating);
        return Finish(
            status, stream, &error, handle, subject, options.EntryAlignment, false, options.GroupCommit, activity, out created);
    }

    private static Exception? Finish(
        int status,
        pms_stream* stream,
        pms_error* error,
        StreamHandle handle,
        in Subject subject,
        int entryAlignment,
        bool readOnly,
        GroupCommitOptions groupCommit,
        Activity? activity,
        out PersistentStream? result)
    {
        if (status != 0)
        {
            result = null;
            Exception failure = Failures.From(
                status, error, subject, Failures.IsAboutPath(status, error) ? "path" : "options");
            StreamActivities.Fail(activity, failure);
            return failure;
        }

        handle.Own((nint)stream);
        result = new PersistentStream(handle, subject.Path, entryAlignment, readOnly, groupCommit);
        result.Announce(activity);
        return null;
    }

    private static StreamStatus StatusOf(Exception exception) =>
        exception is PmemStreamException failure ? failure.Status : StreamStatus.None;
}
