using PmemStream.Interop;

namespace PmemStream.Cli.Tests;

/// <summary>Sizes on the command line.</summary>
public sealed class SizeTests
{
    [Theory]
    [InlineData("2097152", 2097152)]
    [InlineData("2048KiB", 2097152)]
    [InlineData("2MiB", 2097152)]
    [InlineData("2mib", 2097152)]
    public void Create_GoodSize_MakesAFileOfThatSize(string size, long expectedBytes)
    {
        using var folder = TestFolder.InMemory();

        Tool.Run("create", folder.Stream, "--size", size).Ok();

        Assert.Equal(expectedBytes, new FileInfo(folder.Stream).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("12x")]
    [InlineData("1.5GiB")]
    [InlineData("MiB")]
    [InlineData("64 KiB")]
    [InlineData("64KB")]
    [InlineData("+1")]
    [InlineData("9223372036854775808")]
    [InlineData("8388608TiB")]
    [InlineData("99999999999999999999999TiB")]
    public void Create_BadSize_IsMisuseAndSaysWhatIsExpected(string size)
    {
        using var folder = TestFolder.InMemory();

        Tool.Run("create", folder.Stream, "--size", size).Failed(2, "--size", "64KiB, 256MiB or 1GiB");

        Assert.False(File.Exists(folder.Stream));
    }

    [Fact]
    public void Create_SizeTooSmallForARegion_IsMisuse()
    {
        using var folder = TestFolder.InMemory();

        Tool.Run("create", folder.Stream, "--size", "1").Failed(2, "Size is 20480 to ");

        Assert.False(File.Exists(folder.Stream));
    }

    [Fact]
    public void RegionCreate_Size_IsAtLeastWhatWasAskedFor()
    {
        using var folder = TestFolder.InMemory();
        Tool.Run("create", folder.Stream, "--size", "4MiB").Ok();

        Tool.Run("region", "create", folder.Stream, "small", "--size", "100000").Ok();

        using var stream = PersistentStream.OpenReadOnly(folder.Stream);
        Assert.InRange(stream.GetRegion("small").Info.UsableBytes, 100_000, 110_000);
    }
}
