using System.Text.Json;

namespace PmemStream.Bindings.Generator.Clang;

/// <summary>One node of the AST that clang dumped.</summary>
internal sealed class AstNode
{
    private readonly JsonElement _json;

    public AstNode(JsonElement json)
    {
        _json = json;
        Kind = Text("kind") ?? "";
        Id = Text("id") ?? "";
        Name = Text("name") ?? "";
    }

    public string Kind { get; }

    public string Id { get; }

    public string Name { get; }

    public SourceLocation Location { get; set; } = SourceLocation.None;

    public SourceLocation Begin { get; set; } = SourceLocation.None;

    public SourceLocation End { get; set; } = SourceLocation.None;

    public List<AstNode> Children { get; } = [];

    /// <summary>The value of the constant expression that this node is the operand of.</summary>
    public string? ConstantValue { get; set; }

    /// <summary>The type as it was written.</summary>
    public string WrittenType => TypeText("type", "qualType") ?? "";

    /// <summary>True where the type is sugar at its outermost level: a typedef, or a parameter that decayed.</summary>
    public bool HasSugaredType => TypeText("type", "desugaredQualType") is not null;

    public bool Has(string property) =>
        _json.TryGetProperty(property, out JsonElement value) && value.ValueKind != JsonValueKind.False;

    public string? Text(string property)
    {
        if (!_json.TryGetProperty(property, out JsonElement value))
            return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
    }

    public string? TypeText(string property, string field) =>
        _json.TryGetProperty(property, out JsonElement type) && type.TryGetProperty(field, out JsonElement text)
            ? text.GetString()
            : null;

    /// <summary>The identity of a declaration that this node names by one of its properties.</summary>
    public (string Id, string Kind, string Name)? Reference(string property)
    {
        if (!_json.TryGetProperty(property, out JsonElement reference))
            return null;
        return (Field(reference, "id"), Field(reference, "kind"), Field(reference, "name"));

        static string Field(JsonElement element, string name) =>
            element.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";
    }

    public AstNode? FirstChild(string kind) => Children.Find(child => child.Kind == kind);
}
