using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

// Detail records of half a KiB lie on the stack of every call; the core fills them when it fails, nobody else reads them.
[module: SkipLocalsInit]

// A stream here is the file or device with all its regions; it is no System.IO.Stream.
[assembly: SuppressMessage(
    "Naming",
    "CA1711:Identifiers should not have incorrect suffix",
    Justification = "'Stream' is the word of the domain.",
    Scope = "type",
    Target = "~T:PmemStream.Interop.PersistentStream")]
