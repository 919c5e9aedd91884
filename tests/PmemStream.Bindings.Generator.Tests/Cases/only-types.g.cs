namespace Cases.OnlyTypes;

internal partial struct only_types
{
    public int a;
}

[NativeTypeName("unsigned int")]
internal enum only_values : uint
{
    ONLY_A,
}
