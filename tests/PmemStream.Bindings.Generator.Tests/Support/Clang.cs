namespace PmemStream.Bindings.Generator.Tests.Support;

/// <summary>Most tests need clang; without it they are skipped, and say so.</summary>
internal static class Clang
{
    private static readonly bool IsPresent = Find();

    public static void SkipWhereMissing() =>
        Assert.SkipUnless(IsPresent, "allowed: clang is not on the PATH (package clang-14)");

    private static bool Find()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return folders.Any(folder =>
            File.Exists(Path.Combine(folder, "clang-14")) || File.Exists(Path.Combine(folder, "clang")));
    }
}
