namespace PmemStream.Interop;

/// <summary>The entry does not fit into what is left of the region.</summary>
public sealed class RegionFullException : PmemStreamException
{
    internal RegionFullException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>No free extent of the stream is large enough for the region.</summary>
public sealed class StreamFullException : PmemStreamException
{
    internal StreamFullException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>
/// The region cannot be cleared or freed now: a reservation, an enumerator, a lease or an append is open on it, in this
/// process.
/// </summary>
public class RegionBusyException : PmemStreamException
{
    internal RegionBusyException(in Failure failure, Exception? inner = null)
        : base(failure, inner)
    {
    }
}

/// <summary>
/// The region was freed since the <see cref="StreamRegion"/> was made, or cleared since the enumerator was. The object
/// stays unusable, even when a region of the same name is created at the same place.
/// </summary>
public sealed class StaleRegionException : PmemStreamException
{
    internal StaleRegionException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>The stream has no region of that name.</summary>
public sealed class RegionNotFoundException : PmemStreamException
{
    internal RegionNotFoundException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>The stream has a region of that name already.</summary>
public sealed class RegionExistsException : PmemStreamException
{
    internal RegionExistsException(in Failure failure)
        : base(failure)
    {
    }
}

/// <summary>
/// The position names no visible entry of the region: it is of an entry that was cleared away, of another region, or of a
/// reservation that is not visible yet. A position never names another entry than the one it was given for.
/// </summary>
public sealed class EntryNotFoundException : PmemStreamException
{
    internal EntryNotFoundException(in Failure failure)
        : base(failure)
    {
    }
}
