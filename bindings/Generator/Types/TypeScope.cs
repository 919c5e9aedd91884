using PmemStream.Bindings.Generator.Declarations;

namespace PmemStream.Bindings.Generator.Types;

/// <summary>The names of types that a translation unit declares.</summary>
internal sealed class TypeScope
{
    private readonly Dictionary<string, TypedefDeclaration> _typedefs = [];
    private readonly Dictionary<string, TagDeclaration> _tags = [];
    private readonly Dictionary<string, TagDeclaration> _tagsByPosition = [];

    public void Add(TypedefDeclaration typedef) => _typedefs[typedef.Name] = typedef;

    /// <summary>Adds a tag; a definition takes the place of a declaration that came before it.</summary>
    public void Add(TagDeclaration tag)
    {
        if (tag.Position.Length != 0)
            _tagsByPosition[tag.Position] = tag;
        if (tag.TagName.Length != 0 && (tag.IsDefinition || !_tags.ContainsKey(tag.TagName)))
            _tags[tag.TagName] = tag;
    }

    /// <summary>The typedef type of that name, or null.</summary>
    public CType? Typedef(string name) =>
        _typedefs.TryGetValue(name, out TypedefDeclaration? typedef) ? new TypedefType(typedef) : null;

    /// <summary>The type of that tag; clang also spells a tag without a name by the typedef that names it.</summary>
    public CType? Tag(string keyword, string name)
    {
        TagDeclaration? tag = FindTag(name);
        return tag is not null && tag.Keyword == keyword ? tag.Type : null;
    }

    public TagDeclaration? FindTag(string name)
    {
        if (_tags.TryGetValue(name, out TagDeclaration? tag))
            return tag;
        return _typedefs.TryGetValue(name, out TypedefDeclaration? typedef) ? typedef.NamedTag : null;
    }

    public CType? TagAt(string position) =>
        _tagsByPosition.TryGetValue(position, out TagDeclaration? tag) ? tag.Type : null;

    /// <summary>
    /// True for the declaration that stands for the tag in the output: its definition, or where it has none any
    /// declaration.
    /// </summary>
    public bool IsWritten(TagDeclaration tag) =>
        tag.IsDefinition || tag.TagName.Length == 0 || FindTag(tag.TagName) is not { IsDefinition: true };
}
