using System.Buffers;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Appending several entries as one.</content>
public sealed unsafe partial class StreamRegion
{
    /// <summary>
    /// Appends several entries, all or none of which are there after any crash. They have consecutive timestamps, nothing lies
    /// between them, and readers see all of them from one moment on. Durable and visible on return as with
    /// <see cref="Append(ReadOnlySpan{byte})"/>: one fence for all.
    /// </summary>
    /// <param name="entries">The entries: 1 to 65,536 of them, each of 0 bytes to 1 GiB.</param>
    /// <param name="positions">
    /// Filled with the position of each entry: as long as <paramref name="entries"/> at least, or empty.
    /// </param>
    /// <returns>Where the first one is.</returns>
    /// <exception cref="ArgumentException">
    /// There is no entry, or there are too many, or <paramref name="positions"/> is too short.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An entry has more than 1 GiB.</exception>
    /// <exception cref="RegionFullException">They do not all fit into what is left of the region: none was appended.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryPosition AppendGroup(
        ReadOnlySpan<ReadOnlyMemory<byte>> entries, Span<EntryPosition> positions = default) =>
        AppendGroup(entries, positions, pms_append_flags.PMS_APPEND_DURABLE);

    /// <summary>
    /// Appends several entries that lie one behind the other in one buffer; as
    /// <see cref="AppendGroup(ReadOnlySpan{ReadOnlyMemory{byte}}, Span{EntryPosition})"/> in everything else.
    /// </summary>
    /// <param name="data">The bytes of all entries.</param>
    /// <param name="lengths">
    /// How many of them each entry has: 1 to 65,536 lengths of 0 bytes to 1 GiB. Their sum is the length of
    /// <paramref name="data"/>.
    /// </param>
    /// <param name="positions">
    /// Filled with the position of each entry: as long as <paramref name="lengths"/> at least, or empty.
    /// </param>
    /// <returns>Where the first one is.</returns>
    /// <exception cref="ArgumentException">
    /// There is no entry, or there are too many, or the lengths have another sum, or <paramref name="positions"/> is too
    /// short.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A length is negative, or more than 1 GiB.</exception>
    /// <exception cref="RegionFullException">They do not all fit into what is left of the region: none was appended.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryPosition AppendGroup(
        ReadOnlySpan<byte> data, ReadOnlySpan<int> lengths, Span<EntryPosition> positions = default) =>
        AppendGroup(data, lengths, positions, pms_append_flags.PMS_APPEND_DURABLE);

    /// <summary>
    /// Appends several entries as one, without making them durable: whenever a crash comes, all or none of them are there.
    /// They become durable as after <see cref="AppendDeferred(ReadOnlySpan{byte})"/>.
    /// </summary>
    /// <inheritdoc cref="AppendGroup(ReadOnlySpan{ReadOnlyMemory{byte}}, Span{EntryPosition})"/>
    public EntryPosition AppendGroupDeferred(
        ReadOnlySpan<ReadOnlyMemory<byte>> entries, Span<EntryPosition> positions = default) =>
        AppendGroup(entries, positions, pms_append_flags.PMS_APPEND_DEFERRED);

    /// <summary>
    /// Appends several entries that lie one behind the other in one buffer as one, without making them durable: whenever a
    /// crash comes, all or none of them are there. They become durable as after
    /// <see cref="AppendDeferred(ReadOnlySpan{byte})"/>.
    /// </summary>
    /// <inheritdoc cref="AppendGroup(ReadOnlySpan{byte}, ReadOnlySpan{int}, Span{EntryPosition})"/>
    public EntryPosition AppendGroupDeferred(
        ReadOnlySpan<byte> data, ReadOnlySpan<int> lengths, Span<EntryPosition> positions = default) =>
        AppendGroup(data, lengths, positions, pms_append_flags.PMS_APPEND_DEFERRED);

    /// <summary>
    /// Begins a group whose entries are written in place, one after the other, and then published as one, or not at all. It
    /// takes its space at once: what others append later does not wait for it and is durable at once, but becomes visible
    /// only when the group has ended. After a crash an open one is as if it had been abandoned.
    /// </summary>
    /// <param name="maxEntries">How many entries it may have: 1 to 65,536.</param>
    /// <param name="maxBytes">
    /// How many bytes they may have in all. With 24 bytes and the padding for each of <paramref name="maxEntries"/> that must
    /// not be more than 1 GiB. Space that is not used is not given back.
    /// </param>
    /// <returns>The group; the caller publishes it, or disposes it, which abandons it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">One of the two is out of its range.</exception>
    /// <exception cref="RegionFullException">It does not fit into what is left of the region.</exception>
    /// <exception cref="InvalidOperationException">The stream is open for reading only.</exception>
    /// <exception cref="PmemStreamException">As <see cref="Append(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public EntryGroup BeginGroup(int maxEntries, long maxBytes)
    {
        Errors.CheckGroupSize(maxEntries, maxBytes, EntryAlignment, nameof(maxEntries), nameof(maxBytes));
        pms_error error;
        pms_group* group;
        GroupHandle handle = GroupHandle.Rent();
        int status;
        try
        {
            status = NativeMethods.pms_region_begin_group(Pointer, (ulong)maxEntries, (ulong)maxBytes, &group, &error);
            GC.KeepAlive(this);
            ThrowIfFailed(status, &error);
        }
        catch
        {
            handle.Return();
            throw;
        }

        handle.Own((nint)group);
        return new EntryGroup(this, handle, maxEntries, maxBytes);
    }

    private EntryPosition AppendGroup(
        ReadOnlySpan<ReadOnlyMemory<byte>> entries, Span<EntryPosition> positions, pms_append_flags flags)
    {
        Errors.CheckGroup(entries.Length, positions.Length, nameof(entries), nameof(positions));
        var parts = new PinnedParts(entries.Length, stackalloc pms_part[PinnedParts.FewCount]);
        try
        {
            foreach (ReadOnlyMemory<byte> entry in entries)
            {
                Errors.CheckEntrySize(entry.Length, nameof(entries));
                parts.Add(entry);
            }

            return AppendGroup(parts.All, positions, flags, nameof(entries));
        }
        finally
        {
            parts.Dispose();
        }
    }

    private EntryPosition AppendGroup(
        ReadOnlySpan<byte> data, ReadOnlySpan<int> lengths, Span<EntryPosition> positions, pms_append_flags flags)
    {
        Errors.CheckGroup(lengths.Length, positions.Length, nameof(lengths), nameof(positions));
        pms_part[]? rented = null;
        Span<pms_part> parts = lengths.Length <= PinnedParts.FewCount
            ? stackalloc pms_part[PinnedParts.FewCount]
            : rented = ArrayPool<pms_part>.Shared.Rent(lengths.Length);
        try
        {
            fixed (byte* bytes = data)
            {
                long offset = 0;
                for (int index = 0; index < lengths.Length; index++)
                {
                    Errors.CheckEntrySize(lengths[index], nameof(lengths));
                    parts[index] = new pms_part { data = bytes + offset, bytes = (ulong)lengths[index] };
                    offset += lengths[index];
                }

                Errors.CheckLengths(offset, data.Length, nameof(lengths));
                return AppendGroup(parts[..lengths.Length], positions, flags, nameof(lengths));
            }
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<pms_part>.Shared.Return(rented);
            }
        }
    }

    private EntryPosition AppendGroup(
        ReadOnlySpan<pms_part> entries, Span<EntryPosition> positions, pms_append_flags flags, string parameterName)
    {
        EntryPosition[]? rented = null;
        Span<EntryPosition> found = !positions.IsEmpty ? positions
            : entries.Length <= PinnedParts.FewCount ? stackalloc EntryPosition[PinnedParts.FewCount]
            : rented = ArrayPool<EntryPosition>.Shared.Rent(entries.Length);
        try
        {
            pms_error error;
            int status;
            fixed (pms_part* first = entries)
            fixed (EntryPosition* at = found)
            {
                // One layout: EntryPosition is what the core calls pms_position.
                status = NativeMethods.pms_region_append_group(
                    Pointer, first, (ulong)entries.Length, (uint)flags, (pms_position*)at, &error);
            }

            _stream.Waits.Tell();
            GC.KeepAlive(this);
            return status == 0 ? found[0] : throw Failures.From(status, &error, Subject, parameterName);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<EntryPosition>.Shared.Return(rented);
            }
        }
    }
}
