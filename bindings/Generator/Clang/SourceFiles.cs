using System.Text;

namespace PmemStream.Bindings.Generator.Clang;

/// <summary>The bytes of the files that locations point into.</summary>
internal sealed class SourceFiles
{
    private readonly Dictionary<string, byte[]?> _contents = [];
    private readonly Dictionary<(string File, int Line), string> _origins = [];

    /// <summary>The bytes of a file, or null for what is no file, such as "&lt;built-in&gt;".</summary>
    public byte[]? Bytes(string path)
    {
        if (!_contents.TryGetValue(path, out byte[]? bytes))
        {
            bytes = File.Exists(path) ? File.ReadAllBytes(path) : null;
            _contents.Add(path, bytes);
        }

        return bytes;
    }

    /// <summary>Makes messages about a line of a generated file speak of the line that it was made of.</summary>
    public void SetOrigin(string file, int line, string origin) => _origins[(file, line)] = origin;

    /// <summary>"file.h:12", for messages.</summary>
    public string Describe(SourcePosition position) =>
        _origins.GetValueOrDefault((position.File, position.Line), $"{position.File}:{position.Line}");

    /// <summary>The text of one token, or null where its file cannot be read.</summary>
    public string? Token(SourcePosition position) =>
        Text(position.File, position.Offset, position.Offset + position.TokenLength);

    /// <summary>
    /// The text of a range, its last token included. Where a macro produced the range, the text is the use of the
    /// macro, arguments and all.
    /// </summary>
    public string Text(SourceLocation begin, SourceLocation end)
    {
        SourcePosition first = begin.Expansion;
        SourcePosition last = end.Expansion;
        byte[]? bytes = Bytes(first.File);
        if (bytes is null || first.File != last.File)
            return "";

        int stop = last.Offset + last.TokenLength;
        if (end.IsMacro)
            stop = CLexer.EndOfArguments(bytes, stop);
        return Text(first.File, first.Offset, stop) ?? "";
    }

    private string? Text(string file, int start, int stop)
    {
        byte[]? bytes = Bytes(file);
        return bytes is null || start < 0 || stop > bytes.Length || start > stop
            ? null
            : Encoding.UTF8.GetString(bytes, start, stop - start);
    }
}
