using System.Text.Json;

namespace PmemStream.Bindings.Generator.Clang;

/// <summary>
/// Reads clang's JSON. A location there leaves out its file and its line where they are those of the location
/// printed before it, so the whole document is walked once, in order.
/// </summary>
internal sealed class AstReader
{
    // Expressions nest by their operators; the default of 64 is soon used up.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 4096 };

    private string _file = "";
    private int _line;

    public static AstNode Read(byte[] json)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(json, Options);
            return new AstReader().ReadNode(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new GeneratorException("clang printed an AST that cannot be read: " + exception.Message);
        }
    }

    private AstNode ReadNode(JsonElement element)
    {
        AstNode node = new(element);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            switch (property.Name)
            {
                case "loc":
                    node.Location = ReadLocation(property.Value);
                    break;
                case "range":
                    node.Begin = ReadLocation(property.Value.GetProperty("begin"));
                    node.End = ReadLocation(property.Value.GetProperty("end"));
                    break;
                case "inner":
                    ReadChildren(node, property.Value);
                    break;
            }
        }

        return node;
    }

    private void ReadChildren(AstNode parent, JsonElement children)
    {
        foreach (JsonElement child in children.EnumerateArray())
        {
            AstNode node = ReadNode(child);

            // A constant expression only wraps what was written, and says what it comes to.
            if (node is { Kind: "ConstantExpr", Children: [AstNode operand] })
            {
                operand.ConstantValue = node.Text("value");
                parent.Children.Add(operand);
            }
            else
            {
                parent.Children.Add(node);
            }
        }
    }

    private SourceLocation ReadLocation(JsonElement element)
    {
        if (element.TryGetProperty("spellingLoc", out JsonElement spelling))
        {
            SourcePosition written = ReadPosition(spelling);
            JsonElement expansion = element.GetProperty("expansionLoc");
            SourcePosition expanded = ReadPosition(expansion);
            bool isArgument = expansion.TryGetProperty("isMacroArgExpansion", out _);
            return new SourceLocation(written, expanded, IsMacro: true, isArgument);
        }

        SourcePosition position = ReadPosition(element);
        return new SourceLocation(position, position, IsMacro: false, IsMacroArgument: false);
    }

    private SourcePosition ReadPosition(JsonElement element)
    {
        if (!element.TryGetProperty("offset", out JsonElement offset))
            return SourcePosition.None;

        if (element.TryGetProperty("file", out JsonElement file))
            _file = file.GetString() ?? "";
        if (element.TryGetProperty("line", out JsonElement line))
            _line = line.GetInt32();

        return new SourcePosition(
            _file, offset.GetInt32(), _line, Number(element, "col"), Number(element, "tokLen"));
    }

    private static int Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : 0;
}
