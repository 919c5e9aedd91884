using System.Runtime.InteropServices;

namespace PmemStream.Interop.Native;

/// <summary>Owns one pointer that the core gave out, and gives it back exactly once.</summary>
/// <remarks>
/// <para>
/// Why no order of calls reaches freed memory. The core says: a handle is valid memory until its release, calls on a
/// closed stream return PMS_E_CLOSED, and handles count references to what they stand on, so they may be released in any
/// order. What is left to guarantee here is that no call runs on a pointer while or after it is released:
/// </para>
/// <list type="bullet">
/// <item>Stream and region handles are released by their finalizer only. Whoever calls the core reads
/// <see cref="Pointer"/> from an object that he can reach and keeps that object alive (<c>GC.KeepAlive</c>) until the call
/// is back; so while a call runs there is no finalizer. This costs nothing per call, where reference counting
/// (<c>DangerousAddRef</c>) costs ten times the call itself. The stream's <c>Dispose</c> does not release, it closes:
/// that is one call of many, allowed at any time from any thread; the small control block waits for the finalizer.</item>
/// <item>A cursor handle is released by the enumerator. That is a ref struct: it and all its copies live on the stack of
/// one thread, so release and use cannot run at the same time; afterwards the pointer is zero for all copies. The enumerator
/// of a rolling log is one too; what its copies share cannot be reached from elsewhere. A lease uses its cursor no more, it
/// only has it.</item>
/// <item>The pointer of a reservation is taken out of its handle by one atomic exchange (<see cref="Take"/>). Who gets it,
/// publisher, abandoner or finalizer, is its only user.</item>
/// <item>In a group several calls come before its end, from any thread: each locks the handle and looks whether it is still
/// the group's. Who ends the group takes the handle away from it under the same lock.</item>
/// <item>A waiter handle is released by its finalizer only, as stream and region handles are.</item>
/// <item>A check handle never leaves the method that made it.</item>
/// <item>A dump handle belongs to an enumerator that threads may share: each call locks the handle and counts a reference.
/// Nobody lists what is stored in a hurry.</item>
/// </list>
/// <para>
/// The finalizers of this class run after ordinary ones (it is a critical finalizer), so a finalizer of the user's own may
/// still use the objects. Only an object that a finalizer brings back to life after that is unusable: its pointer is zero,
/// and calls throw <see cref="ObjectDisposedException"/>.
/// </para>
/// </remarks>
internal abstract class NativeHandle : SafeHandle
{
    /// <summary>Makes an empty handle.</summary>
    protected NativeHandle()
        : base(0, ownsHandle: true)
    {
    }

    /// <inheritdoc/>
    public sealed override bool IsInvalid => handle == 0;

    /// <summary>The pointer for one call; 0 when it was released. The caller keeps this object alive meanwhile.</summary>
    public nint Pointer => handle;

    /// <summary>Takes over a pointer. The handle is made before the call that fills it, so that nothing is lost.</summary>
    public void Own(nint pointer) => SetHandle(pointer);

    /// <summary>Empties the handle; the caller owns what it held. 0 when somebody else was first.</summary>
    public nint Take() => Interlocked.Exchange(ref handle, 0);

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        nint pointer = Take();
        if (pointer != 0)
        {
            Release(pointer);
        }

        return true;
    }

    /// <summary>Gives a pointer back to the core.</summary>
    protected abstract void Release(nint pointer);
}

/// <summary>Owns a <c>pms_stream</c>.</summary>
internal sealed unsafe class StreamHandle : NativeHandle
{
    /// <inheritdoc/>
    protected override void Release(nint pointer) => NativeMethods.pms_stream_release((pms_stream*)pointer);
}

/// <summary>Owns a <c>pms_region</c>.</summary>
internal sealed unsafe class RegionHandle : NativeHandle
{
    /// <inheritdoc/>
    protected override void Release(nint pointer) => NativeMethods.pms_region_release((pms_region*)pointer);
}

/// <summary>Owns a <c>pms_waiter</c>.</summary>
internal sealed unsafe class WaiterHandle : NativeHandle
{
    /// <inheritdoc/>
    protected override void Release(nint pointer) => NativeMethods.pms_waiter_release((pms_waiter*)pointer);
}

/// <summary>Owns a <c>pms_check</c>.</summary>
internal sealed unsafe class CheckHandle : NativeHandle
{
    /// <inheritdoc/>
    protected override void Release(nint pointer) => NativeMethods.pms_check_release((pms_check*)pointer);
}

/// <summary>Owns a <c>pms_dump</c>.</summary>
internal sealed unsafe class DumpHandle : NativeHandle
{
    /// <inheritdoc/>
    protected override void Release(nint pointer) => NativeMethods.pms_dump_close((pms_dump*)pointer);
}
