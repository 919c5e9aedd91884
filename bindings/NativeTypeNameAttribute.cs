using System.Diagnostics;

namespace PmemStream.Interop.Native;

/// <summary>The type of a parameter, field or return value as the C header spells it. For readers of the code only.</summary>
[AttributeUsage(AttributeTargets.All, AllowMultiple = false, Inherited = true)]
[Conditional("DEBUG")]
internal sealed class NativeTypeNameAttribute(string name) : Attribute
{
    /// <summary>The C spelling.</summary>
    public string Name { get; } = name;
}
