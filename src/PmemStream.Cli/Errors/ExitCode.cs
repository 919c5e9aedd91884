namespace PmemStream.Cli.Errors;

/// <summary>Exit codes of the tool. Scripts rely on them: they never change.</summary>
internal static class ExitCode
{
    /// <summary>It worked.</summary>
    public const int Ok = 0;

    /// <summary>A bug of ours.</summary>
    public const int Bug = 1;

    /// <summary>The command line asks for something that makes no sense.</summary>
    public const int Misuse = 2;

    /// <summary>No such file, folder or region.</summary>
    public const int NotFound = 3;

    /// <summary>Damaged, not a stream, or a stream of a newer version.</summary>
    public const int Corruption = 4;

    /// <summary>Somebody else is using it.</summary>
    public const int Busy = 5;

    /// <summary>No space, no permission, an error of the operating system.</summary>
    public const int Io = 6;
}
