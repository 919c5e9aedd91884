using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Entries in several pieces, and groups of them.</content>
internal static partial class Errors
{
    /// <summary>A payload in several pieces has 0 bytes to 1 GiB in all.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckEntrySize(long bytes, string parameterName)
    {
        if ((ulong)bytes > NativeMethods.PMS_ENTRY_BYTES_MAX)
        {
            throw OutOfRange(
                parameterName, bytes, $"An entry has 0 to {NativeMethods.PMS_ENTRY_BYTES_MAX} bytes (1 GiB), not {bytes}.");
        }
    }

    /// <summary>A group has entries, and the caller has room for all positions, or wants none.</summary>
    /// <exception cref="ArgumentException"/>
    public static void CheckGroup(int count, int positions, string parameterName, string positionsName)
    {
        if (count is 0 or > NativeMethods.PMS_GROUP_ENTRIES_MAX)
        {
            throw new ArgumentException(
                $"A group has 1 to {NativeMethods.PMS_GROUP_ENTRIES_MAX} entries, not {count}.", parameterName);
        }

        if (positions != 0)
        {
            CheckPositions(count, positions, positionsName);
        }
    }

    /// <summary>There is room for the position of each entry.</summary>
    /// <exception cref="ArgumentException"/>
    public static void CheckPositions(int count, int positions, string parameterName)
    {
        if (positions < count)
        {
            throw new ArgumentException(
                $"There is room for {positions} positions, but the group has {count} entries. Nothing was appended.",
                parameterName);
        }
    }

    /// <summary>The lengths divide the buffer.</summary>
    /// <exception cref="ArgumentException"/>
    public static void CheckLengths(long sum, int bytes, string parameterName)
    {
        if (sum != bytes)
        {
            throw new ArgumentException(
                $"The lengths of the entries have the sum {sum}, but there are {bytes} bytes of data.", parameterName);
        }
    }

    /// <summary>A group that is written in place fits into 1 GiB whatever the sizes of its entries are.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckGroupSize(int entries, long bytes, int alignment, string entriesName, string bytesName)
    {
        if (entries is <= 0 or > NativeMethods.PMS_GROUP_ENTRIES_MAX)
        {
            throw OutOfRange(
                entriesName,
                entries,
                $"A group has 1 to {NativeMethods.PMS_GROUP_ENTRIES_MAX} entries, not {entries}.");
        }

        long most = NativeMethods.PMS_ENTRY_BYTES_MAX
            - ((long)entries * (NativeMethods.PMS_ENTRY_HEADER_BYTES + alignment));
        if (bytes < 0 || bytes > most)
        {
            throw OutOfRange(
                bytesName,
                bytes,
                $"A group of up to {entries} entries in this region has 0 to {most} bytes in all, not {bytes}.");
        }
    }

    /// <summary>A group is advanced over bytes that are there.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckGroupAdvance(int count, int left, string parameterName)
    {
        if ((uint)count > (uint)left)
        {
            throw OutOfRange(
                parameterName, count, $"0 to {left} bytes of the group can still be advanced over, not {count}.");
        }
    }

    /// <summary>The group was begun for fewer bytes.</summary>
    public static InvalidOperationException GroupTooSmall(int asked, int left, long all) => new(
        $"{asked} bytes were asked for, {left} of the {all} bytes that the group was begun for are left. Serialisers ask for "
        + "more than they then write: begin it for more. It is still open.");

    /// <summary>The group was begun for fewer entries.</summary>
    public static InvalidOperationException GroupHasAllEntries(int entries) => new(
        $"The group was begun for {entries} entries, and has as many: begin it for more. It is still open.");

    /// <summary>The last entry was begun, and not completed.</summary>
    public static InvalidOperationException EntryNotCompleted(int bytes) => new(
        $"{bytes} bytes of the next entry were written: call {nameof(EntryGroup)}.{nameof(EntryGroup.CompleteEntry)} first. "
        + "The group is still open.");

    /// <summary>The group has ended, in the way that <paramref name="end"/> says.</summary>
    public static InvalidOperationException GroupEnded(ReservationEnd end) => end switch
    {
        ReservationEnd.Disposed => new ObjectDisposedException(
            nameof(EntryGroup), "The group was disposed: its memory belongs to the stream again."),
        ReservationEnd.Published => new InvalidOperationException(
            "The group was published: its memory holds entries now and cannot be written to."),
        _ => new InvalidOperationException(
            "The group was abandoned: its memory belongs to the stream again. Begin a new one."),
    };

    /// <summary>The memory of a group that has ended.</summary>
    public static ObjectDisposedException GroupMemoryEnded() => new(
        nameof(EntryGroup), "The group was published, abandoned or disposed: its memory belongs to the stream again.");
}
