using System.Diagnostics.CodeAnalysis;
using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <content>Looking at what is stored.</content>
public sealed unsafe partial class PersistentStream
{
    /// <summary>
    /// Lists everything that is stored, in address order: headers, sealed words, pieces, and every entry with those that
    /// enumerations pass over or refuse. A diagnostic API, for people who debug a format; programs that use streams do not
    /// need it. Damaged structures are listed as such, and the walk goes on behind them. Writes nothing.
    /// </summary>
    /// <remarks>
    /// Others may append meanwhile. While an enumeration stands in a region, that can be neither cleared nor freed by this
    /// process; a region that is cleared, freed or created meanwhile may be listed in part, or not at all. In a stream that
    /// is open for reading only, valid entries behind <see cref="RegionInfo.CommittedOffset"/> are listed, too.
    /// </remarks>
    /// <returns>The structures. Each enumeration looks anew.</returns>
    /// <exception cref="ObjectDisposedException">The stream was disposed; thrown by the enumeration.</exception>
    public IEnumerable<StoredStructure> EnumerateStored()
    {
        using DumpHandle dump = OpenDump();
        while (TryReadStored(dump, out StoredStructure? stored))
        {
            yield return stored;
        }
    }

    private DumpHandle OpenDump()
    {
        pms_error error;
        pms_dump* dump;
        var handle = new DumpHandle();
        int status = NativeMethods.pms_dump_open(Pointer, &dump, &error);
        GC.KeepAlive(this);
        ThrowIfFailed(status, &error);
        handle.Own((nint)dump);
        return handle;
    }

    // An enumerator is an object, which two threads can get hold of: the lock gives the dump to one at a time, and the
    // reference keeps it until the call is back, should the other one dispose it.
    private bool TryReadStored(DumpHandle handle, [NotNullWhen(true)] out StoredStructure? result)
    {
        result = null;
        lock (handle)
        {
            bool referenced = false;
            try
            {
                handle.DangerousAddRef(ref referenced);
                pms_error error;
                pms_stored stored = default;
                stored.struct_bytes = (uint)sizeof(pms_stored);
                int status = NativeMethods.pms_dump_next((pms_dump*)handle.Pointer, &stored, &error);
                if (status == (int)pms_status.PMS_E_END)
                {
                    return false;
                }

                ThrowIfFailed(status, &error);
                result = StoredStructure.From(stored);
                return true;
            }
            finally
            {
                if (referenced)
                {
                    handle.DangerousRelease();
                }
            }
        }
    }
}
