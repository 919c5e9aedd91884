using System.Reflection;

namespace PmemStream.Bindings.Generator.Tests.Support;

/// <summary>Where things are.</summary>
internal static class Paths
{
    public static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    /// <summary>The generator that was built with the tests.</summary>
    public static string Generator { get; } = Metadata("Generator");

    /// <summary>Headers, response files, and what the generator has to make of them.</summary>
    public static string Cases { get; } =
        Path.Combine(RepositoryRoot, "tests", "PmemStream.Bindings.Generator.Tests", "Cases");

    /// <summary>Headers and what ClangSharpPInvokeGenerator made of them; not part of the repository.</summary>
    public static string Samples { get; } =
        Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared", "clangsharp"));

    private static string Metadata(string key) => typeof(Paths).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
