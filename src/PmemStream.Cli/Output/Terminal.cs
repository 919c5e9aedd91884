using System.Text;
using Spectre.Console;

namespace PmemStream.Cli.Output;

/// <summary>Spectre.Console on one of our own writers.</summary>
internal static class Terminal
{
    private const int UsualWidth = 80;
    private const int UsualHeight = 24;

    /// <summary>A console that writes to <paramref name="writer"/>, of which it is known that it is a terminal.</summary>
    public static IAnsiConsole On(TextWriter writer) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new Output(writer) });

    private static int Size(Func<int> ask, int usual)
    {
        try
        {
            return ask() is > 0 and int size ? size : usual;
        }
        catch (Exception exception) when (exception is IOException or PlatformNotSupportedException)
        {
            return usual;
        }
    }

    private sealed class Output(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer { get; } = writer;

        public bool IsTerminal => true;

        public int Width => Size(() => Console.WindowWidth, UsualWidth);

        public int Height => Size(() => Console.WindowHeight, UsualHeight);

        public void SetEncoding(Encoding encoding)
        {
            // Ours is UTF-8.
        }
    }
}
