namespace PmemStream.Interop.Native;

/// <summary>Owns a <c>pms_reservation</c>; releasing an open one abandons it.</summary>
internal sealed unsafe class ReservationHandle : PooledHandle
{
    [ThreadStatic]
    private static HandlePool t_pool;

    /// <summary>An empty handle.</summary>
    public static ReservationHandle Rent() => (ReservationHandle?)t_pool.Take() ?? new ReservationHandle();

    /// <summary>Puts an emptied handle back. The caller held the only reference to it.</summary>
    public void Return() => t_pool.Put(this);

    /// <inheritdoc/>
    protected override void Release(nint pointer) => NativeMethods.pms_reservation_release((pms_reservation*)pointer);
}
