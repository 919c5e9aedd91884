namespace PmemStream.Cli.Errors;

/// <summary>Calls whose arguments come from the command line.</summary>
internal static class UserValues
{
    private const string ParameterSuffix = " (Parameter '";

    /// <summary>Calls <paramref name="call"/>; a bad argument in it is the user's, not a bug of ours.</summary>
    /// <exception cref="ToolException">An argument is bad.</exception>
    public static T Check<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (ArgumentException exception)
        {
            throw new ToolException(ExitCode.Misuse, TextOf(exception), exception);
        }
    }

    /// <summary>The text of <paramref name="exception"/>, without the name of the parameter.</summary>
    public static string TextOf(ArgumentException exception)
    {
        int suffix = exception.Message.IndexOf(ParameterSuffix, StringComparison.Ordinal);
        return suffix < 0 ? exception.Message : exception.Message[..suffix];
    }
}
