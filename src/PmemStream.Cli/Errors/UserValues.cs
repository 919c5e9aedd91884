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
            int suffix = exception.Message.IndexOf(ParameterSuffix, StringComparison.Ordinal);
            string message = suffix < 0 ? exception.Message : exception.Message[..suffix];
            throw new ToolException(ExitCode.Misuse, message, exception);
        }
    }
}
