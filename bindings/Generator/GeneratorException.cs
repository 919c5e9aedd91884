namespace PmemStream.Bindings.Generator;

/// <summary>What stops a run: one line for a person to read. Nothing has been written when it is thrown.</summary>
internal sealed class GeneratorException : Exception
{
    public GeneratorException(string message)
        : base(message)
    {
    }

    /// <summary>What is not supported, where the place is still to be told.</summary>
    public string? Unplaced { get; private init; }

    /// <summary>A construct without known output: refused, as a guess would be taken for the real thing.</summary>
    public static GeneratorException Unsupported(string where, string what) =>
        new($"{where}: not supported: {what}");

    /// <summary>The same, thrown where only the one who asked knows the place.</summary>
    public static GeneratorException Unsupported(string what) => new($"not supported: {what}") { Unplaced = what };
}
