using System.Diagnostics;

namespace Cases;

/// <summary>The attribute that generated code names C types with.</summary>
[Conditional("DEBUG")]
[AttributeUsage(AttributeTargets.All)]
internal sealed class NativeTypeNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
