using System.Reflection;

namespace PmemStream.Interop.Tests.Support;

/// <summary>The files from which this program was built: documents, and the sources whose text they quote.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "RepositoryRoot").Value!;

    /// <summary>The lines between the two, without their common indentation and without empty ones at the end.</summary>
    public static string Between(string[] lines, string first, string last)
    {
        string[] inner = [.. lines
            .SkipWhile(line => line.Trim() != first)
            .Skip(1)
            .TakeWhile(line => line.Trim() != last)];
        int indent = inner.Where(line => line.Length > 0).Select(line => line.Length - line.TrimStart().Length)
            .DefaultIfEmpty().Min();
        return string.Join('\n', inner.Select(line => line.Length == 0 ? line : line[indent..])).TrimEnd();
    }
}
