using System.Text;
using PmemStream.Interop.Native;

namespace PmemStream.Interop.Tests;

/// <summary>What each status of the core becomes.</summary>
public sealed unsafe class FailureTests
{
    private const string StreamPath = "/somewhere/orders.pms";

    public static TheoryData<int, Type, Type> Statuses => new()
    {
        { (int)pms_status.PMS_E_INVALID_ARGUMENT, typeof(ArgumentException), typeof(ArgumentException) },
        { (int)pms_status.PMS_E_CLOSED, typeof(ObjectDisposedException), typeof(ObjectDisposedException) },
        { (int)pms_status.PMS_E_STALE, typeof(StaleRegionException), typeof(StaleRegionException) },
        { (int)pms_status.PMS_E_READ_ONLY, typeof(InvalidOperationException), typeof(InvalidOperationException) },
        { (int)pms_status.PMS_E_ENDED, typeof(InvalidOperationException), typeof(InvalidOperationException) },
        { (int)pms_status.PMS_E_FORKED, typeof(InvalidOperationException), typeof(InvalidOperationException) },
        { (int)pms_status.PMS_E_NOT_FOUND, typeof(StreamNotFoundException), typeof(RegionNotFoundException) },
        { (int)pms_status.PMS_E_EXISTS, typeof(StreamExistsException), typeof(RegionExistsException) },
        { (int)pms_status.PMS_E_REGION_FULL, typeof(RegionFullException), typeof(RegionFullException) },
        { (int)pms_status.PMS_E_STREAM_FULL, typeof(StreamFullException), typeof(StreamFullException) },
        { (int)pms_status.PMS_E_BUSY, typeof(RegionBusyException), typeof(RegionBusyException) },
        { (int)pms_status.PMS_E_NO_ENTRY, typeof(EntryNotFoundException), typeof(EntryNotFoundException) },
        { (int)pms_status.PMS_E_IO, typeof(StreamStorageException), typeof(StreamStorageException) },
        { (int)pms_status.PMS_E_NO_SPACE, typeof(StreamNoSpaceException), typeof(StreamNoSpaceException) },
        { (int)pms_status.PMS_E_PERMISSION, typeof(StreamAccessDeniedException), typeof(StreamAccessDeniedException) },
        { (int)pms_status.PMS_E_LOCKED, typeof(StreamLockedException), typeof(StreamLockedException) },
        { (int)pms_status.PMS_E_NO_MEMORY, typeof(StreamStorageException), typeof(StreamStorageException) },
        { (int)pms_status.PMS_E_MEDIUM, typeof(StreamMediumException), typeof(StreamMediumException) },
        { (int)pms_status.PMS_E_POISONED, typeof(StreamPoisonedException), typeof(StreamPoisonedException) },
        { (int)pms_status.PMS_E_NOT_SUPPORTED, typeof(StreamStorageException), typeof(StreamStorageException) },
        { (int)pms_status.PMS_E_NOT_A_STREAM, typeof(StreamFormatException), typeof(StreamFormatException) },
        { (int)pms_status.PMS_E_NEWER_VERSION, typeof(StreamFormatException), typeof(StreamFormatException) },
        { (int)pms_status.PMS_E_UNKNOWN_FEATURE, typeof(StreamFormatException), typeof(StreamFormatException) },
        { (int)pms_status.PMS_E_TRUNCATED, typeof(StreamFormatException), typeof(StreamFormatException) },
        { (int)pms_status.PMS_E_CORRUPT, typeof(StreamCorruptException), typeof(StreamCorruptException) },
        { (int)pms_status.PMS_E_EXHAUSTED, typeof(PmemStreamException), typeof(PmemStreamException) },
        { (int)pms_status.PMS_E_INTERNAL, typeof(PmemStreamException), typeof(PmemStreamException) },
        { -12345, typeof(PmemStreamException), typeof(PmemStreamException) },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public void From_Status_IsItsExceptionAndSaysWhatAndWhere(int status, Type whenOpening, Type whenOpen)
    {
        NativeLibraryResolver.EnsureUsable();
        pms_error error = Detail(status, "expected this, found that");
        foreach ((SubjectKind kind, Type expected) in new[]
        {
            (SubjectKind.Opening, whenOpening),
            (SubjectKind.Creating, whenOpening),
            (SubjectKind.Stream, whenOpen),
            (SubjectKind.Region, whenOpen),
        })
        {
            Exception failure = Failures.From(status, &error, new Subject(StreamPath, "log", kind), "options");
            Assert.Equal(expected, failure.GetType());
            if (failure is PmemStreamException storage)
            {
                Assert.Equal(status, (int)storage.Status);
                Assert.Equal(StreamPath, storage.Path);
                Assert.Equal("log", storage.RegionName);
                Assert.Equal(4242, storage.Position);
                Assert.Equal(5, storage.OsError);
                Assert.StartsWith(
                    $"{StreamPath}, region 'log': expected this, found that.", storage.Message, StringComparison.Ordinal);
                Assert.DoesNotContain("..", storage.Message, StringComparison.Ordinal);
            }
        }

        // Without a detail record, or with that of another call, the text of the status is used.
        error.status = 1;
        string text = NativeText.Decode(NativeMethods.pms_status_text(status));
        var subject = new Subject(StreamPath, null, SubjectKind.Stream);
        foreach (Exception failure in new[] { Failures.From(status, null, subject), Failures.From(status, &error, subject) })
        {
            if (failure is PmemStreamException storage)
            {
                Assert.StartsWith($"{StreamPath}: {text}.", storage.Message, StringComparison.Ordinal);
                Assert.Null(storage.Position);
                Assert.Equal(0, storage.OsError);
            }
        }
    }

    [Fact]
    public void From_EveryStatusOfTheHeader_IsCovered()
    {
        IEnumerable<int> covered = Statuses.Select(row => row.Data.Item1);
        Assert.All(
            Enum.GetValues<pms_status>().Except(
                [
                    pms_status.PMS_OK, pms_status.PMS_E_END, pms_status.PMS_E_TOO_SMALL, pms_status.PMS_E_TIMEOUT,
                    pms_status.PMS_E_CANCELLED,
                ]),
            status => Assert.Contains((int)status, covered));
    }

    [Fact]
    public void From_TextThatNamesTheFile_NamesItOnce()
    {
        NativeLibraryResolver.EnsureUsable();
        pms_error error = Detail((int)pms_status.PMS_E_IO, $"cannot open '{StreamPath}'");
        Exception failure = Failures.From(error.status, &error, new Subject(StreamPath, null, SubjectKind.Opening));
        Assert.Equal($"cannot open '{StreamPath}'.", failure.Message);
    }

    [Fact]
    public void From_WrongFlushPolicy_DoesNotSpeakOfTheRequiredMedium()
    {
        NativeLibraryResolver.EnsureUsable();
        pms_error error = Detail((int)pms_status.PMS_E_MEDIUM, "the flush policy 'sync' does not fit this");
        Exception failure = Failures.From(error.status, &error, new Subject(StreamPath, null, SubjectKind.Opening));
        Assert.Contains("FlushPolicy", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("RequiredMedium", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void From_TextThatNamesTheRegion_NamesItOnce()
    {
        NativeLibraryResolver.EnsureUsable();
        pms_error error = Detail((int)pms_status.PMS_E_IO, "cannot sync the region 'log'.");
        Exception failure = Failures.From(error.status, &error, new Subject(StreamPath, "log", SubjectKind.Region));
        Assert.Equal($"{StreamPath}: cannot sync the region 'log'.", failure.Message);
    }

    [Fact]
    public void PmemStreamException_Family_IsIOExceptionAndHasNoPublicConstructors()
    {
        Type[] family = [.. typeof(PmemStreamException).Assembly.GetExportedTypes()
            .Where(type => type.IsAssignableTo(typeof(Exception)))];

        // But what was cancelled is no failure: whoever catches cancellations catches it.
        Assert.Equal(
            [typeof(AppendCanceledException)], family.Where(type => !type.IsAssignableTo(typeof(PmemStreamException))));
        Assert.True(typeof(AppendCanceledException).IsAssignableTo(typeof(OperationCanceledException)));
        Assert.True(typeof(PmemStreamException).IsAssignableTo(typeof(IOException)));
        Assert.All(family, type => Assert.Empty(type.GetConstructors()));
    }

    [Fact]
    public void ExportedTypes_Names_AreNeverTheNamespaces() => Assert.DoesNotContain(
        typeof(PersistentStream).Assembly.GetTypes(), type => type.Name == "PmemStream");

    private static pms_error Detail(int status, string message)
    {
        pms_error error = default;
        error.status = status;
        error.position = 4242;
        error.os_error = 5;
        error.expected = 1;
        error.found = 2;
        Encoding.UTF8.GetBytes(message).CopyTo(
            System.Runtime.InteropServices.MemoryMarshal.Cast<sbyte, byte>((Span<sbyte>)error.message));
        return error;
    }
}
