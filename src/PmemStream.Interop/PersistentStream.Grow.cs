using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Growing.</content>
public sealed unsafe partial class PersistentStream
{
    /// <summary>
    /// Makes the stream larger, in place: what is new is free space, for regions. Regions, reservations, enumerations and the
    /// spans that they gave out go on meanwhile; other threads that grow wait. All of the new space is allocated before
    /// anything else, so that a full disk changes nothing.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Readers in other processes take the new size over when they next look for regions, or at their
    /// <see cref="Info"/>. After a crash at any moment the stream has the old size or the new one; the file may be longer
    /// (<see cref="StreamConditions.FileLarger"/>), which the next growing takes.
    /// </para>
    /// <para>
    /// The mapping grows into addresses that opening has reserved: eight times the size of the file, at least 64 GiB, or less
    /// where the system gives less. Beyond that the exception says how far it can grow while it is open; disposed and opened
    /// again it can grow on. The same holds in each reader. A device has a fixed size: a stream that does not fill it can grow
    /// up to that.
    /// </para>
    /// </remarks>
    /// <param name="size">
    /// The new size of the stream in bytes, not what is added to it; rounded up to whole blocks. With the size that it has
    /// already nothing is done. A stream does not shrink.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="size"/> is less than the stream has, or more than 2^55.
    /// </exception>
    /// <exception cref="StreamNoSpaceException">
    /// There is no room, or the file system or device cannot have a file of that size. Nothing was changed.
    /// </exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="StreamCorruptException">The layout of the stream is damaged. Nothing was changed.</exception>
    /// <exception cref="StreamMediumException">The new part is not on the medium that the rest is on.</exception>
    /// <exception cref="StreamStorageException">
    /// There are no addresses for a stream of that size (<see cref="StreamStatus.NoMemory"/>: nothing was changed), or writing
    /// failed, now or earlier: then it has the old size or the new one when it is opened again.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public void Grow(long size)
    {
        Errors.CheckGrownSize(size, nameof(size));
        pms_error error;
        int status = NativeMethods.pms_stream_grow(Pointer, (ulong)size, &error);
        GC.KeepAlive(this);

        // How large it is now is known in there alone: another thread may have grown it.
        if (status == (int)pms_status.PMS_E_INVALID_ARGUMENT)
        {
            throw Errors.Shrinking(size, (long)error.expected, nameof(size));
        }

        ThrowIfFailed(status, &error);
    }
}
