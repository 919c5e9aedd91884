namespace PmemStream.Interop.Native;

/// <summary>
/// Owns a <c>pms_reservation</c>; releasing an open one abandons it. Used again and again: an object with a finalizer is
/// costly to make, so an emptied handle goes back to a small pool of its thread. It is never disposed; the finalizer of an
/// empty one does nothing.
/// </summary>
internal sealed unsafe class ReservationHandle : NativeHandle
{
    private const int PooledMax = 16;

    [ThreadStatic]
    private static ReservationHandle? t_pool;

    private ReservationHandle? _next;
    private int _pooledCount;

    /// <summary>An empty handle.</summary>
    public static ReservationHandle Rent()
    {
        ReservationHandle? rented = t_pool;
        if (rented is null)
        {
            return new ReservationHandle();
        }

        t_pool = rented._next;
        rented._next = null;
        return rented;
    }

    /// <summary>Puts an emptied handle back. The caller held the only reference to it.</summary>
    public void Return()
    {
        int count = (t_pool?._pooledCount ?? 0) + 1;
        if (count <= PooledMax)
        {
            _pooledCount = count;
            _next = t_pool;
            t_pool = this;
        }
    }

    /// <inheritdoc/>
    protected override void Release(nint pointer) => NativeMethods.pms_reservation_release((pms_reservation*)pointer);
}
