using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

/// <summary>Reservations as the destination of serialisers.</summary>
public sealed class ReservationWriterTests
{
    [Fact]
    public void Publish_AfterUtf8JsonWriter_IsTheJsonAlone()
    {
        using var folder = new TestFolder();
        using (PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region))
        {
            using EntryReservation slot = region.Reserve(1024);
            using (var json = new Utf8JsonWriter(slot))
            {
                WriteOrder(json, 42);
            }

            Assert.Equal(Order(42).Length, slot.WrittenCount);
            slot.Publish();
            Assert.Equal([Order(42)], region.Texts());
        }

        using PersistentStream again = PersistentStream.Open(folder.Stream);
        Assert.Equal([Order(42)], again.GetRegion(TestStreams.RegionName).Texts());
    }

    [Fact]
    public void Publish_AfterManyFlushes_JoinsThem()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryReservation slot = region.Reserve(64 << 10);
        using var expected = new MemoryStream();
        using (var json = new Utf8JsonWriter(slot))
        using (var beside = new Utf8JsonWriter(expected))
        {
            foreach (Utf8JsonWriter writer in new[] { json, beside })
            {
                writer.WriteStartArray();
                for (int index = 0; index < 500; index++)
                {
                    WriteOrder(writer, index);
                    if (index % 7 == 0)
                    {
                        writer.Flush();
                    }
                }

                writer.WriteEndArray();
            }
        }

        slot.Publish();
        Assert.Equal([Encoding.UTF8.GetString(expected.ToArray())], region.Texts());
    }

    [Fact]
    public async Task Publish_AfterAsynchronousFlushes_JoinsThem()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryReservation slot = region.Reserve(16 << 10);
        await using (var json = new Utf8JsonWriter(slot))
        {
            json.WriteStartArray();
            for (int index = 0; index < 20; index++)
            {
                WriteOrder(json, index);
                await json.FlushAsync();
                await Task.Yield();
            }

            json.WriteEndArray();
        }

        slot.Publish();
        Assert.Equal(["[" + string.Join(',', Enumerable.Range(0, 20).Select(Order)) + "]"], region.Texts());
    }

    // A stream copied in by its asynchronous reads: the memory is handed to code that pins it.
    [Fact]
    public async Task GetMemory_FilledByReadAsync_IsTheEntry()
    {
        using var folder = new TestFolder();
        byte[] data = TestStreams.Payload(100_000, 1);
        await File.WriteAllBytesAsync(folder.File("source"), data);
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryReservation slot = region.Reserve(data.Length + 1);
        await using (FileStream source = new(
            folder.File("source"), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true))
        {
            for (int read = -1; read != 0;)
            {
                read = await source.ReadAsync(slot.GetMemory()[..Math.Min(7000, slot.GetMemory().Length)]);
                slot.Advance(read);
            }
        }

        Assert.Equal(data, region.ReadToArray(slot.Publish()));
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Tick(long Time, double Price, int Volume, int Venue);

    [Fact]
    public void GetSpan_StructsByMemoryMarshal_AreRead()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        Tick[] ticks = [new(1, 2.5, 3, 4), new(5, -6.25, 7, 8)];
        using (EntryReservation slot = region.Reserve(2 * Marshal.SizeOf<Tick>()))
        {
            foreach (Tick tick in ticks)
            {
                MemoryMarshal.Write(slot.GetSpan(Marshal.SizeOf<Tick>()), in tick);
                slot.Advance(Marshal.SizeOf<Tick>());
            }

            slot.Publish();
        }

        foreach (StreamEntry entry in region)
        {
            Assert.Equal(ticks, MemoryMarshal.Cast<byte, Tick>(entry.Data).ToArray());
            Assert.Equal(ticks[1], MemoryMarshal.Read<Tick>(entry.Data[Marshal.SizeOf<Tick>()..]));
        }
    }

    [Fact]
    public void Publish_AfterSpanAlone_IsAllThatWasReserved()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryReservation slot = region.Reserve(5);
        "abcde"u8.CopyTo(slot.Span);
        Assert.Equal(0, slot.WrittenCount);
        slot.Publish();
        Assert.Equal(["abcde"], region.Texts());
    }

    [Fact]
    public void Publish_AfterGetSpanWithoutAdvance_IsEmpty()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryReservation slot = region.Reserve(5);
        slot.GetSpan().Fill(1);
        slot.Publish();
        Assert.Equal([""], region.Texts());
    }

    [Fact]
    public void GetSpan_AfterAdvance_IsWhatIsLeft()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryReservation slot = region.Reserve(10);
        Assert.Equal((10, 10), (slot.GetSpan().Length, slot.GetMemory(10).Length));
        "abc"u8.CopyTo(slot.GetSpan(3));
        slot.Advance(3);
        Assert.Equal((7, 7), (slot.GetSpan(7).Length, slot.GetMemory().Length));
        "defghij"u8.CopyTo(slot.GetMemory().Span);
        slot.Advance(0);
        slot.Advance(7);
        slot.Advance(0);
        Assert.Equal(10, slot.WrittenCount);
        slot.Publish();
        Assert.Equal(["abcdefghij"], region.Texts());
    }

    [Fact]
    public void GetMemory_MoreThanIsLeft_SaysHowMuchIs()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        using EntryReservation slot = region.Reserve(100);
        slot.Advance(60);
        foreach (Action ask in new Action[] { () => slot.GetMemory(41), () => slot.GetSpan(41) })
        {
            InvalidOperationException failure = Assert.Throws<InvalidOperationException>(ask);
            Assert.Contains("41 bytes", failure.Message, StringComparison.Ordinal);
            Assert.Contains("40 of the 100", failure.Message, StringComparison.Ordinal);
        }

        Assert.Throws<InvalidOperationException>(() => new Utf8JsonWriter(slot).WriteNullValue());
        slot.Advance(40);
        Assert.Throws<InvalidOperationException>(() => slot.GetMemory());
        Assert.Throws<ArgumentOutOfRangeException>("sizeHint", () => slot.GetMemory(-1));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => slot.Advance(1));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => slot.Advance(-1));
        slot.Publish(0);
        Assert.Equal([""], region.Texts());
    }

    [Fact]
    public unsafe void GetMemory_AfterTheEnd_CannotBeUsed()
    {
        using var folder = new TestFolder();
        using PersistentStream stream = TestStreams.Create(folder.Stream, out StreamRegion region);
        foreach (Action<EntryReservation> end in new Action<EntryReservation>[]
        {
            slot => slot.Publish(), slot => slot.Abandon(), slot => slot.Dispose(),
        })
        {
            EntryReservation slot = region.Reserve(10);
            Memory<byte> memory = slot.GetMemory();
            using (MemoryHandle pin = memory[2..].Pin())
            {
                *(byte*)pin.Pointer = (byte)'p';
            }

            Assert.Equal((byte)'p', memory.Span[2]);
            end(slot);
            Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
            Assert.Throws<ObjectDisposedException>(() => memory.Pin());
            Assert.Throws<ObjectDisposedException>(() => memory[1..].ToArray());
            Assert.ThrowsAny<InvalidOperationException>(() => slot.GetMemory());
            Assert.ThrowsAny<InvalidOperationException>(() => slot.GetSpan().Length);
            Assert.ThrowsAny<InvalidOperationException>(() => slot.Advance(0));
        }

        EntryReservation open = region.Reserve(10);
        Memory<byte> last = open.GetMemory();
        stream.Dispose();
        Assert.Throws<ObjectDisposedException>(() => last.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => open.GetMemory());
        open.Dispose();
    }

    private static void WriteOrder(Utf8JsonWriter json, int number)
    {
        json.WriteStartObject();
        json.WriteNumber("id", number);
        json.WriteString("name", "größe");
        json.WriteEndObject();
    }

    private static string Order(int number) => $$"""{"id":{{number}},"name":"gr\u00F6\u00DFe"}""";
}
