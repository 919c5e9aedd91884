using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Emit;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Expressions;

/// <summary>
/// The size and alignment that a C# type has, in a process of either pointer width; 0 for an alignment that nothing
/// demands.
/// </summary>
internal readonly record struct ManagedSize(long Size32, long Size64, long Alignment32, long Alignment64)
{
    public bool IsFixed => Size32 == Size64;

    public static ManagedSize Pointer { get; } = new(4, 8, 4, 8);
}

/// <summary>
/// Works sizes out for both pointer widths. A size that is the same for both becomes a number in the output, another
/// one a sizeof.
/// </summary>
internal sealed class ManagedLayout(TypeNames types, bool unixTypes)
{
    public ManagedSize Of(CType type)
    {
        bool hasWideField = false;
        return Of(type, ref hasWideField);
    }

    // hasWideField: whether a number of 8 bytes is inside, which keeps an alignment of 8 also with 4-byte pointers.
    private ManagedSize Of(CType type, ref bool hasWideField)
    {
        switch (type)
        {
            case ArrayType array:
                return OfArray(array, ref hasWideField);
            case BuiltinType builtin:
                return OfBuiltin(builtin.Kind, ref hasWideField);
            case ElaboratedType elaborated:
                return Of(elaborated.Named, ref hasWideField);
            case TypedefType typedef:
                string name = types.Get(type, TypeUser.Other).Managed;
                bool isPointerSized = name is "nint" or "nuint" or "IntPtr" or "UIntPtr" || name.EndsWith('*');
                return isPointerSized ? ManagedSize.Pointer : Of(typedef.Declaration.Underlying, ref hasWideField);
            case TagType { Declaration: EnumDeclaration declaration }:
                return OfBuiltin(declaration.IntegerKind, ref hasWideField);
            case TagType { Declaration: RecordDeclaration record }:
                return OfRecord(record, ref hasWideField);
            default:
                return ManagedSize.Pointer;
        }
    }

    private ManagedSize OfBuiltin(BuiltinKind kind, ref bool hasWideField)
    {
        if (kind is BuiltinKind.Long or BuiltinKind.UnsignedLong)
            return unixTypes ? ManagedSize.Pointer : new ManagedSize(4, 4, 0, 0);

        int size = BuiltinTypes.Size(kind);
        hasWideField |= size == 8;
        return size == 8 ? new ManagedSize(8, 8, 8, 8) : new ManagedSize(size, size, 0, 0);
    }

    private ManagedSize OfArray(ArrayType array, ref bool hasWideField)
    {
        ManagedSize element = Of(array.Element, ref hasWideField);
        long count = Math.Max(array.Size, 1);
        return new ManagedSize(
            element.Size32 * count,
            element.Size64 * count,
            element.Alignment32 == 0 ? element.Size32 : element.Alignment32,
            element.Alignment64 == 0 ? element.Size64 : element.Alignment64);
    }

    private ManagedSize OfRecord(RecordDeclaration record, ref bool hasWideField)
    {
        if (record.HasAlignmentAttribute)
            throw GeneratorException.Unsupported(record.Where, "the size of a type with an alignment of its own");

        long alignment = Math.Min(RecordLayout.AlignOf(record.Type), 8);
        Placement narrow = new(alignment, record.IsUnion);
        Placement wide = new(alignment, record.IsUnion);
        bool hasOwnWideField = false;

        foreach (FieldDeclaration field in record.Fields)
        {
            ManagedSize size = Of(field.Type, ref hasOwnWideField);
            narrow.Add(size.Size32, size.Alignment32);
            wide.Add(size.Size64, size.Alignment64);
        }

        // The alignment is that of the native type until the fields tell otherwise.
        if (alignment == 8 && !hasOwnWideField)
            narrow.Alignment = Math.Min(alignment, narrow.LargestAlignment);
        if (alignment == 4 && !hasOwnWideField)
            wide.Alignment = Math.Max(alignment, wide.LargestAlignment);

        hasWideField |= hasOwnWideField;
        return new ManagedSize(narrow.Size, wide.Size, narrow.Alignment, wide.Alignment);
    }

    private sealed class Placement(long recordAlignment, bool isUnion)
    {
        private readonly long _recordAlignment = recordAlignment;
        private long _end;

        public long Alignment { get; set; } = recordAlignment;

        public long LargestAlignment { get; private set; } = -1;

        public long Size => (_end + Alignment - 1) / Alignment * Alignment;

        public void Add(long size, long alignment)
        {
            if (alignment == 0 || _recordAlignment < 4)
                alignment = Math.Max(Math.Min(_recordAlignment, size), 1);

            if (isUnion)
                _end = Math.Max(_end, size);
            else
                _end = ((_end + alignment - 1) / alignment * alignment) + size;
            LargestAlignment = Math.Max(LargestAlignment, alignment);
        }
    }
}
