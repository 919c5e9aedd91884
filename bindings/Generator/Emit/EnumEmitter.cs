using System.Globalization;
using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Expressions;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>Writes enums; the members of one without a name become constants where it stands.</summary>
internal sealed class EnumEmitter(BindingContext context, ExpressionContext expressions)
{
    public void Write(EnumDeclaration declaration)
    {
        string name = context.Records.OfTag(declaration);
        if (declaration.IsAnonymous)
            WriteConstants(context.BeginMethodClassMember(), declaration);
        else
            WriteEnum(context.Begin(name), declaration, name);
    }

    /// <summary>Writes an enum that is written inside a struct.</summary>
    public void WriteNested(OutputBuilder output, EnumDeclaration declaration)
    {
        output.NeedsNewline = true;
        if (declaration.IsAnonymous)
            WriteConstants(output, declaration);
        else
            WriteEnum(output, declaration, context.Records.OfTag(declaration));
    }

    private void WriteEnum(OutputBuilder output, EnumDeclaration declaration, string name)
    {
        TypeName type = context.Types.OfEnumInteger(declaration);
        output.WriteNativeTypeName(type.Native);
        context.WriteObsolete(output, declaration.Deprecation);
        output.WriteIndented($"{context.Access(name, includeStar: true)} enum {Names.Escape(name)}");
        if (type.Managed != "int")
            output.Write(" : " + type.Managed);

        output.BeginBody();
        foreach (EnumeratorDeclaration enumerator in Included(declaration))
        {
            context.WriteObsolete(output, enumerator.Deprecation);
            output.WriteIndented(EscapedName(enumerator));
            if (enumerator.Initializer is not null)
            {
                output.Write(" = ");
                WriteInitializer(output, enumerator);
            }

            output.WriteLine(",");
        }

        output.EndBlock();
    }

    private void WriteConstants(OutputBuilder output, EnumDeclaration declaration)
    {
        string access = context.Access(Names.OfAnonymousTag(declaration), includeStar: true);
        string type = context.Types.OfEnumInteger(declaration).Managed;

        foreach (EnumeratorDeclaration enumerator in Included(declaration))
        {
            context.WriteObsolete(output, enumerator.Deprecation);
            output.WriteIndented($"{access} const {type} {EscapedName(enumerator)} = ");
            if (enumerator.Initializer is null)
                output.Write(enumerator.Value.ToString(CultureInfo.InvariantCulture));
            else
                WriteInitializer(output, enumerator);
            output.WriteLine(";");
        }
    }

    private void WriteInitializer(OutputBuilder output, EnumeratorDeclaration enumerator) =>
        ExpressionWriter.Write(context, expressions, output, enumerator);

    private IEnumerable<EnumeratorDeclaration> Included(EnumDeclaration declaration) =>
        declaration.Enumerators.Where(enumerator =>
            !context.IsExcluded(enumerator) &&
            !context.Options.Excluded.Contains($"{declaration.Name}::{enumerator.Name}"));

    private string EscapedName(EnumeratorDeclaration enumerator) =>
        Names.Escape(context.Records.Remapped(enumerator.Name) ?? enumerator.Name);
}
