using System.Globalization;
using PmemStream.KillTests;

// writer ...                            the process that is killed
// replay FOLDER                         a failed round, compared once more
// run DISK MEMORY ROUNDS [SEED]         everything, in two folders; MEMORY is "-" where there is none, as on Windows
switch (args)
{
    case [WriterOptions.Role, ..]:
        return WriterProcess.Run(WriterOptions.Parse(args));
    case ["replay", string folder]:
        return Replay(folder);
    case ["run", string work, string memory, string rounds]:
        return Run(work, memory, rounds, Payload.Mix((ulong)DateTime.UtcNow.Ticks) % 1_000_000_000);
    case ["run", string work, string memory, string rounds, string seed]:
        return Run(work, memory, rounds, ulong.Parse(seed, CultureInfo.InvariantCulture));
    default:
        Console.Error.WriteLine("expected: run DISK-FOLDER MEMORY-FOLDER|- ROUNDS [SEED], or replay FOLDER");
        return 2;
}

static int Run(string work, string memory, string rounds, ulong seed) => KillRun.Run(new RunOptions(
    int.Parse(rounds, CultureInfo.InvariantCulture), seed, Path.GetFullPath(work), memory == "-" ? null : memory));

static int Replay(string folder)
{
    try
    {
        StreamChain.Replay(folder, new Totals());
        Console.WriteLine("nothing is wrong\n1 passed, 0 failed");
        return 0;
    }
    catch (ViolationException violation)
    {
        Console.WriteLine($"{violation.Message}\n0 passed, 1 failed");
        return 1;
    }
}
