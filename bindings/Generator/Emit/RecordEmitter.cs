using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>
/// Writes structs and unions: the fields, ways to the fields of anonymous members, the types that are written
/// inside, and a buffer type for each array.
/// </summary>
internal sealed class RecordEmitter(BindingContext context, EnumEmitter enums, TypeScope scope)
{
    private readonly FixedBufferEmitter _buffers = new(context);
    private readonly IndirectFieldEmitter _indirectFields = new(context);

    public void Write(RecordDeclaration record)
    {
        if (context.Options.Switches.EmptyRecords || !IsEmpty(record))
            WriteRecord(context.Begin(context.Records.OfTag(record)), record);
    }

    private void WriteRecord(OutputBuilder output, RecordDeclaration record)
    {
        string name = context.Records.OfTag(record);
        WriteLayout(output, record);
        context.WriteObsolete(output, record.Deprecation);
        output.WriteIndented(context.Access(name, includeStar: true) + " ");
        output.WriteLine((IsUnsafe(record) ? "unsafe " : "") + "partial struct " + Names.Escape(name));
        output.BeginBlock();

        foreach (FieldDeclaration field in Included(record))
        {
            WriteField(output, field);
            output.NeedsNewline = true;
        }

        if (context.Options.Switches.AnonymousFieldHelpers && !record.IsAnonymousMember)
        {
            foreach (IndirectField field in record.IndirectFields)
                _indirectFields.Write(output, record, field.Field);
        }

        foreach (TagDeclaration nested in record.NestedTypes)
            WriteNested(output, nested);

        foreach (FieldDeclaration field in record.Fields)
        {
            if (CTypes.IsFieldArray(field.Type, out ArrayType? array))
                _buffers.Write(output, record, field, array);
        }

        output.EndBlock();
    }

    private static void WriteLayout(OutputBuilder output, RecordDeclaration record)
    {
        int? pack = RecordLayout.Pack(record);
        if (!record.IsUnion && pack is null)
            return;

        output.Usings.Add("System.Runtime.InteropServices");
        string kind = record.IsUnion ? "Explicit" : "Sequential";
        output.WriteAttribute($"StructLayout(LayoutKind.{kind}{(pack is null ? "" : $", Pack = {pack}")})");
    }

    private void WriteField(OutputBuilder output, FieldDeclaration field)
    {
        string name = context.Records.OfField(field);
        TypeName type = context.Types.WithBlittableBool(context.Types.Get(field.Type, UserOf(field)));

        if (field.Parent.IsUnion)
            output.WriteAttribute("FieldOffset(0)");
        output.WriteNativeTypeName(type.Native);
        context.WriteObsolete(output, field.Deprecation);
        output.WriteIndented(context.Access(QualifiedName(field), includeStar: false) + " ");
        if (Names.HidesObjectMember(name))
            output.Write("new ");

        string typeName = CTypes.IsFieldArray(field.Type, out _) ? Names.FixedBuffer(name) : type.Managed;
        output.WriteLine($"{typeName} {Names.Escape(name)};");
    }

    private void WriteNested(OutputBuilder output, TagDeclaration nested)
    {
        if (context.IsExcluded(nested) || !scope.IsWritten(nested))
            return;

        output.NeedsNewline = true;
        if (nested is RecordDeclaration record)
            WriteRecord(output, record);
        else if (nested is EnumDeclaration declaration)
            enums.WriteNested(output, declaration);
    }

    private IEnumerable<FieldDeclaration> Included(RecordDeclaration record) =>
        record.Fields.Where(field =>
            !context.IsExcluded(field) && !context.Options.Excluded.Contains(QualifiedName(field)));

    private bool IsUnsafe(RecordDeclaration record) =>
        record.Fields.Exists(field =>
            !CTypes.IsFieldArray(field.Type, out _) && context.Types.IsUnsafe(field.Type, UserOf(field))) ||
        record.AnonymousMembers.Any(IsUnsafe);

    private static bool IsEmpty(RecordDeclaration record) =>
        record.Fields.Count == 0 && record.AnonymousMembers.All(IsEmpty);

    private static TypeUser UserOf(FieldDeclaration field) => new(false, field.Name);

    private static string QualifiedName(FieldDeclaration field) => $"{field.Parent.Name}::{field.Name}";
}
