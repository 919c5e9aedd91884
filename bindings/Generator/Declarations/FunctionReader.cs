using System.Text.RegularExpressions;
using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator.Declarations;

/// <summary>
/// Reads functions. clang's JSON shows an array parameter as the pointer that it decays to, while the output names
/// the array, so such parameters are taken from the declaration as clang prints it.
/// </summary>
internal sealed partial class FunctionReader(TypeScope scope, SourceFiles sources, Lazy<string> printedAst)
{
    /// <summary>Reads a prototype; with <paramref name="hasBody"/>, only its name is of interest.</summary>
    public Declaration Read(AstNode node, bool hasBody)
    {
        string where = $"{node.Location.Expansion.File}:{node.Location.Expansion.Line}";
        if (hasBody)
            return new FunctionWithBody(node);

        // The type names the calling convention, where it is not the usual one, and is refused for that.
        if (TypeParser.Parse(scope, node.WrittenType, where) is not FunctionType type)
            throw GeneratorException.Unsupported(where, $"the type of the function '{node.Name}'");
        if (!type.HasPrototype)
            throw GeneratorException.Unsupported(where, $"'{node.Name}' without a prototype (write '(void)')");
        if (type.IsVariadic)
            throw GeneratorException.Unsupported(where, $"the variadic function '{node.Name}'");

        List<AstNode> nodes = node.Children.FindAll(child => child.Kind == "ParmVarDecl");
        List<ParameterDeclaration> parameters = [];
        for (int i = 0; i < nodes.Count; i++)
            parameters.Add(new ParameterDeclaration(nodes[i], ReadParameterType(node, nodes[i], i, where)));
        return new FunctionDeclaration(node, type, parameters);
    }

    private CType ReadParameterType(AstNode function, AstNode parameter, int index, string where)
    {
        CType type = TypeParser.Parse(scope, parameter.WrittenType, where);
        if (type is PointerType && parameter.HasSugaredType)
        {
            string printed = PrintedParameter(function.Name, index, where);
            return TypeParser.Parse(scope, printed, where, parameter.Name);
        }

        CheckForLostArrays(parameter, type, where);
        return type;
    }

    // "void f(int v[4], int n);": the text of one parameter.
    private string PrintedParameter(string function, int index, string where)
    {
        Match prototype = Regex.Match(
            printedAst.Value, $@"^\S.*?\b{Regex.Escape(function)}\(", RegexOptions.Multiline);
        if (!prototype.Success)
            throw GeneratorException.Unsupported(where, $"the parameters of '{function}'");

        int start = prototype.Index + prototype.Length;
        int depth = 0;
        int current = 0;
        for (int at = start; at < printedAst.Value.Length; at++)
        {
            char c = printedAst.Value[at];
            if (depth == 0 && c is ',' or ')')
            {
                if (depth == 0 && current == index)
                    return Attribute().Replace(printedAst.Value[start..at], "").Trim();
                if (depth == 0 && c == ')')
                    break;
            }

            if (c is '(' or '[')
                depth++;
            else if (c is ')' or ']')
                depth--;
            else if (c == ',' && depth == 0)
                (current, start) = (current + 1, at + 1);
        }

        throw GeneratorException.Unsupported(where, $"the parameters of '{function}'");
    }

    /// <summary>
    /// Refuses a function pointer that takes an array: nothing but a typedef keeps the array in the AST, and what
    /// the reference generator makes of it depends on the array.
    /// </summary>
    public void CheckForLostArrays(AstNode node, CType type, string where)
    {
        if (!node.WrittenType.Contains('(', StringComparison.Ordinal) || !ContainsFunction(type))
            return;

        string source = sources.Text(node.Begin, node.End);
        if (source.Count(c => c == '[') > node.WrittenType.Count(c => c == '['))
            throw GeneratorException.Unsupported(where, "an array as a parameter of a function pointer");
    }

    private static bool ContainsFunction(CType type) => type switch
    {
        FunctionType => true,
        PointerType pointer => ContainsFunction(pointer.Pointee),
        ArrayType array => ContainsFunction(array.Element),
        _ => false,
    };

    [GeneratedRegex(@"__attribute__\(\((?:[^()]|\([^()]*\))*\)\)")]
    private static partial Regex Attribute();
}

/// <summary>A function that is defined in the header.</summary>
internal sealed class FunctionWithBody(AstNode node) : Declaration(node);
