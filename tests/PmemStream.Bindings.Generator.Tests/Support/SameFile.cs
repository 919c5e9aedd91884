namespace PmemStream.Bindings.Generator.Tests.Support;

/// <summary>Compares files byte for byte, and shows the first line that differs.</summary>
internal static class SameFile
{
    public static void Check(string expected, string actual)
    {
        byte[] expectedBytes = File.ReadAllBytes(expected);
        byte[] actualBytes = File.ReadAllBytes(actual);
        if (expectedBytes.AsSpan().SequenceEqual(actualBytes))
            return;

        string[] expectedLines = File.ReadAllLines(expected);
        string[] actualLines = File.ReadAllLines(actual);
        int line = 0;
        while (line < Math.Min(expectedLines.Length, actualLines.Length) && expectedLines[line] == actualLines[line])
            line++;

        Assert.Fail(
            $"{Path.GetFileName(expected)} differs at line {line + 1}:\n" +
            $"expected: {expectedLines.ElementAtOrDefault(line) ?? "(no such line)"}\n" +
            $"found:    {actualLines.ElementAtOrDefault(line) ?? "(no such line)"}");
    }
}
