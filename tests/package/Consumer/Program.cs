using System.Text;
using PmemStream.Interop;

// A program that uses the package: it appends, reads, disposes, and meets exceptions. Its last line says that all was as it
// must be, and on which runtime.
string path = args[0];
if (args.Length > 1)
{
    Read(path, args[1]);
    return;
}

PersistentStream kept;
using (var stream = PersistentStream.Create(path, new() { Size = 1 << 20 }))
{
    kept = stream;
    StreamRegion region = stream.CreateRegion("log", size: 64 << 10);
    EntryPosition first = region.Append("first"u8);
    using (EntryReservation slot = region.Reserve(64))
    {
        slot.Publish(Encoding.UTF8.GetBytes("second", slot.Span));
    }

    region.AppendDeferred("third"u8);
    stream.Persist();
    region.AppendGroup(["fourth"u8.ToArray(), "fifth"u8.ToArray()]);
    Expect("first,second,third,fourth,fifth", Join(region));
    Expect("first", Encoding.UTF8.GetString(region.ReadToArray(first)));

    var full = Throws<RegionFullException>(() => region.Append(new byte[100_000]));
    Expect(true, full.Message.Contains(path, StringComparison.Ordinal));
    var locked = Throws<StreamLockedException>(() => PersistentStream.Open(path));
    Expect(StreamStatus.Locked, locked.Status);
    Throws<ArgumentOutOfRangeException>(() => region.Reserve(-1));
}

Throws<ObjectDisposedException>(() => kept.Regions.Count.ToString());
Throws<StreamNotFoundException>(() => PersistentStream.Open(path + ".missing"));
using (var again = PersistentStream.OpenReadOnly(path))
{
    Expect("first,second,third,fourth,fifth", Join(again.GetRegion("log")));
    Expect(true, again.Check().IsSound);
    Throws<InvalidOperationException>(() => again.CreateRegion("more", 4096));
}

Console.WriteLine($"consumer: ok, core {PersistentStream.CoreVersion}, {Environment.Version}, "
    + $"{System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier}");

static void Read(string path, string expected)
{
    using var stream = PersistentStream.OpenReadOnly(path);
    Expect(expected, Join(stream.GetRegion("log")));
    Console.WriteLine("consumer: ok");
}

static string Join(StreamRegion region)
{
    var texts = new List<string>();
    foreach (StreamEntry entry in region)
    {
        texts.Add(Encoding.UTF8.GetString(entry.Data));
    }

    return string.Join(',', texts);
}

static void Expect<T>(T expected, T found)
{
    if (!EqualityComparer<T>.Default.Equals(expected, found))
    {
        throw new InvalidOperationException($"Expected {expected}, found {found}.");
    }
}

static TException Throws<TException>(Action action)
    where TException : Exception
{
    try
    {
        action();
    }
    catch (TException exception)
    {
        return exception;
    }

    throw new InvalidOperationException($"Expected {typeof(TException).Name}.");
}
