using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PmemStream.KillTests;

/// <summary>
/// The log of one writer process: a file of its own, written by one system call a record, so that it holds after a kill what
/// was written before it. Any thread may write.
/// </summary>
/// <remarks>
/// A record takes its place before it is written, so that places are in the order of time over all threads: a call whose
/// result is at a lower place than the intent of another had returned before the other began. A kill may leave a place
/// empty: then the call of that intent was never made, or its result is not known.
/// </remarks>
internal sealed class CallLog : IDisposable
{
    private readonly SafeFileHandle _file;
    private long _next;

    private CallLog(SafeFileHandle file) => _file = file;

    /// <summary>Begins a log; there must not be one.</summary>
    public static CallLog Create(string path) =>
        new(File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read));

    /// <summary>Writes a record behind all that were written before the call.</summary>
    public void Write(CallRecord record)
    {
        record.Index = Interlocked.Increment(ref _next) - 1;
        record.Check = record.ComputeCheck();
        RandomAccess.Write(
            _file, MemoryMarshal.AsBytes(new ReadOnlySpan<CallRecord>(in record)), record.Index * CallRecord.Bytes);
    }

    /// <summary>The records of a log, in the order of time. A writer that was killed before it began one has none.</summary>
    /// <exception cref="ViolationException">A record is damaged.</exception>
    public static List<CallRecord> Read(string path)
    {
        var records = new List<CallRecord>();
        if (!File.Exists(path))
        {
            return records;
        }

        ReadOnlySpan<CallRecord> all = MemoryMarshal.Cast<byte, CallRecord>(File.ReadAllBytes(path));
        for (int index = 0; index < all.Length; index++)
        {
            CallRecord record = all[index];
            if (MemoryMarshal.AsBytes(new ReadOnlySpan<CallRecord>(in record)).ContainsAnyExcept((byte)0))
            {
                records.Add(record.Index == index && record.Check == record.ComputeCheck()
                    ? record
                    : throw new ViolationException(ViolationKind.BadLog, $"{path}: record {index} is damaged"));
            }
        }

        return records;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
