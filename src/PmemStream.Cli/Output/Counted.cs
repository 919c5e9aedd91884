namespace PmemStream.Cli.Output;

/// <summary>A number and what it counts.</summary>
internal static class Counted
{
    /// <summary>"1 entry", "2 entries".</summary>
    public static string Of(long count, string one, string? many = null) =>
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many ?? one + "s")}");
}
