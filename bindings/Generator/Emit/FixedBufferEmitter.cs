using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>
/// Writes the type that an array field becomes. An inline array as a rule; C# has none of pointers, which become one
/// field per element with an indexer, and none for arrays of one element or of no size, which become a span.
/// </summary>
internal sealed class FixedBufferEmitter(BindingContext context)
{
    public void Write(OutputBuilder output, RecordDeclaration record, FieldDeclaration field, ArrayType array)
    {
        TypeUser user = new(false, field.Name);
        string element = context.Types.Get(array, user).Managed;
        string access = context.Access($"{record.Name}::{field.Name}", includeStar: false);
        bool isOfPointers = CTypes.Is<PointerType>(array.Element);
        List<long> sizes = Dimensions(array);
        long total = sizes.Aggregate(1L, (product, size) => product * size);
        bool isInline = total > 1 && !isOfPointers;

        output.NeedsNewline = true;
        if (RecordLayout.Pack(record) is { } pack)
        {
            output.Usings.Add("System.Runtime.InteropServices");
            output.WriteAttribute($"StructLayout(LayoutKind.Sequential, Pack = {pack})");
        }

        context.WriteObsolete(output, field.Deprecation);
        if (isInline)
        {
            output.Usings.Add("System.Runtime.CompilerServices");
            output.WriteAttribute($"InlineArray({string.Join(" * ", sizes)})");
        }

        string name = Names.FixedBuffer(context.Records.OfField(field));
        output.WriteIndentedLine($"{access} {(isOfPointers ? "unsafe " : "")}partial struct {Names.Escape(name)}");
        output.BeginBlock();
        string first = WriteElements(output, access, element, sizes, isInline ? 1 : total);
        if (isOfPointers)
            WritePointerIndexer(output, element, first);
        else if (!isInline)
            WriteSpan(output, element, first);
        output.EndBlock();
    }

    private static List<long> Dimensions(ArrayType array)
    {
        List<long> sizes = [Math.Max(array.Size, 1)];
        while (CTypes.IsFieldArray(array.Element, out ArrayType? inner))
        {
            sizes.Add(Math.Max(inner.Size, 1));
            array = inner;
        }

        return sizes;
    }

    // e0, e1, ...; with several dimensions e0_0, e1_0, ..., the first index running fastest, a blank line after
    // each run of it.
    private static string WriteElements(
        OutputBuilder output, string access, string element, List<long> sizes, long count)
    {
        long[] indices = new long[sizes.Count];
        string first = "";

        for (long i = 0; i < count; i++)
        {
            string name = "e" + indices[0]++;
            bool endsRun = false;
            for (int d = 1; d < indices.Length; d++)
            {
                name += "_" + indices[d];
                if (indices[d - 1] == sizes[d - 1])
                {
                    indices[d - 1] = 0;
                    indices[d]++;
                    endsRun = true;
                }
            }

            if (first.Length == 0)
                first = name;
            output.WriteIndentedLine($"{access} {element} {name};");
            output.NeedsNewline = endsRun;
        }

        return first;
    }

    private static void WritePointerIndexer(OutputBuilder output, string element, string first)
    {
        output.NeedsNewline = true;
        output.WriteIndented($"public ref {element} this[int index]");
        output.BeginBody();
        output.WriteIndentedLine("get");
        output.BeginBlock();
        output.WriteIndentedLine($"fixed ({element}* pThis = &{first})");
        output.BeginBlock();
        output.WriteIndentedLine("return ref pThis[index];");
        output.EndBlock();
        output.EndBlock();
        output.EndBlock();
        output.NeedsNewline = true;
    }

    // One element, or as many as the native side has put behind it: the caller has to know.
    private static void WriteSpan(OutputBuilder output, string element, string first)
    {
        output.Usings.UnionWith(
        [
            "System", "System.Diagnostics.CodeAnalysis", "System.Runtime.CompilerServices",
            "System.Runtime.InteropServices",
        ]);

        output.NeedsNewline = true;
        output.WriteAttribute("UnscopedRef");
        output.WriteIndented($"public ref {element} this[int index]");
        output.BeginBody();
        output.WriteIndentedLine("get");
        output.BeginBlock();
        output.WriteIndentedLine("return ref Unsafe.Add(ref e0, index);");
        output.EndBlock();
        output.EndBlock();

        output.NeedsNewline = true;
        output.WriteAttribute("UnscopedRef");
        output.WriteIndentedLine(
            $"public Span<{element}> AsSpan(int length) => MemoryMarshal.CreateSpan(ref {first}, length);");
        output.NeedsNewline = true;
    }
}
