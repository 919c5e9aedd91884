using System.Text;
using PmemStream.Bindings.Generator.Clang;
using PmemStream.Bindings.Generator.Declarations;
using PmemStream.Bindings.Generator.Emit;
using PmemStream.Bindings.Generator.Expressions;
using PmemStream.Bindings.Generator.Options;
using PmemStream.Bindings.Generator.Types;

namespace PmemStream.Bindings.Generator;

/// <summary>Reads the headers and writes the bindings. The output comes last, when nothing can fail any more.</summary>
internal sealed class BindingGenerator
{
    private readonly GeneratorOptions _options;
    private readonly ClangTool _clang;
    private readonly SourceFiles _sources = new();
    private readonly BindingContext _context;

    private BindingGenerator(GeneratorOptions options)
    {
        _options = options;
        _clang = ClangTool.Find(options.ClangArguments);
        _context = new BindingContext(options, _sources);
    }

    public static void Run(GeneratorOptions options)
    {
        BindingGenerator generator = new(options);
        foreach (string header in options.Files)
            generator.AddHeader(header);

        string text = OutputFile.Assemble(generator._context);
        string path = Path.GetFullPath(options.OutputPath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }

    private void AddHeader(string header)
    {
        Predicate<string> isTraversed = _options.TraversedFiles.Count == 0
            ? file => file == header
            : file => file.Length != 0 && _options.TraversedFiles.Contains(Path.GetFullPath(file));

        Lazy<string> printed = new(() => _clang.PrintAst(header));
        TranslationUnit unit = Read(AstReader.Read(_clang.DumpAst(header).Output), isTraversed, printed);
        List<MacroDefinition> macros = FindMacros(header, isTraversed);
        List<RecordDeclaration> packed = [.. unit.Records.Where(IsAskedForAlignment)];

        MacroProbe probe = MacroProbe.Run(_clang, _sources, header, macros, [.. packed.Select(Spelling)]);
        TranslationUnit constants = Read(probe.Ast, _ => false, printed);
        SetPacking(constants, packed);

        WriteDeclarations(unit);
        WriteMacros(constants, probe);
    }

    private void WriteDeclarations(TranslationUnit unit)
    {
        ExpressionContext expressions = new(unit, _sources, probe: null);
        EnumEmitter enums = new(_context, expressions);
        Emitters emitters = new(
            new RecordEmitter(_context, enums, unit.Scope),
            enums,
            new FunctionEmitter(_context),
            new ConstantEmitter(_context, expressions));

        foreach (Declaration declaration in unit.Declarations.Where(IsWritten))
            WithPlace(declaration, () => Write(declaration, unit.Scope, emitters));
    }

    private void WriteMacros(TranslationUnit constants, MacroProbe probe)
    {
        ConstantEmitter emitter = new(_context, new ExpressionContext(constants, _sources, probe));
        foreach (VariableDeclaration variable in constants.Declarations.OfType<VariableDeclaration>())
        {
            if (MacroProbe.MacroOf(variable.Name) is { } macro)
                WithPlace(variable, () => emitter.WriteMacro(variable, macro));
        }
    }

    private void WithPlace(Declaration declaration, Action write)
    {
        try
        {
            write();
        }
        catch (GeneratorException exception) when (exception.Unplaced is not null)
        {
            string where = _sources.Describe(declaration.Node.Location.Expansion);
            throw GeneratorException.Unsupported(where, exception.Unplaced);
        }
    }

    private bool IsWritten(Declaration declaration) => declaration.IsTraversed && !_context.IsExcluded(declaration);

    private void Write(Declaration declaration, TypeScope scope, Emitters emitters)
    {
        switch (declaration)
        {
            case RecordDeclaration record when scope.IsWritten(record):
                emitters.Records.Write(record);
                break;
            case EnumDeclaration enumeration:
                emitters.Enums.Write(enumeration);
                break;
            case FunctionDeclaration function:
                emitters.Functions.Write(function);
                break;
            case VariableDeclaration variable:
                emitters.Constants.WriteVariable(variable);
                break;
            case FunctionWithBody when _options.Switches.FunctionsWithBody:
                throw GeneratorException.Unsupported(
                    declaration.Where, $"the body of '{declaration.Name}' (use --generate funcs-with-body=false)");
        }
    }

    private TranslationUnit Read(AstNode ast, Predicate<string> isTraversed, Lazy<string> printed) =>
        DeclarationReader.Read(ast, isTraversed, _options.Excluded.Contains, _sources, printed);

    private List<MacroDefinition> FindMacros(string header, Predicate<string> isTraversed)
    {
        if (!_options.Switches.MacroBindings)
            return [];

        List<MacroDefinition> macros =
            MacroFinder.Find(_clang.PreprocessWithDefinitions(header), _sources, isTraversed);
        macros.RemoveAll(macro => _options.Excluded.Contains(macro.Name));
        if (macros.Find(macro => macro.IsFunctionLike) is { } functionLike)
        {
            throw GeneratorException.Unsupported(
                functionLike.Where, $"the function-like macro '{functionLike.Name}' (it can be left out by --exclude)");
        }

        // What has no value, such as the guard of a header, is no constant.
        macros.RemoveAll(macro => macro.Body.Length == 0);
        return macros;
    }

    // The AST knows that a pragma packs, but not how tightly.
    private static bool IsAskedForAlignment(RecordDeclaration record) =>
        record is { IsPackedByPragma: true, PackAlignment: 0, IsDefinition: true, IsAnonymous: false };

    private static string Spelling(RecordDeclaration record) =>
        record.TagName.Length == 0 ? record.Name : $"{record.Keyword} {record.TagName}";

    private static void SetPacking(TranslationUnit constants, List<RecordDeclaration> packed)
    {
        foreach (EnumeratorDeclaration enumerator in constants.EnumeratorsById.Values)
        {
            if (MacroProbe.PackedTypeIndexOf(enumerator.Name) is not { } index)
                continue;

            RecordDeclaration record = packed[index];
            if (enumerator.Value < RecordLayout.AlignOf(record.Type))
            {
                int alignment = (int)enumerator.Value;
                record.PackAlignment = alignment;
                if (constants.Scope.FindTag(record.TagName.Length == 0 ? record.Name : record.TagName) is
                    RecordDeclaration same)
                {
                    same.PackAlignment = alignment;
                }
            }
        }
    }

    private sealed record Emitters(
        RecordEmitter Records, EnumEmitter Enums, FunctionEmitter Functions, ConstantEmitter Constants);
}
