namespace PmemStream.Bindings.Generator.Clang;

/// <summary>A token in a file: byte offset, line and column from 1, length in bytes.</summary>
internal readonly record struct SourcePosition(string File, int Offset, int Line, int Column, int TokenLength)
{
    public static SourcePosition None { get; } = new("", -1, 0, 0, 0);

    public bool IsValid => Offset >= 0;
}

/// <summary>
/// Where a token was written (<see cref="Spelling"/>) and where it took effect (<see cref="Expansion"/>); the two
/// differ for what a macro produced.
/// </summary>
internal readonly record struct SourceLocation(
    SourcePosition Spelling, SourcePosition Expansion, bool IsMacro, bool IsMacroArgument)
{
    public static SourceLocation None { get; } = new(SourcePosition.None, SourcePosition.None, false, false);
}
