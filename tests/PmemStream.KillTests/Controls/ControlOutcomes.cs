namespace PmemStream.KillTests;

/// <summary>Counts the controls whose fault was found, and tells of the others.</summary>
internal sealed class ControlOutcomes(string what)
{
    private int _passed;
    private int _failed;

    /// <summary>Runs one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="expected">What must be found to be wrong; null: nothing.</param>
    /// <param name="control">The control.</param>
    public void Try(string name, ViolationKind? expected, Action control)
    {
        ViolationException? found = null;
        try
        {
            control();
        }
        catch (ViolationException violation)
        {
            found = violation;
        }

        if (found?.Kind == expected)
        {
            _passed++;
            return;
        }

        _failed++;
        string wanted = expected?.ToString() ?? "nothing";
        Console.WriteLine($"  FAILED control {name}: found {found?.Message.Split('\n')[0] ?? "nothing"}; expected {wanted}");
    }

    /// <summary>One line for all.</summary>
    public (int Passed, int Failed) Print()
    {
        Console.WriteLine($"  {what}: {_passed} judged as they must be, {_failed} not");
        return (_passed, _failed);
    }
}
