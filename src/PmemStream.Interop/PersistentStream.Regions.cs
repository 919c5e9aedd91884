using System.Diagnostics.CodeAnalysis;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Finding and creating regions.</content>
public sealed unsafe partial class PersistentStream
{
    /// <summary>Creates an empty region in the first free extent that is large enough.</summary>
    /// <param name="name">
    /// Its name: 1 to 63 bytes of UTF-8, no NUL, not used by another region. Null for a region without a name, which is
    /// found by <see cref="Regions"/> alone.
    /// </param>
    /// <param name="size">
    /// Least room for entries in bytes, rounded up so that the region fills whole blocks. Each entry takes 24 bytes besides
    /// its data, rounded up to the entry alignment.
    /// </param>
    /// <param name="entryAlignment">
    /// Where entries begin, in bytes: a power of two from 8 (packed) to 4096; 0 for the default of this stream
    /// (<see cref="PersistentStreamOptions.EntryAlignment"/>).
    /// </param>
    /// <returns>The region. It is durable.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is no name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="size"/> is not positive, or 2^55 or more, or <paramref name="entryAlignment"/> is no alignment.
    /// </exception>
    /// <exception cref="RegionExistsException">There is a region of that name.</exception>
    /// <exception cref="StreamFullException">No free extent is large enough.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="StreamCorruptException">The layout of the stream is damaged.</exception>
    /// <exception cref="StreamStorageException">Writing failed, now or earlier.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public StreamRegion CreateRegion(string? name, long size, int entryAlignment = 0)
    {
        byte[] utf8 = name is null ? [] : Errors.EncodeRegionName(name, nameof(name));
        Errors.CheckRegionSize(size, nameof(size));
        Errors.CheckEntryAlignment(entryAlignment, nameof(entryAlignment));
        Exception? failure = TryCreateRegion(name, utf8, size, entryAlignment, out StreamRegion? region);
        return failure is null ? region! : throw failure;
    }

    /// <summary>Finds a region by name.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The region.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is no name.</exception>
    /// <exception cref="RegionNotFoundException">There is none of that name.</exception>
    /// <exception cref="StreamCorruptException">It was not found, and a region header is damaged: it may be that.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public StreamRegion GetRegion(string name)
    {
        byte[] utf8 = Errors.EncodeRegionName(name, nameof(name));
        Exception? failure = TryFindRegion(name, utf8, out StreamRegion? region);
        return failure is null ? region! : throw failure;
    }

    /// <summary>Finds a region by name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="region">The region, or null.</param>
    /// <returns>False if there is none of that name.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is no name.</exception>
    /// <exception cref="StreamCorruptException">It was not found, and a region header is damaged: it may be that.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public bool TryGetRegion(string name, [NotNullWhen(true)] out StreamRegion? region)
    {
        byte[] utf8 = Errors.EncodeRegionName(name, nameof(name));
        Exception? failure = TryFindRegion(name, utf8, out region);
        return failure is null || StatusOf(failure) == StreamStatus.NotFound ? region is not null : throw failure;
    }

    /// <summary>
    /// Finds a region by name, or creates it. One that exists is returned as it is, whatever its size and alignment.
    /// </summary>
    /// <param name="name">As for <see cref="CreateRegion"/>, but not null.</param>
    /// <param name="size">As for <see cref="CreateRegion"/>.</param>
    /// <param name="entryAlignment">As for <see cref="CreateRegion"/>.</param>
    /// <returns>The region. It is durable.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is no name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="size"/> or <paramref name="entryAlignment"/> is out of its range.
    /// </exception>
    /// <exception cref="StreamFullException">No free extent is large enough.</exception>
    /// <exception cref="InvalidOperationException">It does not exist, and the stream is open for reading only.</exception>
    /// <exception cref="StreamCorruptException">The layout of the stream is damaged.</exception>
    /// <exception cref="StreamStorageException">Writing failed, now or earlier.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public StreamRegion GetOrCreateRegion(string name, long size, int entryAlignment = 0)
    {
        byte[] utf8 = Errors.EncodeRegionName(name, nameof(name));
        Errors.CheckRegionSize(size, nameof(size));
        Errors.CheckEntryAlignment(entryAlignment, nameof(entryAlignment));
        for (int attempt = 1; ; attempt++)
        {
            Exception? failure = TryFindRegion(name, utf8, out StreamRegion? region);
            if (failure is not null && StatusOf(failure) == StreamStatus.NotFound)
            {
                failure = TryCreateRegion(name, utf8, size, entryAlignment, out region);
            }

            if (failure is null)
            {
                return region!;
            }

            // Another thread was faster: find what it made.
            if (StatusOf(failure) != StreamStatus.AlreadyExists || attempt == RacesMax)
            {
                throw failure;
            }
        }
    }

    private Exception? TryFindRegion(string name, byte[] utf8, out StreamRegion? found)
    {
        while (true)
        {
            pms_error error;
            pms_region* region;
            int status;
            var handle = new RegionHandle();
            fixed (byte* bytes = utf8)
            {
                status = NativeMethods.pms_region_find(Pointer, (sbyte*)bytes, (ulong)utf8.Length, &region, &error);
            }

            GC.KeepAlive(this);
            Exception? failure = Wrap(status, region, &error, handle, name, nameof(name), out found);

            // Freed as we looked: it will not be found again.
            if (failure is null || StatusOf(failure) != StreamStatus.Stale)
            {
                return failure;
            }
        }
    }

    private Exception? TryCreateRegion(
        string? name, byte[] utf8, long size, int entryAlignment, out StreamRegion? created)
    {
        pms_error error;
        pms_region* region;
        int status;
        var handle = new RegionHandle();
        fixed (byte* bytes = utf8)
        {
            pms_region_options options = new()
            {
                struct_bytes = (uint)sizeof(pms_region_options),
                name_bytes = (uint)utf8.Length,
                name = (sbyte*)bytes,
                usable_bytes = (ulong)size,
                entry_alignment = (uint)(entryAlignment == 0 ? _entryAlignment : entryAlignment),
            };
            status = NativeMethods.pms_region_create(Pointer, &options, &region, &error);
        }

        GC.KeepAlive(this);
        return Wrap(status, region, &error, handle, name, nameof(size), out created);
    }

    private Exception? Wrap(
        int status,
        pms_region* region,
        pms_error* error,
        RegionHandle handle,
        string? name,
        string? parameterName,
        out StreamRegion? result)
    {
        result = null;
        if (status != 0)
        {
            return Failures.From(status, error, new Subject(Path, name, SubjectKind.Stream), parameterName);
        }

        handle.Own((nint)region);
        return StreamRegion.TryWrap(this, handle, out result);
    }
}
