namespace PmemStream.Bindings.Generator;

/// <summary>What stops a run: one line for a person to read. Nothing has been written when it is thrown.</summary>
internal sealed class GeneratorException : Exception
{
    public GeneratorException(string message)
        : base(message)
    {
    }

    /// <summary>A construct that has no known output: refused, because a guess would be taken for the real thing.</summary>
    public static GeneratorException Unsupported(string where, string what) =>
        new($"{where}: not supported: {what}");
}
