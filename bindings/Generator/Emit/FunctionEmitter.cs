using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Emit;

/// <summary>Writes functions as imports from the native library.</summary>
internal sealed class FunctionEmitter(BindingContext context)
{
    public void Write(FunctionDeclaration function)
    {
        string name = context.Records.Remapped(function.Name) ?? function.Name;
        string methodName = MethodName(name);
        TypeUser user = new(true, function.Name);
        TypeName result = context.Types.WithBlittableBool(context.Types.Get(function.Result, user));
        List<TypeName> types = [.. function.Parameters.Select(TypeOf)];

        OutputBuilder output = context.BeginMethodClassMember();
        output.Usings.Add("System.Runtime.InteropServices");
        output.WriteAttribute(Import(function, methodName));
        output.WriteNativeTypeName(result.Native, prefix: "return: ");
        context.WriteObsolete(output, function.Deprecation);
        if (context.Options.SuppressGCTransition.Contains(function.Name) ||
            context.Options.SuppressGCTransition.Contains(name))
        {
            output.WriteAttribute("SuppressGCTransition");
        }

        bool hides = function.Parameters.Count == 0 && Names.HidesObjectMethod(methodName);
        output.WriteIndented($"{context.Access(function.Name, includeStar: false)} static extern ");
        output.Write($"{(hides ? "new " : "")}{result.Managed} {methodName}(");
        output.Write(string.Join(", ", types.Select((type, index) => Parameter(function, type, index))));
        output.WriteLine(");");
        output.NeedsNewline = true;

        context.IsMethodClassUnsafe |= types.Prepend(result).Any(type => type.Managed.Contains('*'));
    }

    private string MethodName(string name)
    {
        string prefix = context.Options.MethodPrefixToStrip;
        bool isStripped = prefix.Length != 0 && name.StartsWith(prefix, StringComparison.Ordinal);
        return Names.Escape(isStripped ? name[prefix.Length..] : name);
    }

    private string Import(FunctionDeclaration function, string methodName)
    {
        string entryPoint = methodName == function.Name ? "" : $"EntryPoint = \"{function.Name}\", ";
        bool setsLastError =
            context.Options.SetLastError.Contains(function.Name) || context.Options.SetLastError.Contains("*");
        return $"DllImport(\"{context.Options.LibraryPath}\", CallingConvention = CallingConvention.Cdecl, " +
            $"{entryPoint}ExactSpelling = true{(setsLastError ? ", SetLastError = true" : "")})";
    }

    private TypeName TypeOf(ParameterDeclaration parameter) => context.Types.WithBlittableBool(
        context.Types.Get(parameter.Type, new TypeUser(true, parameter.Name)));

    private static string Parameter(FunctionDeclaration function, TypeName type, int index)
    {
        string name = function.Parameters[index].Name;
        string native = type.Native.Length == 0 ? "" : $"[NativeTypeName(\"{Names.EscapeText(type.Native)}\")] ";

        // Without a name a parameter goes by its number.
        string escaped = name.Length == 0 || name == "param" ? $"param{index}" : Names.Escape(name);
        return $"{native}{type.Managed} {escaped}";
    }
}
