using System.Runtime.InteropServices;

/// <summary>What .NET calls before a program's own Main, if DOTNET_STARTUP_HOOKS names this assembly: loads frames.dll.</summary>
internal static class StartupHook
{
    /// <summary>Called once, by name. frames.dll stays loaded: the handler of exceptions is in it.</summary>
    public static void Initialize() =>
        NativeLibrary.Load(Path.Combine(Path.GetDirectoryName(typeof(StartupHook).Assembly.Location)!, "frames.dll"));
}
