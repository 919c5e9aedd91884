using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>
/// The mistakes of a caller: their checks and texts, for the whole library. What the core reports is in
/// <see cref="Failures"/>.
/// </summary>
internal static partial class Errors
{
    /// <summary>Sizes and offsets are kept in 56 bits; a stream or region of more is not possible.</summary>
    public const long BytesMax = (1L << 55) - 1;

    /// <summary>The pages at the beginning of each stream; behind them is room for a block at least.</summary>
    private const long HeaderPagesBytes = 16 << 10;

    /// <summary>A payload has 0 bytes to 1 GiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckEntrySize(int bytes, string parameterName)
    {
        if ((uint)bytes > NativeMethods.PMS_ENTRY_BYTES_MAX)
        {
            throw OutOfRange(
                parameterName, bytes, $"An entry has 0 to {NativeMethods.PMS_ENTRY_BYTES_MAX} bytes (1 GiB), not {bytes}.");
        }
    }

    /// <summary>What is published is no more than what was reserved.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckPublishedSize(int bytes, int reserved, string parameterName)
    {
        if ((uint)bytes > (uint)reserved)
        {
            throw OutOfRange(
                parameterName,
                bytes,
                $"0 to {reserved} bytes of the reservation can be published, not {bytes}. It is still open.");
        }
    }

    /// <summary>A region has room for at least a byte.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckRegionSize(long bytes, string parameterName)
    {
        if (bytes is <= 0 or > BytesMax)
        {
            throw OutOfRange(parameterName, bytes, $"The size of a region is 1 to {BytesMax} bytes, not {bytes}.");
        }
    }

    /// <summary>0 (the default) or a power of two in the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckPowerOfTwo(int value, int least, int greatest, string what, string parameterName)
    {
        if (value != 0 && (value < least || value > greatest || !BitOperations.IsPow2(value)))
        {
            throw OutOfRange(
                parameterName,
                value,
                $"{what} is a power of two from {least} to {greatest}, or 0 for the default, not {value}.");
        }
    }

    /// <summary>The alignment of a region's entries.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckEntryAlignment(int bytes, string parameterName) => CheckPowerOfTwo(
        bytes,
        NativeMethods.PMS_ENTRY_ALIGNMENT_MIN,
        NativeMethods.PMS_ENTRY_ALIGNMENT_MAX,
        "The entry alignment",
        parameterName);

    /// <summary>The size of a stream to be created in blocks of a size that is good; 0 where it is not set.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckStreamSize(long bytes, int blockBytes, string parameterName)
    {
        long block = blockBytes == 0 ? NativeMethods.PMS_BLOCK_BYTES_DEFAULT : blockBytes;
        long least = Math.Max(HeaderPagesBytes, block) + block;
        long greatest = BytesMax / block * block;
        if (bytes != 0 && (bytes < least || bytes > greatest))
        {
            throw OutOfRange(
                parameterName,
                bytes,
                $"{nameof(PersistentStreamOptions.Size)} is {least} to {greatest} bytes with blocks of {block}, "
                + $"not {bytes}.");
        }
    }

    /// <summary>The size that a stream is to have.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckGrownSize(long bytes, string parameterName)
    {
        if (bytes is <= 0 or > BytesMax)
        {
            throw OutOfRange(parameterName, bytes, $"The size of a stream is up to {BytesMax} bytes, not {bytes}.");
        }
    }

    /// <summary>A stream only grows.</summary>
    public static ArgumentOutOfRangeException Shrinking(long bytes, long bytesNow, string parameterName) => OutOfRange(
        parameterName,
        bytes,
        $"The stream has {bytesNow} bytes and does not shrink: its new size cannot be {bytes}. "
        + "To have a smaller one, copy the entries to a new stream.");

    /// <summary>Nothing but a device brings its own size.</summary>
    public static ArgumentOutOfRangeException SizeMissing(string parameterName) => OutOfRange(
        parameterName,
        0L,
        $"{nameof(PersistentStreamOptions.Size)} is not set: say how many bytes the new stream shall have. "
        + "Only a device has a size of its own.");

    /// <summary>A member of the enum.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckDefined<TEnum>(TEnum value, string parameterName)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw OutOfRange(parameterName, value, $"There is no {typeof(TEnum).Name} {value}.");
        }
    }

    /// <summary>The wait in milliseconds, as the core counts it.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static uint WaitMilliseconds(TimeSpan wait, string parameterName)
    {
        if (wait == Timeout.InfiniteTimeSpan)
        {
            return uint.MaxValue;
        }

        double milliseconds = Math.Ceiling(wait.TotalMilliseconds);
        if (milliseconds is < 0 or >= uint.MaxValue)
        {
            throw OutOfRange(
                parameterName,
                wait,
                $"WaitForWriter is zero to 49 days, or Timeout.InfiniteTimeSpan, not {wait}.");
        }

        return (uint)milliseconds;
    }

    /// <summary>A path as text that ends in NUL, in UTF-8.</summary>
    /// <exception cref="ArgumentException"/>
    public static byte[] EncodePath([NotNull] string? path, string parameterName, out string fullPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(path, parameterName);
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A path holds no NUL character.", parameterName);
        }

        fullPath = Path.GetFullPath(path);
        return NativeText.TryEncode(fullPath + '\0', out byte[] utf8)
            ? utf8
            : throw new ArgumentException("The path holds half of a surrogate pair: it has no UTF-8 form.", parameterName);
    }

    /// <summary>A region's name in UTF-8.</summary>
    /// <exception cref="ArgumentException"/>
    public static byte[] EncodeRegionName([NotNull] string? name, string parameterName)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, parameterName);
        if (name.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("The name of a region holds no NUL character.", parameterName);
        }

        if (!NativeText.TryEncode(name, out byte[] utf8))
        {
            throw new ArgumentException(
                "The name holds half of a surrogate pair: it has no UTF-8 form.", parameterName);
        }

        return utf8.Length <= NativeMethods.PMS_NAME_BYTES_MAX
            ? utf8
            : throw new ArgumentException(
                $"The name of a region has 1 to {NativeMethods.PMS_NAME_BYTES_MAX} bytes of UTF-8, this one has "
                + $"{utf8.Length}.",
                parameterName);
    }

    /// <summary>The text holds no position.</summary>
    public static FormatException BadPosition(ReadOnlySpan<char> text) => new(
        $"'{text}' is no position of an entry: expected OFFSET@TIMESTAMP, such as 16896@42.");

    /// <summary>The format string of a position.</summary>
    public static FormatException BadPositionFormat(ReadOnlySpan<char> format) => new(
        $"'{format}' is no format of a position: expected none, or G.");

    /// <summary>Options of the one call in the other.</summary>
    public static ArgumentException OverwriteWhileOpening(string parameterName) => new(
        $"{nameof(PersistentStreamOptions.Overwrite)} makes no sense where an existing stream is to be opened: use "
        + $"{nameof(PersistentStream)}.{nameof(PersistentStream.Create)}.",
        parameterName);

    /// <summary>Salvaging writes.</summary>
    public static ArgumentException SalvageReadOnly(string parameterName) => new(
        $"{nameof(StreamOpenOptions.Salvage)} cuts damage off, which a stream that is open for reading only cannot: use "
        + $"{nameof(PersistentStream)}.{nameof(PersistentStream.Open)}.",
        parameterName);

    /// <summary>The reservation has ended, in the way that <paramref name="end"/> says.</summary>
    public static InvalidOperationException ReservationEnded(ReservationEnd end) => end switch
    {
        ReservationEnd.Disposed => new ObjectDisposedException(
            nameof(EntryReservation), "The reservation was disposed: its memory belongs to the stream again."),
        ReservationEnd.Published => new InvalidOperationException(
            "The reservation was published: its memory is an entry now and cannot be written to."),
        _ => new InvalidOperationException(
            "The reservation was abandoned: its memory belongs to the stream again. Reserve anew."),
    };

    /// <summary>A serialiser asks for more room than the reservation has left.</summary>
    public static InvalidOperationException ReservationTooSmall(int asked, int left, int reserved) => new(
        $"{asked} bytes were asked for, {left} of the {reserved} bytes of the reservation are left. Serialisers ask for more "
        + "than they then write: reserve more, and publish fewer.");

    /// <summary>A reservation is advanced over bytes that are there.</summary>
    /// <exception cref="ArgumentOutOfRangeException"/>
    public static void CheckAdvance(int count, int left, string parameterName)
    {
        if ((uint)count > (uint)left)
        {
            throw OutOfRange(
                parameterName, count, $"0 to {left} bytes of the reservation can still be advanced over, not {count}.");
        }
    }

    /// <summary>The memory of a reservation that has ended.</summary>
    public static ObjectDisposedException ReservationMemoryEnded() => new(
        nameof(EntryReservation),
        "The reservation was published, abandoned or disposed: its memory belongs to the stream again.");

    /// <summary>The lease was disposed.</summary>
    public static ObjectDisposedException LeaseDisposed() => new(
        nameof(EntryLease), "The lease was disposed: its memory belongs to the stream again. Lease the entry anew.");

    /// <summary>A default entry, or one from an enumerator that stands at none.</summary>
    public static InvalidOperationException NothingToLease() => new(
        $"There is no entry to lease: the enumerator stands at none. Call {nameof(EntryEnumerator.MoveNext)} first.");

    /// <summary>An enumerator that was never started, or a default one.</summary>
    public static InvalidOperationException EmptySequence() => new(
        $"This {nameof(EntrySequence)} belongs to no region: get one from a {nameof(StreamRegion)}.");

    /// <summary>A default sequence of all entries.</summary>
    public static InvalidOperationException EmptyMergedSequence() => new(
        $"This {nameof(MergedSequence)} belongs to no stream: get one from {nameof(PersistentStream)}.ReadAll.");

    /// <summary>Before the first entry, or behind the last.</summary>
    public static InvalidOperationException NoCurrentEntry() => new(
        "The enumerator is at no entry: call MoveNext, and go on only if it returns true.");

    /// <summary>The stream was disposed.</summary>
    public static ObjectDisposedException Disposed(string path) => new(
        nameof(PersistentStream), $"{path}: the stream was disposed. Open it again.");

    /// <summary>The enumerator was disposed.</summary>
    public static ObjectDisposedException EnumeratorDisposed(string name) => new(
        name, "The enumerator was disposed. Begin a new enumeration.");

    /// <summary>The core library is nowhere.</summary>
    public static DllNotFoundException LibraryNotFound(string fileName, string tried) => new(
        $"The native library {fileName} was not found, or could not be loaded. Tried:{tried}\nIt is part of the NuGet "
        + "package, in its folder runtimes: publish for the system that the program runs on (dotnet publish -r), and leave "
        + "the library beside the program. In a folder of the sources it is built by ./build.sh build (Windows: build.ps1 "
        + "build).");

    /// <summary>The core library is another one than the declarations are for.</summary>
    public static NotSupportedException AbiMismatch(string differences) => new(
        $"The native library {NativeLibraryResolver.FileName} does not fit this version of PmemStream.Interop: "
        + $"{differences}. Both come in one package: use the library of the same version.");

    /// <summary>A value is out of its range.</summary>
    public static ArgumentOutOfRangeException OutOfRange<T>(string parameterName, T value, string text) =>
        new(parameterName, value, text);
}
