using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>Writes a property that leads to a field of an anonymous struct or union, as if it were one's own.</summary>
internal sealed class IndirectFieldEmitter(BindingContext context)
{
    public void Write(OutputBuilder output, RecordDeclaration root, FieldDeclaration field)
    {
        string name = context.Records.OfField(field);
        if (context.IsExcluded(field) || context.Options.Excluded.Contains($"{root.Name}::{name}"))
            return;

        TypeName type =
            context.Types.WithBlittableBool(context.Types.Get(field.Type, new TypeUser(false, field.Name)));
        string path = PathTo(root, field.Parent) + "." + Names.Escape(name);
        string access = context.Access(context.Records.OfTag(field.Parent), includeStar: true);
        bool isArray = CTypes.IsFieldArray(field.Type, out ArrayType? array);
        string propertyType = isArray ? $"Span<{type.Managed}>" : "ref " + QualifierOf(root, field) + type.Managed;

        if (isArray)
            output.Usings.Add("System");
        output.Usings.Add("System.Diagnostics.CodeAnalysis");

        // This blank line is written at once, unlike any other.
        output.WriteNewline();
        output.WriteAttribute("UnscopedRef");
        context.WriteObsolete(output, field.Deprecation);
        output.WriteIndented($"{access} {propertyType} {Names.Escape(name)}");
        output.BeginBody();
        output.WriteIndentedLine("get");
        output.BeginBlock();
        output.WriteIndentedLine(isArray ? $"return {path}{Slice(array!)};" : $"return ref {path};");
        output.EndBlock();
        output.EndBlock();
        output.NeedsNewline = true;
    }

    // An inline array converts to a span by itself; that of one element has no length to go by.
    private static string Slice(ArrayType array) => Math.Max(array.Size, 1) == 1 ? ".AsSpan()" : "";

    // The members on the way take their names from their types: "_Anonymous1_e__Struct" is "Anonymous1".
    private string PathTo(RecordDeclaration root, RecordDeclaration record)
    {
        List<string> parts = [];
        for (RecordDeclaration? at = record; at is not null && at != root; at = at.Parent)
        {
            string type = context.Records.OfTag(at);
            parts.Insert(0, type[1..type.LastIndexOf("_e__", StringComparison.Ordinal)]);
        }

        return string.Join('.', parts);
    }

    // A type that is written inside an anonymous member is known by the path to it.
    private string QualifierOf(RecordDeclaration root, FieldDeclaration field)
    {
        if (!CTypes.IsRecord(field.Type, out RecordDeclaration? record))
            return "";

        string qualifier = "";
        for (RecordDeclaration? at = record.Parent; at is not null && at != root; at = at.Parent)
            qualifier = Names.Escape(context.Records.OfTag(at)) + "." + qualifier;
        return qualifier;
    }
}
