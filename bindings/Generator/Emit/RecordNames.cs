using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Options;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>The C# names of structs and unions, and of the fields whose names follow from them.</summary>
internal sealed class RecordNames(GeneratorOptions options)
{
    /// <summary>The name that a --remap option gives, or null.</summary>
    public string? Remapped(string name)
    {
        if (options.Remapped.TryGetValue(NameSet.Normalize(name), out string? remapped))
            return remapped;
        return name.StartsWith("const ", StringComparison.Ordinal) &&
            options.Remapped.TryGetValue(NameSet.Normalize(name["const ".Length..]), out remapped)
                ? remapped
                : null;
    }

    public string OfTag(TagDeclaration tag)
    {
        string name = tag.IsAnonymous ? Names.OfAnonymousTag(tag) : tag.Name;
        if (Remapped(name) is { } remapped)
            return remapped;
        if (tag is not RecordDeclaration record)
            return name;
        return record.IsAnonymous ? OfAnonymousRecord(record) : WithoutClash(record, name);
    }

    public string OfField(FieldDeclaration field)
    {
        if (!field.IsAnonymous)
        {
            return Remapped($"{field.Parent.Name}::{field.Name}") ?? Remapped(field.Name) ?? field.Name;
        }

        List<FieldDeclaration> anonymous = field.Parent.Fields.FindAll(f => f.IsAnonymous);
        return anonymous.Count > 1 ? $"Anonymous{anonymous.IndexOf(field) + 1}" : "Anonymous";
    }

    /// <summary>
    /// A named type inside a struct may share its name with a field there; in C# it may not, and takes the form of a
    /// name for a type without one.
    /// </summary>
    public string WithoutClash(RecordDeclaration record, string name) =>
        record.WrittenIn is { } outer && outer.Fields.Exists(field => OfField(field) == name)
            ? $"_{name}_e__{KindOf(record)}"
            : name;

    public string OfAnonymousRecord(RecordDeclaration record)
    {
        if (record.Parent is not { } parent)
            return $"_Anonymous_e__{KindOf(record)}";

        FieldDeclaration? user = record.IsAnonymousMember ? null : parent.Fields.Find(f => HasType(f, record));
        if (user is not null && !user.IsAnonymous)
            return $"_{OfField(user)}_e__{KindOf(record)}";

        int index = AnonymousIndex(record, parent);
        if (index < 0)
            throw GeneratorException.Unsupported(record.Where, "a type without a name that is only pointed to");
        return $"_Anonymous{(index == 0 ? "" : index.ToString())}_e__{KindOf(record)}";
    }

    // From 1 where a struct has several anonymous members, else 0. A type must not have the name of the one around
    // it, so an index that is taken there is skipped.
    private static int AnonymousIndex(RecordDeclaration record, RecordDeclaration parent)
    {
        List<RecordDeclaration> anonymous = [.. parent.AnonymousMembers];
        int index = anonymous.IndexOf(record);
        if (index < 0)
            return -1;

        if (anonymous.Count > 1)
            index++;
        if (parent.Parent is { } grandparent)
        {
            int parentIndex = AnonymousIndex(parent, grandparent);
            bool isTaken = parentIndex == index || (parentIndex > 0 && index > parentIndex);
            if (isTaken && record.IsUnion == parent.IsUnion)
                index++;
        }

        return index;
    }

    private static bool HasType(FieldDeclaration field, RecordDeclaration record)
    {
        CType type = CTypes.Canonical(field.Type);
        if (type is ArrayType array)
            type = CTypes.Canonical(array.Element);
        return type is TagType tag && tag.Declaration == record;
    }

    private static string KindOf(RecordDeclaration record) => record.IsUnion ? "Union" : "Struct";
}
