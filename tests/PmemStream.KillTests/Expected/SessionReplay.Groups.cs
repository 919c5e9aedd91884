using PmemStream.Interop;

namespace PmemStream.KillTests;

/// <content>Groups, and making durable.</content>
internal sealed partial class SessionReplay
{
    private void BeginGroup(Call call, ExpectedRegion region)
    {
        CallRecord intent = call.Intent;
        int count = (int)intent.Base;
        var group = new GroupFate($"the group of {count} from {IdOf(intent)} on", count);
        for (int index = 0; index < count; index++)
        {
            call.Attempts.Add(new Attempt(
                IdOf(intent with { Number = intent.Number + (uint)index }),
                GroupSizes.Of(intent.Size, index),
                call.After,
                Position: null,
                group,
                index));
        }

        region.Attempts.AddRange(call.Attempts);
    }

    private void AddGroup(Call call, in CallRecord done, Promise promise)
    {
        ExpectedRegion region = Living(call);
        if (call.Members.Count != call.Attempts.Count)
        {
            throw BadLog(done, $"is done, but the log says where {call.Members.Count} of its entries are");
        }

        call.Attempts.ForEach(attempt => region.Attempts.Remove(attempt));
        foreach ((Attempt attempt, CallRecord member) in call.Attempts.Zip(call.Members))
        {
            ulong expected = call.Members[0].Timestamp + (ulong)attempt.Index;
            if (member.Timestamp != expected)
            {
                throw new ViolationException(
                    ViolationKind.WrongTimestamp,
                    $"{attempt.Id} of a group has timestamp {member.Timestamp}: those of a group follow each other, "
                    + $"so it is {expected}");
            }

            _stream.TakeTimestamp(member.Timestamp, call.After, attempt.Id.ToString());
            var position = new EntryPosition(member.Offset, member.Timestamp);
            region.Add(new ExpectedEntry(attempt.Id, position, attempt.Size, promise)
            {
                Group = attempt.Group,
                Index = attempt.Index,
            });
        }
    }

    // What was acknowledged when the call began, unless it was for one entry; and everything up to the timestamp, if it said one.
    private static void Persist(Call call, in CallRecord done, IEnumerable<ExpectedRegion> regions)
    {
        bool upToEntry = done is { Verb: Verb.Persist, Timestamp: not 0 };
        foreach (ExpectedEntry entry in upToEntry ? [] : call.ToPersist)
        {
            entry.Promise = Promise.Durable;
        }

        foreach (ExpectedRegion region in regions)
        {
            region.Persist(done.Timestamp);
        }
    }
}
