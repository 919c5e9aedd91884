using System.Buffers;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary>Puts entries into a region, one after the other.</summary>
internal abstract class EntryAppender(StreamRegion region)
{
    private long _entries;
    private long _bytes;

    /// <summary>What was appended so far, for people.</summary>
    public virtual string Done => $"appended {Counted.Of(_entries, "entry", "entries")} ({Counted.Of(_bytes, "byte")}) "
        + $"to region '{EscapedText.Of(RegionNames.Of(Region))}'";

    /// <summary>Where to.</summary>
    protected StreamRegion Region { get; } = region;

    /// <summary>Takes the next entry.</summary>
    /// <exception cref="ToolException">The region is full.</exception>
    public abstract void Add(ReadOnlySpan<byte> entry);

    /// <summary>There are no more. Everything is durable on return.</summary>
    public virtual void Finish()
    {
    }

    /// <summary>Entries are in the region.</summary>
    protected void Count(long entries, long bytes)
    {
        _entries += entries;
        _bytes += bytes;
    }

    /// <summary>There is no room.</summary>
    protected static ToolException Full(string what) =>
        new(ExitCode.Io, $"the region is full: {what} does not fit");
}

/// <summary>Each entry is durable before the next one is taken.</summary>
internal sealed class DurableAppender(StreamRegion region) : EntryAppender(region)
{
    /// <inheritdoc/>
    public override void Add(ReadOnlySpan<byte> entry)
    {
        if (!Region.TryAppend(entry, out _))
        {
            throw Full($"the next entry of {entry.Length} bytes");
        }

        Count(1, entry.Length);
    }
}

/// <summary>So many entries at a time are made durable together.</summary>
internal sealed class DeferredAppender(StreamRegion region, int persistEvery) : EntryAppender(region)
{
    private int _pending;

    /// <inheritdoc/>
    public override void Add(ReadOnlySpan<byte> entry)
    {
        if (!Region.TryAppendDeferred(entry, out _))
        {
            Finish();
            throw Full($"the next entry of {entry.Length} bytes");
        }

        Count(1, entry.Length);
        if (++_pending >= persistEvery)
        {
            Finish();
        }
    }

    /// <inheritdoc/>
    public override void Finish()
    {
        Region.Persist();
        _pending = 0;
    }
}

/// <summary>All entries together, as one group: all of them or none.</summary>
internal sealed class GroupAppender(StreamRegion region, string inputName) : EntryAppender(region)
{
    private const int EntriesMax = 65_536;

    private readonly ArrayBufferWriter<byte> _data = new();
    private readonly List<int> _lengths = [];
    private readonly long _bytesMax = Math.Min(region.Info.UsableBytes, Array.MaxLength);

    /// <inheritdoc/>
    public override string Done => $"{base.Done} as one group";

    /// <inheritdoc/>
    public override void Add(ReadOnlySpan<byte> entry)
    {
        if (_lengths.Count == EntriesMax)
        {
            throw new ToolException(
                ExitCode.Misuse, $"{inputName} has more than {EntriesMax} entries: a group has at most that many");
        }

        if (_data.WrittenCount + (long)entry.Length > _bytesMax)
        {
            throw Full($"a group of more than {_bytesMax} bytes");
        }

        _data.Write(entry);
        _lengths.Add(entry.Length);
    }

    /// <inheritdoc/>
    public override void Finish()
    {
        if (_lengths.Count == 0)
        {
            return;
        }

        try
        {
            Region.AppendGroup(_data.WrittenSpan, [.. _lengths]);
        }
        catch (RegionFullException)
        {
            string entries = Counted.Of(_lengths.Count, "entry", "entries");
            throw Full($"the group of {entries} ({Counted.Of(_data.WrittenCount, "byte")})");
        }

        Count(_lengths.Count, _data.WrittenCount);
    }
}
