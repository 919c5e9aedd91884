using PmemStream.Bindings.Generator.Declarations;

namespace PmemStream.Bindings.Generator.Types;

/// <summary>Sizes and alignments in bytes under the 64-bit Unix ABI.</summary>
internal static class RecordLayout
{
    /// <summary>The value of Pack for a struct that is aligned less than one of its fields, else null.</summary>
    public static int? Pack(RecordDeclaration record)
    {
        if (record.Fields.Count == 0)
            return null;
        long alignment = AlignOf(record);
        return alignment < record.Fields.Max(field => AlignOf(field.Type)) ? (int)alignment : null;
    }

    public static long AlignOf(CType type) => CTypes.Canonical(type) switch
    {
        BuiltinType builtin => BuiltinTypes.Size(builtin.Kind),
        PointerType => 8,
        ArrayType array => AlignOf(array.Element),
        TagType { Declaration: EnumDeclaration declaration } => BuiltinTypes.Size(declaration.IntegerKind),
        TagType { Declaration: RecordDeclaration record } => AlignOf(record),
        _ => 1,
    };

    public static long SizeOf(CType type) => CTypes.Canonical(type) switch
    {
        BuiltinType builtin => BuiltinTypes.Size(builtin.Kind),
        PointerType => 8,
        ArrayType array => array.Size * SizeOf(array.Element),
        TagType { Declaration: EnumDeclaration declaration } => BuiltinTypes.Size(declaration.IntegerKind),
        TagType { Declaration: RecordDeclaration record } => SizeOf(record),
        _ => 1,
    };

    private static long AlignOf(RecordDeclaration record) =>
        record.Fields.Select(field => FieldAlignment(record, field)).DefaultIfEmpty(1).Max();

    private static long FieldAlignment(RecordDeclaration record, FieldDeclaration field)
    {
        long natural = AlignOf(field.Type);
        int pack = PackAlignment(record);
        return pack == 0 ? natural : Math.Min(natural, pack);
    }

    // A record without a name is packed by the pragma that packs the one around it.
    private static int PackAlignment(RecordDeclaration record) =>
        record.PackAlignment == 0 && record is { IsPackedByPragma: true, IsAnonymous: true, WrittenIn: { } outer }
            ? PackAlignment(outer)
            : record.PackAlignment;

    private static long SizeOf(RecordDeclaration record)
    {
        if (record.HasAlignmentAttribute)
            throw GeneratorException.Unsupported(record.Where, "the size of a type with an alignment of its own");

        long size = 0;
        foreach (FieldDeclaration field in record.Fields)
        {
            long fieldSize = SizeOf(field.Type);
            size = record.IsUnion
                ? Math.Max(size, fieldSize)
                : RoundUp(size, FieldAlignment(record, field)) + fieldSize;
        }

        return RoundUp(size, AlignOf(record));
    }

    private static long RoundUp(long value, long alignment) => (value + alignment - 1) / alignment * alignment;
}
