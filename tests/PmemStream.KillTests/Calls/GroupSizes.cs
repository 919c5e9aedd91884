namespace PmemStream.KillTests;

/// <summary>How large the entries of a group are.</summary>
internal static class GroupSizes
{
    /// <summary>Most entries that writers put into a group.</summary>
    public const int CountMax = 6;

    // So that no entry of a group can be taken for one that is empty, or nearly.
    private const int SizeMin = 8;

    /// <summary>Bytes of an entry, by the size that its group was logged with.</summary>
    public static int Of(int groupSize, int index) => SizeMin + (groupSize / (1 + index));

    /// <summary>Bytes of all of them.</summary>
    public static int Sum(int groupSize, int count) => Enumerable.Range(0, count).Sum(index => Of(groupSize, index));
}
