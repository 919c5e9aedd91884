using System.Runtime.CompilerServices;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class LifetimeTests
{
    public static TheoryData<string> AllMedia => Media.All;

    [Fact]
    public void Dispose_Stream_EveryCallThrowsObjectDisposed()
    {
        using var folder = new TestFolder();
        PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        EntryPosition at = region.Append("one");
        EntryReservation slot = region.Reserve(10);
        EntryReservation second = region.Reserve(10);
        EntryGroup group = region.BeginGroup(2, 10);
        EntryEnumerator entries = region.GetEnumerator();
        stream.Dispose();
        stream.Dispose();

        foreach ((string name, Action call) in EveryCall.Of(stream).Concat(EveryCall.Of(region, at)).Concat(EveryCall.Of(slot)).Concat(EveryCall.Of(group)))
        {
            Exception? failure = Record.Exception(call);
            Assert.True(failure is ObjectDisposedException, $"{name}: {failure?.ToString() ?? "nothing was thrown"}");
            Assert.True(failure!.Message.Contains(folder.Stream, StringComparison.Ordinal), name);
        }

        Assert.True(ThrowsDisposed(entries));
        entries.Dispose();
        Assert.Equal(10, second.Length);
        second.Abandon();
        second.Dispose();
        slot.Dispose();
        stream.Dispose();
        Assert.Equal(folder.Stream, stream.Path);
        Assert.Equal(TestStreams.RegionName, region.Name);
        Assert.True(region.Offset > 0);
    }

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Dispose_StreamInsideForeach_KeepsTheEntryReadable(string medium)
    {
        using var folder = new TestFolder(medium);
        PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        region.Append("first");
        region.Append("second");
        int seen = 0;
        Assert.Throws<ObjectDisposedException>(() =>
        {
            foreach (StreamEntry entry in region)
            {
                stream.Dispose();
                Assert.True(entry.Data.SequenceEqual("first"u8));
                seen++;
            }
        });
        Assert.Equal(1, seen);
        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal(["first", "second"], again.GetRegion(TestStreams.RegionName).Texts());
    }

    [Theory]
    [MemberData(nameof(AllMedia))]
    public void Dispose_Stream_SpansOfEntriesAndReservationsDoNotFault(string medium)
    {
        using var folder = new TestFolder(medium);
        for (int round = 0; round < 20; round++)
        {
            string path = folder.File($"{round}.pms");
            PersistentStream stream = TestStreams.Create(path, out StreamRegion region);
            byte[] data = TestStreams.Payload(50_000, round + 1);
            region.Append(data);
            ReadOnlySpan<byte> entry = default;
            foreach (StreamEntry found in region)
            {
                entry = found.Data;
            }

            EntryReservation slot = region.Reserve(50_000);
            Span<byte> reserved = slot.Span;
            stream.Dispose();
            slot.Dispose();
            using PersistentStream other = TestStreams.Create(folder.File($"{round}-other.pms"), out StreamRegion others);
            others.Append(TestStreams.Payload(50_000, -1));

            // The bytes of then, or zeros; never those of another file, and never a fault.
            Assert.True(entry.SequenceEqual(data) || !entry.ContainsAnyExcept((byte)0));
            reserved.Fill(0xEE);
            Assert.True(entry.SequenceEqual(data) || !entry.ContainsAnyExcept((byte)0));
            Assert.Single(others.Arrays());
            using PersistentStream again = PersistentStream.Open(path);
            Assert.Equal([data], again.GetRegion(TestStreams.RegionName).Arrays());
        }
    }

    [Fact]
    public void Append_OnlyTheRegionIsReachable_KeepsTheStreamOpen()
    {
        using var folder = new TestFolder();
        StreamRegion region = OpenAndForget(folder.Stream);
        Collect();
        region.Append("two");
        Assert.Equal(["one", "two"], region.Texts());
        GC.KeepAlive(region);
    }

    [Fact]
    public void MoveNext_OnlyTheEnumeratorIsReachable_KeepsTheStreamOpen()
    {
        using var folder = new TestFolder();
        EntryEnumerator entries = EnumerateAndForget(folder.Stream);
        Collect();
        Assert.True(entries.MoveNext());
        Assert.True(entries.Current.Data.SequenceEqual("one"u8));
        entries.Dispose();
    }

    [Fact]
    public void Publish_OnlyTheReservationIsReachable_KeepsTheStreamOpen()
    {
        using var folder = new TestFolder();
        PublishLater(folder.Stream);
        ReopenWhenCollected(folder.Stream, ["one", "two"]);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void PublishLater(string path)
        {
            EntryReservation slot = ReserveAndForget(path);
            Collect();
            "two"u8.CopyTo(slot.Span);
            slot.Publish();
        }
    }

    [Fact]
    public void Publish_OnlyTheGroupIsReachable_KeepsTheStreamOpen()
    {
        using var folder = new TestFolder();
        PublishLater(folder.Stream);
        ReopenWhenCollected(folder.Stream, ["one", "two"]);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void PublishLater(string path)
        {
            EntryGroup group = BeginAndForget(path);
            Collect();
            group.Add("two"u8);
            group.Publish();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static EntryGroup BeginAndForget(string path) => OpenAndForget(path).BeginGroup(1, 10);
    }

    [Fact]
    public void Finalizers_EverythingForgotten_ReleaseTheLock()
    {
        using var folder = new TestFolder();
        for (int round = 0; round < 10; round++)
        {
            string path = folder.File($"{round}.pms");
            ForgetEverything(path);
            ReopenWhenCollected(path, ["one"]);
        }
    }

    [Fact]
    public void Dispose_FromAFinalizer_IsHarmless()
    {
        using var folder = new TestFolder();
        string path = folder.Stream;
        ForgetWithFinalizer(path);
        ReopenWhenCollected(path, ["one", "from a finalizer"]);
    }

    [Fact]
    public void Create_ManyStreams_DoNotPileUpMappings()
    {
        using var folder = new TestFolder();
        for (int round = 0; round < TestRounds.Of(300); round++)
        {
            using PersistentStream stream = PersistentStream.Create(
                folder.Stream, new() { Size = 1 << 20, Overwrite = true });
            stream.CreateRegion("a", 4096).Append("x");
        }

        Collect();
        Assert.Single(folder.Names);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static StreamRegion OpenAndForget(string path)
    {
        TestStreams.Create(path, out StreamRegion region);
        region.Append("one");
        return region;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static EntryReservation ReserveAndForget(string path) => OpenAndForget(path).Reserve(3);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static EntryEnumerator EnumerateAndForget(string path) => OpenAndForget(path).GetEnumerator();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForgetEverything(string path)
    {
        StreamRegion region = OpenAndForget(path);
        EntryEnumerator entries = region.GetEnumerator();
        Assert.True(entries.MoveNext());
        region.Reserve(100).Span.Fill(1);
        region.Reserve(100).Dispose();
        region.BeginGroup(2, 100).Add("never"u8);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForgetWithFinalizer(string path) => _ = new LastWords(OpenAndForget(path));

    // The finalizers that release come after this one.
    private sealed class LastWords(StreamRegion region)
    {
        private readonly EntryReservation _slot = region.Reserve(10);
        private readonly EntryGroup _group = region.BeginGroup(2, 10);

        ~LastWords()
        {
            _slot.Abandon();
            _group.Add("never"u8);
            _group.Dispose();
            region.Append("from a finalizer");
        }
    }

    private static void Collect()
    {
        for (int round = 0; round < 3; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static void ReopenWhenCollected(string path, string[] expected)
    {
        List<string>? found = null;
        ReservationTests.Collect(() =>
        {
            try
            {
                using PersistentStream stream = PersistentStream.Open(path);
                found = stream.GetRegion(TestStreams.RegionName).Texts();
                return true;
            }
            catch (StreamLockedException)
            {
                return false;
            }
        });
        Assert.Equal(expected, found);
    }

    private static bool ThrowsDisposed(EntryEnumerator entries)
    {
        try
        {
            entries.MoveNext();
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}
