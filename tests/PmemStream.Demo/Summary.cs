using System.Diagnostics;
using System.Globalization;
using PmemStream.Interop;

namespace PmemStream.Demo;

/// <summary>Collects what happened, and prints the table at the end.</summary>
internal sealed class Summary(DemoInput input, int seed)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<(string Name, string Text)> _rows = [];
    private CrashedWriter? _crash;
    private int _recovered;
    private int _used;
    private TimeSpan _opened;
    private TimeSpan _appended;
    private TimeSpan _read;
    private string _medium = string.Empty;
    private string _durability = string.Empty;
    private string _check = string.Empty;

    /// <summary>Notes what the stream lies on.</summary>
    public void Created(PersistentStream stream)
    {
        _medium = stream.Info.Medium switch
        {
            MediumKind.PersistentMemory => "persistent memory",
            MediumKind.PageCache => "ordinary file",
            MediumKind.Volatile => "memory that does not survive power loss",
            MediumKind other => other.ToString(),
        };
        _durability = stream.Info.MediumDescription;
    }

    /// <summary>Notes the killed writer.</summary>
    public void Crashed(CrashedWriter crash) => _crash = crash;

    /// <summary>Notes what was there after the kill, and how long opening took.</summary>
    public void Recovered(int lines, TimeSpan opened) => (_recovered, _opened) = (lines, opened);

    /// <summary>Notes how many lines the region has in the end, and how long appending the rest took.</summary>
    public void Appended(int lines, TimeSpan time) => (_used, _appended) = (lines, time);

    /// <summary>Notes how long opening and reading everything took.</summary>
    public void Read(TimeSpan time) => _read = time;

    /// <summary>Notes what the check found.</summary>
    public void Checked(string text) => _check = text;

    /// <summary>A number for people: 12,345.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"1 line", "2,000 lines".</summary>
    public static string Lines(long number, string kind = "") =>
        $"{Number(number)} {kind}{(number == 1 ? "line" : "lines")}";

    /// <summary>Prints the table.</summary>
    public void Print(TextWriter output)
    {
        LineText lines = input.Lines;
        long usedBytes = lines.Start(_used);
        int acknowledged = _crash!.Acknowledged.Count;
        int inFlight = _recovered - acknowledged;
        string cut = _used < lines.Count
            ? $" of {Number(lines.Count)} (the medium is slow: the others would have taken too long)"
            : input.Cut is null ? string.Empty : $" ({input.Cut})";

        Row("input", input.Name);
        Row("lines", Number(_used) + cut);
        Row("bytes", Number(usedBytes));
        Row("acknowledged", $"{Number(acknowledged)} when the writer was killed (SIGKILL, seed {seed})");
        string andInFlight = inFlight == 0 ? "" : ", and the one in flight";
        Row("recovered", $"{Number(_recovered)}: every acknowledged line{andInFlight}");
        Row("appended then", Number(_used - _recovered));
        Row("time", $"{Seconds(_clock.Elapsed)}: appending {Seconds(_crash.Time)} + {Seconds(_appended)}, "
            + $"recovery {Seconds(_opened)}, reading {Seconds(_read)}");
        Row("MB/s", $"before the kill {Rate(lines.Start(acknowledged), _crash.Time)}, "
            + $"then {Rate(usedBytes - lines.Start(_recovered), _appended)}, reading {Rate(usedBytes, _read)}");
        Row("medium", _medium);
        Row("durable by", _durability);
        Row("check", _check);

        output.WriteLine();
        int width = _rows.Max(row => row.Name.Length);
        foreach ((string name, string text) in _rows)
        {
            output.WriteLine($"  {name.PadRight(width)}  {text}");
        }
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds < 0.1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static string Rate(long bytes, TimeSpan time)
    {
        if (time <= TimeSpan.Zero)
        {
            return "-";
        }

        double rate = bytes / 1e6 / time.TotalSeconds;
        return rate.ToString(rate < 0.1 ? "0.0000" : "0.00", CultureInfo.InvariantCulture);
    }

    private void Row(string name, string text) => _rows.Add((name, text));
}
