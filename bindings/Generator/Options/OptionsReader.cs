namespace PmemStream.Bindings.Generator.Options;

/// <summary>Makes <see cref="GeneratorOptions"/> of the arguments, or says what is wrong with them.</summary>
internal static class OptionsReader
{
    public static GeneratorOptions Read(IReadOnlyList<string> arguments)
    {
        GeneratorOptions options = new();
        Draft draft = new(options);

        foreach (GivenOption given in CommandLine.Parse(arguments))
        {
            if (!OptionTable.IsSupported(given.Name))
                throw new GeneratorException($"option '{given.Name}' is not supported");
            draft.Apply(given);
        }

        return draft.Finish();
    }

    private sealed class Draft(GeneratorOptions options)
    {
        private readonly List<string> _includeDirectories = [];
        private readonly List<string> _macros = [];
        private readonly List<string> _additional = [];
        private string _language = "c++";
        private string? _headerFile;

        public void Apply(GivenOption given)
        {
            foreach (string value in given.Values)
                Apply(given.Name, value);
        }

        private void Apply(string name, string value)
        {
            switch (name)
            {
                case "--config":
                    options.Switches.ApplyConfig(value);
                    break;
                case "--generate":
                    options.Switches.ApplyGenerate(value);
                    break;
                case "--file":
                    options.Files.Add(value);
                    break;
                case "--exclude":
                    options.Excluded.Add(value);
                    break;
                case "--with-setlasterror":
                    options.SetLastError.Add(value);
                    break;
                case "--with-suppressgctransition":
                    options.SuppressGCTransition.Add(value);
                    break;
                case "--traverse":
                    options.TraversedFiles.Add(Path.GetFullPath(value));
                    break;
                case "--remap":
                    AddRemapping(value);
                    break;
                case "--with-access-specifier":
                    AddAccessSpecifier(value);
                    break;
                default:
                    ApplySingle(name, value);
                    break;
            }
        }

        private void ApplySingle(string name, string value)
        {
            switch (name)
            {
                case "--additional":
                    _additional.Add(value);
                    break;
                case "--define-macro":
                    _macros.Add(value);
                    break;
                case "--include-directory":
                    _includeDirectories.Add(value);
                    break;
                case "--header-file":
                    _headerFile = value;
                    break;
                case "--language":
                    _language = value;
                    break;
                case "--std":
                    options.LanguageStandard = value;
                    break;
                case "--library-path":
                    options.LibraryPath = value;
                    break;
                case "--method-class-name":
                    options.MethodClassName = value;
                    break;
                case "--namespace":
                    options.Namespace = value;
                    break;
                case "--output":
                    options.OutputPath = value;
                    break;
                case "--prefix-strip":
                    options.MethodPrefixToStrip = value;
                    break;
                default:
                    throw new GeneratorException($"option '{name}' is not supported");
            }
        }

        public GeneratorOptions Finish()
        {
            if (options.Files.Count == 0)
                throw new GeneratorException("no header given: use --file");
            if (options.Namespace.Length == 0)
                throw new GeneratorException("no namespace given: use --namespace");
            if (options.OutputPath.Length == 0)
                throw new GeneratorException("no output file given: use --output");
            if (_language != "c")
                throw new GeneratorException($"only '--language c' is supported, not '{_language}'");

            foreach (string file in options.Files)
            {
                if (!File.Exists(file))
                    throw new GeneratorException($"header not found: '{file}'");
            }

            if (!string.IsNullOrWhiteSpace(_headerFile))
            {
                if (!File.Exists(_headerFile))
                    throw new GeneratorException($"header text file not found: '{_headerFile}'");
                options.HeaderText = File.ReadAllText(_headerFile);
            }

            AddDefaultRemappings();
            AddClangArguments();
            return options;
        }

        private void AddClangArguments()
        {
            options.ClangArguments.Add("-x");
            options.ClangArguments.Add("c");
            if (options.LanguageStandard.Length != 0)
                options.ClangArguments.Add("-std=" + options.LanguageStandard);
            options.ClangArguments.AddRange(_includeDirectories.Select(directory => "-I" + directory));
            options.ClangArguments.AddRange(_macros.Select(macro => "-D" + macro));
            options.ClangArguments.AddRange(_additional);
        }

        private void AddRemapping(string value)
        {
            (string name, string newName) = SplitPair("--remap", value);

            // '@' only silences a warning of ClangSharp.
            options.Remapped[NameSet.Normalize(name)] = newName.TrimStart('@');
        }

        private void AddAccessSpecifier(string value)
        {
            (string name, string specifier) = SplitPair("--with-access-specifier", value);
            AccessSpecifier parsed = specifier.ToUpperInvariant() switch
            {
                "PUBLIC" => AccessSpecifier.Public,
                "PROTECTED" => AccessSpecifier.Protected,
                "PROTECTEDINTERNAL" => AccessSpecifier.ProtectedInternal,
                "INTERNAL" => AccessSpecifier.Internal,
                "PRIVATEPROTECTED" => AccessSpecifier.PrivateProtected,
                "PRIVATE" => AccessSpecifier.Private,
                _ => throw new GeneratorException($"unknown access specifier '{specifier}' in '{value}'"),
            };
            options.AccessSpecifiers.Add((NameSet.Normalize(name), parsed));
        }

        private static (string Name, string Value) SplitPair(string option, string pair)
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == pair.Length - 1)
                throw new GeneratorException($"option '{option}' needs NAME=VALUE, not '{pair}'");
            return (pair[..equals].Trim(), pair[(equals + 1)..].Trim());
        }

        // Types whose width C leaves to the platform, and whose typedefs would otherwise decide it.
        private void AddDefaultRemappings()
        {
            if (!options.Switches.DefaultRemappings)
                return;

            Dictionary<string, string> defaults = new()
            {
                ["intptr_t"] = "nint", ["ptrdiff_t"] = "nint", ["ssize_t"] = "nint",
                ["size_t"] = "nuint", ["uintptr_t"] = "nuint",
                ["int8_t"] = "sbyte", ["int16_t"] = "short", ["int32_t"] = "int", ["int64_t"] = "long",
                ["uint8_t"] = "byte", ["uint16_t"] = "ushort", ["uint32_t"] = "uint", ["uint64_t"] = "ulong",
            };

            if (!options.Switches.UnixTypes)
            {
                foreach (string name in (string[])["INT_PTR", "LONG_PTR", "SSIZE_T"])
                    defaults.Add(name, "nint");
                foreach (string name in (string[])["DWORD_PTR", "SIZE_T", "UINT_PTR", "ULONG_PTR"])
                    defaults.Add(name, "nuint");
            }

            foreach ((string name, string newName) in defaults)
                options.Remapped.TryAdd(name, newName);
        }
    }
}
