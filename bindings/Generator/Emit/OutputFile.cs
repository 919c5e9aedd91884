using System.Text;
using PmemStream.Bindings.Generator.Options;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>Puts the generated types together to one file, the class of functions and constants last.</summary>
internal static class OutputFile
{
    public static string Assemble(BindingContext context)
    {
        List<string> lines = [];
        foreach (OutputBuilder builder in context.Builders.Where(builder => !context.IsMethodClass(builder)))
        {
            if (lines.Count != 0)
                lines.Add("");
            lines.AddRange(builder.Lines);
        }

        OutputBuilder? methods = context.Builders.FirstOrDefault(context.IsMethodClass);
        if (methods is not null)
        {
            if (lines.Count != 0)
                lines.Add("");
            AddMethodClass(context, methods, lines);
        }

        return lines.Count == 0 ? "" : WithFrame(context, lines);
    }

    private static void AddMethodClass(BindingContext context, OutputBuilder methods, List<string> lines)
    {
        string access = context.Access(methods.Name, includeStar: true);
        string modifiers = context.IsMethodClassUnsafe ? "static unsafe" : "static";
        lines.Add($"{access} {modifiers} partial class {methods.Name}");
        lines.Add("{");
        lines.AddRange(methods.Lines.Select(line => OutputBuilder.Indent + line));
        lines.Add("}");
    }

    private static string WithFrame(BindingContext context, List<string> lines)
    {
        GeneratorOptions options = context.Options;
        StringBuilder text = new();
        if (options.HeaderText.Length != 0)
            text.Append(options.HeaderText).Append('\n');

        SortedSet<string> usings =
            new(context.Builders.SelectMany(builder => builder.Usings), StringComparer.Ordinal);
        foreach (string name in usings)
            text.Append("using ").Append(name).Append(";\n");
        if (usings.Count != 0)
            text.Append('\n');

        bool isFileScoped = options.Switches.FileScopedNamespaces;
        text.Append("namespace ").Append(options.Namespace).Append(isFileScoped ? ";\n\n" : "\n{\n");
        foreach (string line in lines)
        {
            string indented = isFileScoped ? line : OutputBuilder.Indent + line;
            text.Append(string.IsNullOrWhiteSpace(indented) ? "" : indented).Append('\n');
        }

        if (!isFileScoped)
            text.Append("}\n");
        return text.ToString();
    }
}
