using System.Text;

namespace PmemStream.Cli.Output;

/// <summary>Names of values, as words.</summary>
internal static class Words
{
    /// <summary>"HeaderDamaged" is "header damaged", or "header-damaged".</summary>
    public static string Of(string name, char separator = ' ')
    {
        var words = new StringBuilder(name.Length + 4);
        foreach (char letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && words.Length > 0)
            {
                words.Append(separator);
            }

            words.Append(char.ToLowerInvariant(letter));
        }

        return words.ToString();
    }
}
