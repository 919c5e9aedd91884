using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PmemStream.Interop.Tests.Support;

/// <summary>What child processes do. They speak to the test in lines.</summary>
internal static class ChildTasks
{
    public const string Append = "append";
    public const string AppendToLog = "append-to-log";
    public const string HoldOpen = "hold-open";
    public const string TryOpen = "try-open";
    public const string WaitForRegion = "wait-for-region";
    public const string OpenAsNobody = "open-as-nobody";
    public const string CreateAsNobody = "create-as-nobody";
    public const string OverRead = "over-read";
    public const string Pin = "pin";

    /// <summary>What pins, in a child that does <see cref="Pin"/>.</summary>
    public const string PinRegion = "region";

    /// <inheritdoc cref="PinRegion"/>
    public const string PinStream = "stream";

    /// <inheritdoc cref="PinRegion"/>
    public const string PinLease = "lease";

    /// <summary>What a child says when it got what it wanted.</summary>
    public const string Opened = "opened";

    public static int Run(ReadOnlySpan<string> arguments)
    {
        string path = arguments[1];
        switch (arguments[0])
        {
            case Append:
                AppendForEver(path, reserveFirst: arguments.Length > 2);
                break;
            case AppendToLog:
                AppendToLogForEver(path);
                break;
            case HoldOpen:
                Hold(path);
                break;
            case TryOpen:
                Console.WriteLine(OutcomeOf(() => PersistentStream.Open(path)));
                break;
            case WaitForRegion:
                ReadWhenThere(path, arguments[2]);
                break;
            case OpenAsNobody:
                BecomeNobody(warmUp: arguments[2]);
                Console.WriteLine(OutcomeOf(() => PersistentStream.Open(path)));
                Console.WriteLine(OutcomeOf(() => PersistentStream.OpenReadOnly(path)));
                Unix.ExitNow();
                break;
            case CreateAsNobody:
                BecomeNobody(warmUp: arguments[2]);
                Console.WriteLine(OutcomeOf(() => TestStreams.Create(path)));
                Unix.ExitNow();
                break;
            case OverRead:
                AppendMoreThanThereIs(path);
                break;
            case Pin:
                PinFirst(path, arguments[2]);
                break;
            default:
                throw new ArgumentException($"There is no task {arguments[0]}.");
        }

        return 0;
    }

    /// <summary>The entry with a number: it tells its number, and its length differs from its neighbours'.</summary>
    public static byte[] NumberedEntry(int number)
    {
        byte[] entry = TestStreams.Payload(4 + (number * 37 % 700), number);
        BitConverter.TryWriteBytes(entry, number);
        return entry;
    }

    // Says the number of each entry after its append has returned.
    private static void AppendForEver(string path, bool reserveFirst)
    {
        using PersistentStream stream = PersistentStream.Open(path);
        StreamRegion region = stream.GetRegion(TestStreams.RegionName);
        EntryReservation? open = reserveFirst ? region.Reserve(100) : null;
        open?.Span.Fill(0xAA);
        for (int number = 0; region.TryAppend(NumberedEntry(number), out _); number++)
        {
            Console.WriteLine(number.ToString(CultureInfo.InvariantCulture));
        }

        Console.WriteLine("full");
        Console.ReadLine();
        GC.KeepAlive(open);
    }

    // A mistake on purpose, which AddressSanitizer has to report in the library: ./build.sh sanitize. A span that is
    // made by hand may claim anything.
    private static unsafe void AppendMoreThanThereIs(string path)
    {
        const int there = 100;
        using PersistentStream stream = TestStreams.Create(path);
        StreamRegion region = stream.CreateRegion(TestStreams.RegionName, 1 << 16);
        void* memory = NativeMemory.AllocZeroed(there);
        region.Append(new ReadOnlySpan<byte>(memory, there + 1));
        NativeMemory.Free(memory);
    }

    // Two threads. Says number and position of each entry after its append has returned.
    private static void AppendToLogForEver(string path)
    {
        using PersistentStream stream = PersistentStream.Open(path);
        RollingLog log = TestLogs.Open(stream, WhenFull.DropOldest);
        Parallel.For(0, 2, thread =>
        {
            for (int number = thread; ; number += 2)
            {
                EntryPosition at = log.Append(TestLogs.Entry(number, 6 + (number * 37 % 900)));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number} {at}"));
            }
        });
    }

    private static void Hold(string path)
    {
        using PersistentStream stream = PersistentStream.Open(path);
        Console.WriteLine(Opened);
        Console.ReadLine();
    }

    // Says what is in the region, as soon as there is something, and how large the stream is.
    private static void ReadWhenThere(string path, string name)
    {
        using PersistentStream stream = PersistentStream.OpenReadOnly(path);
        Console.WriteLine(Opened);
        List<string> texts = [];
        while (texts.Count == 0)
        {
            Thread.Sleep(1);
            texts = stream.TryGetRegion(name, out StreamRegion? region) ? region.Texts() : [];
        }

        Console.WriteLine(string.Join(',', texts));
        Console.WriteLine(stream.Info.Size.ToString(CultureInfo.InvariantCulture));
    }

    // Pins the first entry, in one of three ways, and says its process. Then: what the entry says, disposes, ends; each when
    // it is told to.
    private static void PinFirst(string path, string way)
    {
        using PersistentStream stream = PersistentStream.OpenReadOnly(path);
        StreamRegion region = stream.GetRegion(TestStreams.RegionName);
        EntryEnumerator entries = default;
        MergedEnumerator merged = default;
        EntryLease? lease = null;
        ReadOnlySpan<byte> data;
        switch (way)
        {
            case PinRegion:
                entries = region.Entries.Pinned().GetEnumerator();
                Assert.True(entries.MoveNext());
                data = entries.Current.Data;
                break;
            case PinStream:
                merged = stream.ReadAll().Pinned().GetEnumerator();
                Assert.True(merged.MoveNext());
                data = merged.Current.Data;
                break;
            default:
                foreach (StreamEntry entry in region)
                {
                    lease ??= entry.Lease(pinned: true);
                }

                data = lease!.Span;
                break;
        }

        Console.WriteLine(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        Console.ReadLine();
        Console.WriteLine(Encoding.UTF8.GetString(data));
        Console.ReadLine();
        entries.Dispose();
        merged.Dispose();
        lease?.Dispose();
        Console.WriteLine("disposed");
        Console.ReadLine();
    }

    private static string OutcomeOf(Func<PersistentStream> open)
    {
        try
        {
            using PersistentStream stream = open();
            string entries = stream.TryGetRegion(TestStreams.RegionName, out StreamRegion? region)
                ? string.Join(',', region.Texts())
                : "";
            return $"{Opened} {entries}".TrimEnd();
        }
        catch (PmemStreamException failure)
        {
            return $"{failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" ")}";
        }
    }

    // Everything that is needed is loaded first, as the program's own files may be out of reach afterwards.
    private static void BecomeNobody(string warmUp)
    {
        _ = OutcomeOf(() => PersistentStream.Open(warmUp));
        _ = OutcomeOf(() => PersistentStream.Open(warmUp + ".missing"));
        Unix.BecomeNobody();
    }
}
