using System.Text;
using PmemStream.Interop.Native;
using PmemStream.Interop.Tests.Support;

namespace PmemStream.Interop.Tests;

public sealed class NativeLibraryTests
{
    [Fact]
    public void Collect_Declarations_EqualWhatTheLibraryReports()
    {
        NativeLibraryResolver.EnsureUsable();
        IReadOnlyDictionary<string, long> compiled = AbiCheck.ReadFromLibrary();

        // Both ways: nothing of the header is missing in the table, nothing in the table is missing in the library.
        Assert.Equal(Sorted(compiled), Sorted(AbiFacts.Collect()));
        Assert.True(compiled.Count > 150);
    }

    [Theory]
    [InlineData("sizeof(pms_error)")]
    [InlineData("offsetof(pms_error, position)")]
    [InlineData("PMS_E_IO")]
    public void Compare_OtherValue_NamesIt(string fact)
    {
        IReadOnlyDictionary<string, long> declared = AbiFacts.Collect();
        var compiled = new Dictionary<string, long>(declared);
        Assert.Null(AbiCheck.Compare(declared, compiled));
        compiled["something new"] = 1;
        Assert.Null(AbiCheck.Compare(declared, compiled));
        compiled[fact] += 8;
        Assert.Equal(
            $"{fact}: expected {declared[fact]}, found {declared[fact] + 8}", AbiCheck.Compare(declared, compiled));
        compiled.Remove(fact);
        Assert.Equal(
            $"{fact}: expected {declared[fact]}, the library does not know it", AbiCheck.Compare(declared, compiled));
    }

    [Fact]
    public void Compare_EverythingDiffers_IsOneText()
    {
        IReadOnlyDictionary<string, long> declared = AbiFacts.Collect();
        string difference = AbiCheck.Compare(declared, new Dictionary<string, long>())!;
        Assert.EndsWith($"and {declared.Count - 8} more", difference, StringComparison.Ordinal);
        NotSupportedException failure = Errors.AbiMismatch(difference);
        Assert.Contains(NativeLibraryResolver.FileName, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoLibraryThere_NamesEveryPlace()
    {
        string folder = Directory.CreateTempSubdirectory("pmemstream-").FullName;
        try
        {
            string text = Path.Combine(folder, NativeLibraryResolver.FileName);
            File.WriteAllText(text, "not a library");
            string missing = Path.Combine(folder, "missing", NativeLibraryResolver.FileName);
            var tried = new StringBuilder();
            Assert.Equal(0, NativeLibraryResolver.Load([missing, text], tried));
            DllNotFoundException failure = Errors.LibraryNotFound(NativeLibraryResolver.FileName, tried.ToString());
            Assert.Contains($"{missing}: not there", failure.Message, StringComparison.Ordinal);
            Assert.Contains($"{text}: ", failure.Message, StringComparison.Ordinal);
            Assert.Contains($"{text}: is no library for any system", failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The first bytes of libraries: a 64-bit ELF file for each of two processors, and a PE file.
    [Theory]
    [InlineData("7F454C46020101000000000000000000" + "0300B700", "linux-arm64")]
    [InlineData("7F454C46020101000000000000000000" + "03003E00", "linux-x64")]
    [InlineData("7F454C46010101000000000000000000" + "03000300", "linux-32-bit")]
    [InlineData("4D5A" + "PAD" + "40000000" + "504500006486", "win-x64")]
    [InlineData("4D5A" + "PAD" + "40000000" + "5045000064AA", "win-arm64")]
    public void WhyForeign_LibraryOfAnotherSystem_SaysWhichAndWhere(string bytes, string target)
    {
        using var folder = new TestFolder();
        string file = folder.File(NativeLibraryResolver.FileName);
        File.WriteAllBytes(file, Convert.FromHexString(bytes.Replace("PAD", new string('0', 116), StringComparison.Ordinal)));
        string own = System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier;
        var tried = new StringBuilder();
        Assert.Equal(0, NativeLibraryResolver.Load([file], tried));
        if (target == own)
        {
            Assert.Null(LibraryFile.WhyForeign(file));
            return;
        }

        Assert.StartsWith($"is for {target}, this process is ", LibraryFile.WhyForeign(file), StringComparison.Ordinal);
        Assert.Contains($"{file}: is for {target}, this process is ", tried.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Candidates_Places_AreTheProgramsFolderAndItsRuntimes()
    {
        IReadOnlyList<string> candidates = NativeLibraryResolver.Candidates();
        Assert.Equal(candidates.Distinct(), candidates);
        Assert.All(candidates, candidate => Assert.True(Path.IsPathFullyQualified(candidate)));
        Assert.Contains(Path.Combine(AppContext.BaseDirectory, NativeLibraryResolver.FileName), candidates);
        Assert.Contains(candidates, candidate => candidate.StartsWith(
            Path.Combine(AppContext.BaseDirectory, "runtimes"), StringComparison.Ordinal));
    }

    [Fact]
    public void StreamStatus_Members_HaveTheNumbersOfTheCore()
    {
        var core = Enum.GetValues<pms_status>().Select(status => (int)status).ToHashSet();
        Assert.All(Enum.GetValues<StreamStatus>(), status => Assert.Contains((int)status, core));

        // The others never reach a caller as a status: they are other exceptions, or no failures.
        Assert.Equal(
            [
                "PMS_E_CANCELLED", "PMS_E_CLOSED", "PMS_E_END", "PMS_E_ENDED", "PMS_E_FORKED", "PMS_E_INVALID_ARGUMENT",
                "PMS_E_READ_ONLY", "PMS_E_TIMEOUT", "PMS_E_TOO_SMALL",
            ],
            Enum.GetValues<pms_status>()
                .Where(status => !Enum.IsDefined((StreamStatus)status))
                .Select(status => status.ToString())
                .Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Sorted(IReadOnlyDictionary<string, long> facts) =>
        facts.Select(fact => $"{fact.Key} = {fact.Value}").Order(StringComparer.Ordinal);
}
