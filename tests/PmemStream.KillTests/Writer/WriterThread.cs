using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <summary>What one thread of a writer does until it is killed, or told to stop: anything that the library offers.</summary>
internal sealed class WriterThread(WriterOptions options, WriterStyle style, CallLog log, RegionSlot[] slots, ushort thread)
{
    private static readonly int[] Alignments = [0, 0, 8, 256];

    private readonly LoggedCalls _calls = new(log, options, thread);
    private readonly Random _random = options.RandomFor(thread);
    private readonly List<HeldReservation> _held = [];

    /// <summary>Works until <paramref name="stop"/> is cancelled, and then ends its reservations.</summary>
    public void Run(PersistentStream stream, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            RegionSlot slot = slots[_random.Next(slots.Length)];
            if (_random.Next(1000) < style.ChurnPerMille)
            {
                Empty(slot, stream);
            }
            else if (slot.Life is { } life)
            {
                Work(life, slot, stream);
            }
            else if (!slot.Create(stream, thread, DrawRegionBytes(), Alignments[_random.Next(Alignments.Length)]))
            {
                Thread.Sleep(1);
            }

            Thread.SpinWait(style.Pause == 0 ? 0 : _random.Next(style.Pause));
        }

        while (_held.Count > 0)
        {
            EndReservation(0);
        }
    }

    private void Work(RegionLife life, RegionSlot slot, PersistentStream stream)
    {
        int size = DrawEntryBytes();
        bool hasRoom = true;
        switch (_random.Next(34))
        {
            case < 11:
                hasRoom = _calls.Append(life, size);
                break;
            case >= 20:
                hasRoom = WorkByOtherVerb(life, size, stream);
                break;
            case < 13:
                hasRoom = _calls.AppendInPlace(life, size);
                break;
            case < 14:
                _calls.FailInPlace(life, size);
                break;
            case < 18:
                hasRoom = Reserve(life, size);
                break;
            default:
                if (_held.Count > 0)
                {
                    EndReservation(_random.Next(_held.Count));
                }

                break;
        }

        if (!hasRoom && style.MakesRoom && ReferenceEquals(slot.Life, life))
        {
            Empty(slot, stream);
        }
        else if (!hasRoom)
        {
            Thread.Sleep(1);
        }
    }

    private bool WorkByOtherVerb(RegionLife life, int size, PersistentStream stream)
    {
        int count = _random.Next(1, GroupSizes.CountMax + 1);
        switch (_random.Next(14))
        {
            case < 6:
                return _calls.AppendDeferred(life, size);
            case < 8:
                _calls.Persist(life, DrawPosition(life));
                return true;
            case < 9:
                _calls.Persist(stream);
                return true;
            case < 12:
                return _calls.AppendGroup(life, size, count, deferred: _random.Next(2) == 0);
            default:
                return _calls.BuildGroup(
                    life, size, count, isFollowed: _random.Next(3) == 0, isAbandoned: _random.Next(4) == 0);
        }
    }

    // All of the region, or up to an entry that may be gone.
    private EntryPosition? DrawPosition(RegionLife life) =>
        _random.Next(2) == 0 || !ReferenceEquals(_calls.LastRegion, life) ? null : _calls.LastPosition;

    // A reservation that is not kept open is ended at once.
    private bool Reserve(RegionLife life, int size)
    {
        if (_calls.Reserve(life, size) is not { } held)
        {
            return false;
        }

        _held.Add(held);
        if (_held.Count > style.HeldMax)
        {
            EndReservation(_random.Next(_held.Count));
        }

        return true;
    }

    private void EndReservation(int index)
    {
        HeldReservation held = _held[index];
        _held.RemoveAt(index);
        int length = held.Reservation.Length;
        if (_random.Next(3) == 0)
        {
            _calls.Abandon(held, _random.Next(3));
        }
        else
        {
            _calls.Publish(held, _random.Next(2) == 0 ? length : _random.Next(length + 1));
        }
    }

    // Our own reservations would make it busy; those of others may.
    private void Empty(RegionSlot slot, PersistentStream stream)
    {
        for (int i = _held.Count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(_held[i].Life, slot.Life))
            {
                EndReservation(i);
            }
        }

        if (_random.Next(3) != 0)
        {
            slot.Clear(thread);
        }
        else
        {
            slot.Free(thread);
            if (_random.Next(2) == 0)
            {
                slot.Create(stream, thread, DrawRegionBytes(), 0);
            }
        }
    }

    private int DrawEntryBytes() => _random.Next(20) switch
    {
        0 => 0,
        < 12 => _random.Next(Math.Min(style.EntryMax, 100) + 1),
        < 18 => _random.Next(Math.Min(style.EntryMax, 1000) + 1),
        < 19 => _random.Next(Math.Min(style.EntryMax, 8000) + 1),
        _ => _random.Next(style.EntryMax + 1),
    };

    // Beyond a MiB there are checkpoints.
    private int DrawRegionBytes() => _random.Next(3) == 0 ? _random.Next(1 << 20, 4 << 20) : _random.Next(1000, 512 << 10);
}
