using System.Globalization;
using System.Text;

namespace PmemStream.Demo;

/// <summary>The text that is appended.</summary>
/// <param name="Name">What it is, for people.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="Cut">Why not all of it is used, or null.</param>
/// <param name="IsNamed">The user named it: all of it is appended, however long that takes.</param>
internal sealed record DemoInput(string Name, LineText Lines, string? Cut, bool IsNamed = false)
{
    private const int LinesWanted = 10_000;
    private const int LinesEnough = 30_000;
    private const string SolutionFile = "PmemStream.Interop.sln";

    // Texts that a Debian system has: the first that is long enough is taken. Files of one place are taken together.
    private static readonly (string Folder, string Pattern)[] Places =
    [
        ("/usr/share/dict", "words"),
        ("/usr/share/perl", "Name.pl"),
        ("/usr/share/perl", "allkeys.txt"),
        ("/usr/lib/x86_64-linux-gnu/perl-base", "*.p?"),
        ("/usr/lib/aarch64-linux-gnu/perl-base", "*.p?"),
        ("/usr/share/common-licenses", "*"),
    ];

    /// <summary>Reads <paramref name="file"/>, or finds a text.</summary>
    public static DemoInput Find(string? file) => file is not null
        ? FromFile(file)
        : Places.Select(place => FromPlace(place.Folder, place.Pattern)).FirstOrDefault(input => input is not null)
            ?? FromRepository();

    private static DemoInput FromFile(string file)
    {
        byte[] bytes;
        try
        {
            // It is held in memory, as one array: 2 GiB at most.
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            throw new DemoException($"cannot read {file}: {exception.Message}");
        }

        var lines = new LineText(bytes);
        return lines.Count >= 2
            ? new DemoInput(file, lines, null, IsNamed: true)
            : throw new DemoException(
                $"{file} has {Summary.Lines(lines.Count)}: expected 2 or more, to kill a writer between");
    }

    private static DemoInput? FromPlace(string folder, string pattern)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        string[] files = Directory.GetFiles(folder, pattern, new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        });
        LineText lines = Concatenate(files, out int used);
        string name = used == 1 ? files[0] : $"{used} files {pattern} of {folder}";
        return lines.Count < LinesWanted ? null : FirstLines(name, lines, LinesEnough);
    }

    private static DemoInput FirstLines(string name, LineText lines, int count) => lines.Count <= count
        ? new DemoInput(name, lines, null)
        : new DemoInput(
            name,
            new LineText(lines.Bytes[..lines.Start(count)].ToArray()),
            $"the first of {Summary.Number(lines.Count)}");

    private static DemoInput FromRepository()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, SolutionFile)))
        {
            root = Path.GetDirectoryName(root);
        }

        string[] extensions = [".c", ".h", ".cs", ".md"];
        string[] files = root is null
            ? []
            : [.. Directory.GetFiles(root, "*", SearchOption.AllDirectories)
                .Where(file => extensions.Contains(Path.GetExtension(file)))];
        LineText text = Concatenate(files, out _);
        if (text.Count == 0)
        {
            throw new DemoException("found no text on this machine: name a file to append");
        }

        using var numbered = new MemoryStream();
        int count = Math.Max(text.Count, LinesWanted);
        for (int i = 0; i < count; i++)
        {
            numbered.Write(Encoding.ASCII.GetBytes((i + 1).ToString("D6", CultureInfo.InvariantCulture) + " "));
            numbered.Write(text[i % text.Count]);
        }

        return new DemoInput($"the source files in {root}, numbered", new LineText(numbered.ToArray()), null);
    }

    // In the order of their names, until there is enough.
    private static LineText Concatenate(string[] files, out int used)
    {
        Array.Sort(files, StringComparer.Ordinal);
        using var text = new MemoryStream();
        int lineCount = 0;
        for (used = 0; used < files.Length && lineCount < LinesEnough; used++)
        {
            byte[] bytes = File.ReadAllBytes(files[used]);
            lineCount += bytes.AsSpan().Count((byte)'\n');
            text.Write(bytes);
            if (bytes is [.., not (byte)'\n'])
            {
                text.WriteByte((byte)'\n');
            }
        }

        return new LineText(text.ToArray());
    }
}
