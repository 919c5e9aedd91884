namespace PmemStream.Interop.Tests.Support;

/// <summary>How often something is tried at random.</summary>
internal static class TestRounds
{
    /// <summary>As often as that; less on Windows, because under Wine a call of the system takes many times as long.</summary>
    public static int Of(int usual) => OperatingSystem.IsWindows() ? (usual / 4) + 1 : usual;
}
