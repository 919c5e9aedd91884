using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

// The parameters that every implementation of these interfaces ignores may be left out, as in the framework's own types.
#pragma warning disable MA0061

namespace PmemStream.Interop;

/// <summary>Names an entry for ever. Can be stored, sent and compared; 16 bytes.</summary>
/// <remarks>
/// A position never names another entry than the one it was given for: when its region was cleared or freed since, it is
/// refused with <see cref="EntryNotFoundException"/>. The default value (0, 0) is the position before the first entry.
/// As text it is <c>OFFSET@TIMESTAMP</c> in decimal digits, the same in every culture.
/// </remarks>
/// <param name="Offset">Where the entry begins in the stream, in bytes from its start.</param>
/// <param name="Timestamp">
/// The entry's place in the order of the whole stream. A logical clock, never the time of day: it grows with every entry
/// and has gaps.
/// </param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct EntryPosition(long Offset, ulong Timestamp)
    : IComparable<EntryPosition>, ISpanFormattable, ISpanParsable<EntryPosition>
{
    private const char Separator = '@';

    /// <summary>True for the default value: no entry, the position before the first.</summary>
    public bool IsDefault => Offset == 0 && Timestamp == 0;

    /// <summary>Is <paramref name="left"/> earlier?</summary>
    /// <param name="left">A position.</param>
    /// <param name="right">Another.</param>
    /// <returns>True if <paramref name="left"/> comes first in the order of <see cref="CompareTo(EntryPosition)"/>.</returns>
    public static bool operator <(EntryPosition left, EntryPosition right) => left.CompareTo(right) < 0;

    /// <summary>Is <paramref name="left"/> earlier, or the same?</summary>
    /// <param name="left">A position.</param>
    /// <param name="right">Another.</param>
    /// <returns>True if <paramref name="left"/> does not come after <paramref name="right"/>.</returns>
    public static bool operator <=(EntryPosition left, EntryPosition right) => left.CompareTo(right) <= 0;

    /// <summary>Is <paramref name="left"/> later?</summary>
    /// <param name="left">A position.</param>
    /// <param name="right">Another.</param>
    /// <returns>True if <paramref name="left"/> comes after <paramref name="right"/>.</returns>
    public static bool operator >(EntryPosition left, EntryPosition right) => left.CompareTo(right) > 0;

    /// <summary>Is <paramref name="left"/> later, or the same?</summary>
    /// <param name="left">A position.</param>
    /// <param name="right">Another.</param>
    /// <returns>True if <paramref name="left"/> does not come before <paramref name="right"/>.</returns>
    public static bool operator >=(EntryPosition left, EntryPosition right) => left.CompareTo(right) >= 0;

    /// <summary>Reads what <see cref="ToString()"/> writes.</summary>
    /// <param name="s">The text: nothing before, between or after the digits but <c>@</c>.</param>
    /// <param name="provider">Not used: the form is the same in every culture.</param>
    /// <returns>The position.</returns>
    /// <exception cref="FormatException">It is no position.</exception>
    public static EntryPosition Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out EntryPosition result) ? result : throw Errors.BadPosition(s);

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    /// <exception cref="ArgumentNullException"><paramref name="s"/> is null.</exception>
    public static EntryPosition Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <summary>Reads what <see cref="ToString()"/> writes.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used: the form is the same in every culture.</param>
    /// <param name="result">The position, or the default value.</param>
    /// <returns>False if it is no position.</returns>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out EntryPosition result)
    {
        int at = s.IndexOf(Separator);
        if (at > 0
            && s[0] != '+'
            && long.TryParse(s[..at], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long offset)
            && ulong.TryParse(s[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ulong timestamp))
        {
            result = new EntryPosition(offset, timestamp);
            return true;
        }

        result = default;
        return false;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out EntryPosition)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out EntryPosition result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>Compares by the order of the whole stream: by timestamp, then by offset.</summary>
    /// <param name="other">The position to compare with.</param>
    /// <returns>Negative if this one is earlier, 0 if both are the same, positive if it is later.</returns>
    public int CompareTo(EntryPosition other)
    {
        int byTimestamp = Timestamp.CompareTo(other.Timestamp);
        return byTimestamp != 0 ? byTimestamp : Offset.CompareTo(other.Offset);
    }

    /// <summary>The position as <c>OFFSET@TIMESTAMP</c>.</summary>
    /// <returns>The text; <see cref="Parse(string, IFormatProvider?)"/> reads it.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Offset}{Separator}{Timestamp}");

    /// <summary>The position as <c>OFFSET@TIMESTAMP</c>.</summary>
    /// <param name="format">Null, empty or <c>G</c>: there is one form.</param>
    /// <param name="formatProvider">Not used: the form is the same in every culture.</param>
    /// <returns>The text.</returns>
    /// <exception cref="FormatException">There is no such format.</exception>
    public string ToString(string? format, IFormatProvider? formatProvider)
    {
        CheckFormat(format);
        return ToString();
    }

    /// <summary>Writes the position as <c>OFFSET@TIMESTAMP</c>.</summary>
    /// <param name="destination">Where to; 41 characters are always enough.</param>
    /// <param name="charsWritten">Number of characters written; 0 if it does not fit.</param>
    /// <param name="format">Empty or <c>G</c>: there is one form.</param>
    /// <param name="provider">Not used: the form is the same in every culture.</param>
    /// <returns>False if it does not fit.</returns>
    /// <exception cref="FormatException">There is no such format.</exception>
    public bool TryFormat(
        Span<char> destination,
        out int charsWritten,
        ReadOnlySpan<char> format = default,
        IFormatProvider? provider = null)
    {
        CheckFormat(format);
        if (destination.TryWrite(CultureInfo.InvariantCulture, $"{Offset}{Separator}{Timestamp}", out charsWritten))
        {
            return true;
        }

        charsWritten = 0;
        return false;
    }

    private static void CheckFormat(ReadOnlySpan<char> format)
    {
        if (format is not ("" or "G" or "g"))
        {
            throw Errors.BadPositionFormat(format);
        }
    }
}
