using System.Text;

namespace PmemStream.Cli.Output;

/// <summary>Makes one line of a text.</summary>
internal static class OneLine
{
    /// <summary>
    /// Returns <paramref name="text"/> with "; " for line breaks (a space after a colon) and spaces for other controls.
    /// </summary>
    public static string Of(string text)
    {
        var line = new StringBuilder(text.Length);
        const StringSplitOptions tidy = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        foreach (string part in text.Split(['\r', '\n'], tidy))
        {
            line.Append(line.Length == 0 ? string.Empty : line[^1] == ':' ? " " : "; ").Append(part);
        }

        for (int i = 0; i < line.Length; i++)
        {
            if (char.IsControl(line[i]) || line[i] is '\u2028' or '\u2029')
            {
                line[i] = ' ';
            }
        }

        return line.ToString();
    }
}
