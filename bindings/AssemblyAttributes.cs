using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Every type that crosses the border to C is blittable: nothing is converted, and a type that is not cannot slip in.
[assembly: DisableRuntimeMarshalling]

// The library is found by PmemStream.Interop.Native.NativeLibraryResolver. What the runtime would try by itself, should
// that ever be by-passed, is the folder of this assembly and nothing that depends on the current folder.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
