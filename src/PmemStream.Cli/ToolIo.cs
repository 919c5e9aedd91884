using System.Text;
using PmemStream.Cli.Input;
using PmemStream.Cli.Output;

namespace PmemStream.Cli;

/// <summary>What the tool reads and writes: the standard streams of the process, or those of a test.</summary>
internal sealed class ToolIo : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly Func<Stream> _openInput;

    /// <summary>Puts the parts together. <paramref name="output"/> is disposed with this object.</summary>
    public ToolIo(
        Func<Stream> openInput,
        Stream output,
        TextWriter error,
        bool outputIsTerminal,
        bool errorIsTerminal = false,
        bool outputIsFile = false)
    {
        _openInput = openInput;
        Output = new ToolOutput(output);
        Text = new StreamWriter(Output, Utf8, leaveOpen: true) { AutoFlush = true, NewLine = "\n" };
        Error = error;
        OutputIsTerminal = outputIsTerminal;
        ErrorIsTerminal = errorIsTerminal;
        OutputIsFile = outputIsFile;
    }

    /// <summary>Bytes of the standard output, buffered.</summary>
    public ToolOutput Output { get; }

    /// <summary>Text of the standard output. It goes through <see cref="Output"/>, so the two can be mixed.</summary>
    public TextWriter Text { get; }

    /// <summary>The standard error: one line for a failure, and the counts of what was done.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person looks at the standard output.</summary>
    public bool OutputIsTerminal { get; }

    /// <summary>Whether a person looks at the standard error: then long work shows there how far it is.</summary>
    public bool ErrorIsTerminal { get; }

    /// <summary>Whether the standard output goes to a file, so that nobody sees what comes out of a long reading.</summary>
    public bool OutputIsFile { get; }

    /// <summary>The standard streams of this process.</summary>
    public static ToolIo ForProcess() => new(
        StandardInput.Open,
        StandardOutput.Open(),
        new StreamWriter(new StandardError(Console.OpenStandardError()), Utf8) { AutoFlush = true, NewLine = "\n" },
        outputIsTerminal: !Console.IsOutputRedirected,
        errorIsTerminal: !Console.IsErrorRedirected,
        outputIsFile: StandardOutput.IsFile());

    /// <summary>Opens the standard input.</summary>
    public Stream OpenInput() => _openInput();

    /// <summary>Hands everything that was written so far to the operating system.</summary>
    public void Flush() => Output.FlushBuffer();

    /// <inheritdoc/>
    public void Dispose()
    {
        Text.Dispose();
        Output.Dispose();
    }
}
