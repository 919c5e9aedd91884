using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace PmemStream.Interop.Native;

/// <summary>Finds and loads the core library.</summary>
/// <remarks>
/// Places, in this order: the folders that the host names for native libraries (that is where those of NuGet packages
/// are), the folder of the program, the folder of this assembly, <c>runtimes/&lt;rid&gt;/native</c> below both, and last
/// the system's own search. The current folder is never searched.
/// </remarks>
internal static class NativeLibraryResolver
{
    /// <summary>The name in the generated declarations.</summary>
    public const string LibraryName = "pmemstream_core";

#if NET9_0_OR_GREATER
    private static readonly Lock Gate = new();
#else
    private static readonly object Gate = new();
#endif
    private static volatile bool s_ready;
    private static bool s_registered;
    private static nint s_library;

    /// <summary>The name of the file on this system.</summary>
    public static string FileName { get; } =
        OperatingSystem.IsWindows() ? LibraryName + ".dll"
        : OperatingSystem.IsMacOS() ? "lib" + LibraryName + ".dylib"
        : "lib" + LibraryName + ".so";

    /// <summary>
    /// Loads the library and compares it with the declarations, the first time. Every way into the core begins here; the
    /// other calls need an object that only those return.
    /// </summary>
    /// <exception cref="DllNotFoundException">It is in none of the places; the text names them.</exception>
    /// <exception cref="NotSupportedException">It does not fit the declarations; the text says where.</exception>
    public static void EnsureUsable()
    {
        if (!s_ready)
        {
            LoadAndCheck();
        }
    }

    /// <summary>Loads the first library there is; the texts of all failures when there is none.</summary>
    internal static nint Load(IEnumerable<string> files, StringBuilder tried)
    {
        foreach (string file in files)
        {
            if (!File.Exists(file))
            {
                tried.Append("\n  ").Append(file).Append(": not there");
                continue;
            }

            try
            {
                return NativeLibrary.Load(file);
            }
            catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException)
            {
                tried.Append("\n  ").Append(file).Append(": ")
                    .Append(LibraryFile.WhyForeign(file) ?? OneLine(failure.Message));
            }
        }

        return 0;
    }

    /// <summary>The files to try, before the system's own search.</summary>
    internal static IReadOnlyList<string> Candidates()
    {
        var folders = new List<string>();
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string fromHost)
        {
            folders.AddRange(fromHost.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
        }

        string[] own = AssemblyFolder() is { Length: > 0 } assembly
            ? [AppContext.BaseDirectory, assembly]
            : [AppContext.BaseDirectory];
        folders.AddRange(own);
        folders.AddRange(own.SelectMany(folder =>
            RuntimeIdentifiers().Select(rid => Path.Combine(folder, "runtimes", rid, "native"))));
        return [.. folders.Select(folder => Path.GetFullPath(Path.Combine(folder, FileName))).Distinct()];
    }

    private static void LoadAndCheck()
    {
        lock (Gate)
        {
            if (s_ready)
            {
                return;
            }

            if (s_library == 0)
            {
                s_library = LoadAnywhere();
            }

            if (!s_registered)
            {
                NativeLibrary.SetDllImportResolver(typeof(NativeLibraryResolver).Assembly, Resolve);
                s_registered = true;
            }

            AbiCheck.Run();
            s_ready = true;
        }
    }

    private static nint LoadAnywhere()
    {
        var tried = new StringBuilder();
        nint library = Load(Candidates(), tried);
        if (library != 0)
        {
            return library;
        }

        // On Windows the folder of the system alone: not the current folder, not PATH.
        DllImportSearchPath? search = OperatingSystem.IsWindows() ? DllImportSearchPath.System32 : null;
        if (NativeLibrary.TryLoad(FileName, typeof(NativeLibraryResolver).Assembly, search, out library))
        {
            return library;
        }

        tried.Append("\n  ").Append(FileName).Append(": not in the places where the system looks for libraries");
        throw Errors.LibraryNotFound(FileName, tried.ToString());
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) =>
        name == LibraryName ? s_library : 0;

    [UnconditionalSuppressMessage(
        "SingleFile",
        "IL3000:Avoid accessing Assembly file path when publishing as a single file",
        Justification = "Empty in a single-file program: then the folder of the program is the only one.")]
    private static string? AssemblyFolder() =>
        Path.GetDirectoryName(typeof(NativeLibraryResolver).Assembly.Location);

    private static IEnumerable<string> RuntimeIdentifiers()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
#pragma warning disable CA1308 // Runtime identifiers are lower case.
        string architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
#pragma warning restore CA1308
        return new[] { RuntimeInformation.RuntimeIdentifier, $"{system}-{architecture}" }.Distinct();
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
