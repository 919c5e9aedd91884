namespace PmemStream.Interop.Native;

/// <summary>
/// Owns a <c>pms_group</c>; releasing an open one abandons it. Who calls the core with it holds its lock, so that of racing
/// calls none runs on a released pointer; a group that finds another handle, or none, behind the lock has ended.
/// </summary>
internal sealed unsafe class GroupHandle : PooledHandle
{
    [ThreadStatic]
    private static HandlePool t_pool;

    /// <summary>An empty handle.</summary>
    public static GroupHandle Rent() => (GroupHandle?)t_pool.Take() ?? new GroupHandle();

    /// <summary>Puts an emptied handle back. The caller holds the lock, and no group refers to it any more.</summary>
    public void Return() => t_pool.Put(this);

    /// <inheritdoc/>
    protected override void Release(nint pointer) => NativeMethods.pms_group_release((pms_group*)pointer);
}
