using System.ComponentModel;
using System.Runtime.InteropServices;

namespace PmemStream.Interop.Tests.Support;

/// <summary>What tests need of the system beyond .NET.</summary>
internal static unsafe class Unix
{
    private const uint Nobody = 65534;

    /// <summary>
    /// True for the user who may do everything: tests that need him, or another, start from there.
    /// </summary>
    public static bool IsRoot => !OperatingSystem.IsWindows() && geteuid() == 0;

    /// <summary>Gives up the rights of root for those of nobody, for all threads.</summary>
    public static void BecomeNobody()
    {
        Check(setgroups(0, null));
        Check(setresgid(Nobody, Nobody, Nobody));
        Check(setresuid(Nobody, Nobody, Nobody));
    }

    /// <summary>Mounts a tmpfs of that size; false where that is not allowed (in most containers).</summary>
    public static bool TryMountTmpfs(string folder, int bytes)
    {
        fixed (byte* type = "tmpfs\0"u8)
        fixed (byte* target = System.Text.Encoding.UTF8.GetBytes(folder + '\0'))
        fixed (byte* options = System.Text.Encoding.UTF8.GetBytes($"size={bytes}\0"))
        {
            return mount(type, target, type, 0, options) == 0;
        }
    }

    public static void Unmount(string folder)
    {
        const int detach = 2;
        fixed (byte* target = System.Text.Encoding.UTF8.GetBytes(folder + '\0'))
        {
            Check(umount2(target, detach));
        }
    }

    /// <summary>Ends the process at once: nobody could write what a coverage tool wants to write at the end.</summary>
    public static void ExitNow()
    {
        Console.Out.Flush();
        _exit(0);
    }

    public static void SetMode(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException();
        }

        File.SetUnixFileMode(path, mode);
    }

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new Win32Exception();
        }
    }

    [DllImport("libc")]
    private static extern uint geteuid();

    [DllImport("libc")]
    private static extern void _exit(int status);

    [DllImport("libc", SetLastError = true)]
    private static extern int setgroups(nint count, uint* groups);

    [DllImport("libc", SetLastError = true)]
    private static extern int setresgid(uint real, uint effective, uint saved);

    [DllImport("libc", SetLastError = true)]
    private static extern int setresuid(uint real, uint effective, uint saved);

    [DllImport("libc", SetLastError = true)]
    private static extern int mount(byte* source, byte* target, byte* type, ulong flags, byte* options);

    [DllImport("libc", SetLastError = true)]
    private static extern int umount2(byte* target, int flags);
}
