using System.Globalization;
using PmemStream.Cli.Input;

namespace PmemStream.Cli.Output;

/// <summary>A value in a report: exact for programs, short for people.</summary>
internal readonly record struct ReportValue(string Exact, string Short)
{
    /// <summary>A text that is the same for both.</summary>
    public static ReportValue Of(string text) => new(OneLine.Of(text), OneLine.Of(text));

    /// <summary>A number that is the same for both.</summary>
    public static ReportValue Of(long number) => Of(number.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc cref="Of(long)"/>
    public static ReportValue Of(ulong number) => Of(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>A number of bytes.</summary>
    public static ReportValue Bytes(long bytes) => new(Of(bytes).Exact, ByteSize.Format(bytes));

    /// <summary>A name of the user's, escaped.</summary>
    public static ReportValue Name(string name) => new(EscapedText.Of(name), EscapedText.Of(name));
}
