namespace PmemStream.Bindings.Generator.Options;

/// <summary>What --config and --generate switch on and off.</summary>
internal sealed class ConfigSwitches
{
    public bool UnixTypes { get; private set; } = !OperatingSystem.IsWindows();

    public bool AnonymousFieldHelpers { get; private set; } = true;

    public bool DefaultRemappings { get; private set; } = true;

    public bool DisableRuntimeMarshalling { get; private set; }

    public bool EmptyRecords { get; private set; } = true;

    public bool FileScopedNamespaces { get; private set; }

    public bool FunctionsWithBody { get; private set; } = true;

    public bool MacroBindings { get; private set; }

    public bool UsingStaticsForEnums { get; private set; } = true;

    /// <summary>Spellings that ClangSharp still takes, and what it takes them for.</summary>
    private static readonly Dictionary<string, string> OldSpellings = new()
    {
        ["default-codegen"] = "codegen=default",
        ["latest-codegen"] = "codegen=latest",
        ["preview-codegen"] = "codegen=preview",
        ["compatible-codegen"] = "codegen=compatible",
        ["single-file"] = "file=single",
        ["multi-file"] = "file=multi",
        ["unix-types"] = "types=unix",
        ["windows-types"] = "types=windows",
        ["implicit-vtbls"] = "vtbls=implicit",
        ["exclude-anonymous-field-helpers"] = "generate-anonymous-field-helpers=false",
        ["exclude-default-remappings"] = "generate-default-remappings=false",
        ["exclude-empty-records"] = "generate-empty-records=false",
        ["exclude-funcs-with-body"] = "generate-funcs-with-body=false",
        ["exclude-using-statics-for-enums"] = "generate-using-statics-for-enums=false",
    };

    /// <summary>Applies one value of --config, in its present or its older spelling.</summary>
    public void ApplyConfig(string value)
    {
        string current = OldSpellings.GetValueOrDefault(value, value);
        if (current.StartsWith("generate-", StringComparison.Ordinal))
        {
            if (!TryGenerate(current["generate-".Length..]))
                throw Refused("--config", value);
            return;
        }

        switch (current)
        {
            // For C these levels differ in nothing that is generated here.
            case "codegen=default" or "codegen=latest" or "codegen=preview":
            case "file=single":
            case "vtbls=implicit":
                break;
            case "types=unix":
                UnixTypes = true;
                break;
            case "types=windows":
                UnixTypes = false;
                break;
            default:
                throw Refused("--config", value);
        }
    }

    /// <summary>Applies one value of --generate: "name", "name=true" or "name=false".</summary>
    public void ApplyGenerate(string value)
    {
        if (!TryGenerate(value))
            throw Refused("--generate", value);
    }

    private bool TryGenerate(string value)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? value : value[..equals];
        string setting = equals < 0 ? "true" : value[(equals + 1)..];

        // "assembly" writes its attribute beside the helper types, which are never generated here.
        if (name == "generated-code")
            return setting is "none" or "assembly";
        return bool.TryParse(setting, out bool on) && TryApply(name, on);
    }

    private bool TryApply(string name, bool on)
    {
        switch (name)
        {
            case "anonymous-field-helpers":
                AnonymousFieldHelpers = on;
                return true;
            case "default-remappings":
                DefaultRemappings = on;
                return true;
            case "disable-runtime-marshalling":
                DisableRuntimeMarshalling = on;
                return true;
            case "empty-records":
                EmptyRecords = on;
                return true;
            case "file-scoped-namespaces":
                FileScopedNamespaces = on;
                return true;
            case "funcs-with-body":
                FunctionsWithBody = on;
                return true;
            case "macro-bindings":
                MacroBindings = on;
                return true;
            case "using-statics-for-enums":
                UsingStaticsForEnums = on;
                return true;

            // On unless switched off, and only that is implemented.
            case "com-proxies" or "enum-member-type-name" or "fnptr-codegen" or "nint-codegen":
                return on;

            // Of no consequence for C.
            case "enum-operators" or "using-statics-for-guid-members":
                return true;
            default:
                return IsOffUnlessAskedFor(name) && !on;
        }
    }

    private static bool IsOffUnlessAskedFor(string name) => name is
        "aggressive-inlining" or "callconv-member-function" or "cpp-attributes" or "doc-includes" or
        "extern-variables" or "fixed-buffer-indexer-overloads" or "guid-member" or "helper-types" or
        "marker-interfaces" or "native-alignment-attribute" or "native-bitfield-attribute" or
        "native-inheritance-attribute" or "generic-pointer-wrapper" or "objective-c-bindings" or
        "setslastsystemerror-attribute" or "template-bindings" or "unmanaged-constants" or "vtbl-index-attribute" or
        "tests-nunit" or "tests-xunit";

    private static GeneratorException Refused(string option, string value) =>
        new($"unknown or unsupported {option} value '{value}'");
}
