using System.Text;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>
/// The lines of one generated type. A blank line is only promised (<see cref="NeedsNewline"/>), and written when
/// another line follows: so none stands before a closing brace.
/// </summary>
internal sealed class OutputBuilder(string name)
{
    public const string Indent = "    ";

    private readonly List<string> _lines = [];
    private readonly StringBuilder _line = new();
    private int _level;

    public string Name { get; } = name;

    public IReadOnlyList<string> Lines => _lines;

    public SortedSet<string> Usings { get; } = new(StringComparer.Ordinal);

    public bool NeedsNewline { get; set; }

    public void Write(string text) => _line.Append(text);

    public void WriteIndentation()
    {
        if (NeedsNewline)
            WriteNewline();
        for (int i = 0; i < _level; i++)
            _line.Append(Indent);
    }

    public void WriteIndented(string text)
    {
        WriteIndentation();
        Write(text);
    }

    public void WriteIndentedLine(string text)
    {
        WriteIndentation();
        WriteLine(text);
    }

    public void WriteLine(string text)
    {
        Write(text);
        WriteNewline();
    }

    public void WriteNewline()
    {
        _lines.Add(_line.ToString());
        _line.Clear();
        NeedsNewline = false;
    }

    public void BeginBlock()
    {
        WriteIndentedLine("{");
        _level++;
    }

    public void EndBlock()
    {
        NeedsNewline = false;
        _level--;
        WriteIndentedLine("}");
    }

    /// <summary>Finishes the line that heads a block, and opens the block.</summary>
    public void BeginBody()
    {
        NeedsNewline = true;
        BeginBlock();
    }

    /// <summary>An attribute on a line of its own.</summary>
    public void WriteAttribute(string attribute) => WriteIndentedLine("[" + attribute + "]");

    /// <summary>[NativeTypeName("...")], where there is something to tell; a prefix is "return: ".</summary>
    public void WriteNativeTypeName(string native, string prefix = "")
    {
        if (!string.IsNullOrWhiteSpace(native))
            WriteAttribute($"{prefix}NativeTypeName(\"{Names.EscapeText(native)}\")");
    }
}
