namespace PmemStream.FormatReader.Tests;

/// <summary>The two checks of the format, against numbers that other implementations gave.</summary>
public sealed class ChecksumTests
{
    // From xxhash.h of libxxhash 0.8.1, XXH3_64bits over the first bytes of Pattern.
    public static TheoryData<int, ulong> Vectors => new()
    {
        { 0, 0x2D06800538D394C2 },
        { 1, 0xF319FE2BDFCDFEBD },
        { 2, 0x6C2CA74CA555B69D },
        { 3, 0xA107BB65B715C89B },
        { 4, 0x509F0567AA8A3123 },
        { 5, 0x6E8BB692F31805E8 },
        { 7, 0x7D56F02B162BEE3C },
        { 8, 0xB1433DC39B7F946E },
        { 9, 0xFE2542440B36DDC7 },
        { 12, 0x7574E41F1948C66E },
        { 15, 0xED08D99F5F3A0D83 },
        { 16, 0x715189FF3DCDCFF6 },
        { 17, 0x7D33163B8AF0179C },
        { 32, 0x909CA0C765B1753C },
        { 33, 0x60F5A6AC1C8B4A59 },
        { 56, 0x872F9BD4E1D1DFF9 },
        { 64, 0x0991D97CD58DD82D },
        { 65, 0x8E4F57A107B176DB },
        { 96, 0x8ADAF9D6E4F4721F },
        { 97, 0xC1E958E855648D78 },
        { 127, 0x7BC5430CC7221484 },
        { 128, 0xEE847F7FCEF4DDBC },
        { 129, 0x7E3E7B750239D4FC },
        { 144, 0xBE85DAE44037BAFD },
        { 160, 0x0F2ADB08915EA24E },
        { 200, 0xD57157E6BE124C50 },
        { 239, 0x1D79153451245F8C },
        { 240, 0x44089A144AADE02D },
        { 241, 0xED93572E52ACAC83 },
        { 255, 0xECEDE890DD88244B },
        { 256, 0x5356E48742805B6A },
        { 257, 0x7E8A463C5C4C9C8F },
        { 512, 0xD24BCBD9DFEFEC5B },
        { 1023, 0x047380AA65016BF5 },
        { 1024, 0xF9BF1EE035A040AC },
        { 1025, 0x70A447382D332CF9 },
        { 1088, 0xE7CCCCF692F97A9E },
        { 2048, 0xF822771E45ED0902 },
        { 2049, 0xCE7F6FFD4C22AB1F },
        { 4096, 0x8DE76FDD779A5067 },
        { 4999, 0x1B3A77CFDA66DD4A },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Hash_EachLengthClass_IsThatOfXxHash(int length, ulong expected)
    {
        byte[] pattern = [.. Enumerable.Range(0, length).Select(i => (byte)((i * 131) + ((i >> 8) * 7) + 17))];
        Assert.Equal(expected, Xxh3.Hash(pattern));
    }

    [Fact]
    public void Crc8_CheckString_IsThatOfTheCatalogue()
    {
        // CRC-8/SMBUS has the same polynomial and starts at 0.
        Assert.Equal(0xF4, StoredWord.Crc8(0, "123456789"u8));
    }

    [Fact]
    public void Read_WordElsewhereOrZero_IsNotWhole()
    {
        byte[] uuid = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
        byte[] stream = new byte[256];
        ulong raw = 12345 | ((ulong)StoredWord.Check(12345, WordRole.BaseTimestamp, 64, uuid) << 56);
        BitConverter.TryWriteBytes(stream.AsSpan(64), raw);
        BitConverter.TryWriteBytes(stream.AsSpan(128), raw);

        StoredWord whole = StoredWord.Read(stream, WordRole.BaseTimestamp, 64, uuid);
        Assert.True(whole.IsWhole);
        Assert.Equal(12345UL, whole.Value);
        Assert.False(StoredWord.Read(stream, WordRole.BaseTimestamp, 128, uuid).IsWhole);
        Assert.False(StoredWord.Read(stream, WordRole.Checkpoint, 64, uuid).IsWhole);
        Assert.False(StoredWord.Read(stream, WordRole.BaseTimestamp, 0, uuid).IsWhole);
    }
}
