using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PmemStream.Interop.Native;

/// <summary>
/// For which system and processor a native library is. The systems say of one that is for another no more than that it
/// cannot be loaded, or even that it is not there.
/// </summary>
internal static class LibraryFile
{
    private const int HeaderBytes = 4096;

    /// <summary>
    /// Why a library that is there cannot be one for this process: "is for linux-arm64, this process is linux-x64". Null when
    /// that is not the reason, as far as its first bytes tell.
    /// </summary>
    public static string? WhyForeign(string path)
    {
        string own = System(OperatingSystem.IsWindows()) + Name(RuntimeInformation.ProcessArchitecture);
        string? found = TargetOf(path, own);
        return found is null
            ? $"is no library for any system, this process is {own}"
            : found == own ? null : $"is for {found}, this process is {own}";
    }

    // Null: of no kind that is known. What cannot be read is the system's to explain.
    private static string? TargetOf(string path, string unreadable)
    {
        Span<byte> bytes = stackalloc byte[HeaderBytes];
        try
        {
            using FileStream file = File.OpenRead(path);
            bytes = bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return unreadable;
        }

        // ELF: 64 bits, little-endian; the machine is at 18. PE: where its header is stands at 60; the machine is at 4 there.
        if (bytes.Length >= 20 && bytes[0] == 0x7F && bytes[1..].StartsWith("ELF"u8))
        {
            return System(windows: false) + (bytes[4] == 2 ? ElfMachine(bytes[18..]) : "32-bit");
        }

        if (bytes.Length >= 64 && bytes.StartsWith("MZ"u8))
        {
            int header = BinaryPrimitives.ReadInt32LittleEndian(bytes[60..]);
            return header >= 0 && header <= bytes.Length - 6 && bytes[header..].StartsWith("PE\0\0"u8)
                ? System(windows: true) + PeMachine(bytes[(header + 4)..])
                : null;
        }

        return null;
    }

    private static string System(bool windows) => windows ? "win-" : "linux-";

    private static string Name(Architecture architecture) => architecture switch
    {
        Architecture.X64 => "x64",
        Architecture.Arm64 => "arm64",
        Architecture.X86 => "x86",
        _ => "another processor",
    };

    private static string ElfMachine(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes) switch
    {
        62 => "x64",
        183 => "arm64",
        _ => "another processor",
    };

    private static string PeMachine(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes) switch
    {
        0x8664 => "x64",
        0xAA64 => "arm64",
        0x014C => "x86",
        _ => "another processor",
    };
}
