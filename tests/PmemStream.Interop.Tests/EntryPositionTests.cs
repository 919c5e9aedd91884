using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace PmemStream.Interop.Tests;

public sealed class EntryPositionTests
{
    [Fact]
    public void ToString_AnyPosition_ParsesBackToTheSame() => Check.One(
        Config.QuickThrowOnFailure.WithQuietOnSuccess(true),
        Prop.ForAll<long, ulong>((offset, timestamp) =>
        {
            var position = new EntryPosition(offset, timestamp);
            return EntryPosition.Parse(position.ToString()) == position;
        }));

    [Fact]
    public void ToString_OtherNegativeSign_IsTheSame()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = culture;
            Assert.Equal("-1@2", new EntryPosition(-1, 2).ToString());
            Assert.Equal(new EntryPosition(-1, 2), EntryPosition.Parse("-1@2"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData(16896, 42, "16896@42")]
    [InlineData(0, 0, "0@0")]
    [InlineData(long.MaxValue, ulong.MaxValue, "9223372036854775807@18446744073709551615")]
    [InlineData(long.MinValue, ulong.MaxValue, "-9223372036854775808@18446744073709551615")]
    public void ToString_Position_IsOffsetAtTimestamp(long offset, ulong timestamp, string text)
    {
        var position = new EntryPosition(offset, timestamp);
        Assert.Equal(text, position.ToString());
        Assert.Equal(text, position.ToString("G", CultureInfo.InvariantCulture));
        Assert.Equal(text, $"{position}");
        Assert.Equal(position, EntryPosition.Parse(text, null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("1@")]
    [InlineData("@1")]
    [InlineData("1")]
    [InlineData("1@-1")]
    [InlineData("+1@2")]
    [InlineData("1@+2")]
    [InlineData("1@1 ")]
    [InlineData(" 1@1")]
    [InlineData("1 @1")]
    [InlineData("1@1@1")]
    [InlineData("0x1@1")]
    [InlineData("1,000@1")]
    [InlineData("9223372036854775808@1")]
    [InlineData("1@18446744073709551616")]
    public void Parse_NoPosition_ThrowsFormatException(string text)
    {
        Assert.False(EntryPosition.TryParse(text, null, out EntryPosition position));
        Assert.Equal(default, position);
        FormatException failure = Assert.Throws<FormatException>(() => EntryPosition.Parse(text));
        Assert.Contains("OFFSET@TIMESTAMP", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Null_ThrowsArgumentNullException()
    {
        Assert.Throws<ArgumentNullException>("s", () => EntryPosition.Parse((string)null!));
        Assert.False(EntryPosition.TryParse(null, null, out _));
    }

    [Fact]
    public void TryFormat_TooSmall_WritesNothing()
    {
        Span<char> buffer = stackalloc char[4];
        Assert.False(new EntryPosition(100, 2).TryFormat(buffer, out int written));
        Assert.Equal(0, written);
        Assert.True(new EntryPosition(10, 2).TryFormat(buffer, out written));
        Assert.Equal("10@2", buffer[..written].ToString());
    }

    [Fact]
    public void ToString_UnknownFormat_ThrowsFormatException()
    {
        Assert.Throws<FormatException>(() => new EntryPosition(1, 2).ToString("X", null));
        Assert.Throws<FormatException>(() =>
        {
            Span<char> buffer = stackalloc char[50];
            new EntryPosition(1, 2).TryFormat(buffer, out _, "X");
        });
    }

    [Fact]
    public void CompareTo_Positions_OrdersByTimestampThenOffset()
    {
        var first = new EntryPosition(900, 1);
        var second = new EntryPosition(100, 2);
        var third = new EntryPosition(101, 2);
        Assert.Equal([first, second, third], new[] { third, first, second }.Order());
        Assert.True(first < second && second <= third && third > second && third >= second);
        Assert.False(second < first || third <= second || second > third || first >= second);
        Assert.True(second >= new EntryPosition(100, 2) && second <= new EntryPosition(100, 2));
    }

    [Fact]
    public void IsDefault_DefaultAlone_IsTrue()
    {
        Assert.True(default(EntryPosition).IsDefault);
        Assert.False(new EntryPosition(1, 0).IsDefault);
        Assert.False(new EntryPosition(0, 1).IsDefault);
    }
}
