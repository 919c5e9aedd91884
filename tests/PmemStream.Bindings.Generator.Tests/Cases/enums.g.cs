// Written by the generator: the expected output of a test.
#pragma warning disable CS0649, CS0675, CS8981

using System;
using System.Runtime.InteropServices;
using static Cases.Enums.only_tag;

namespace Cases.Enums;

internal enum signed_kind
{
    SIGNED_MINUS = -1,
    SIGNED_ZERO,
    SIGNED_ONE,
    SIGNED_TEN = 10,
    SIGNED_SAME = SIGNED_TEN,
}

[NativeTypeName("unsigned int")]
internal enum only_tag : uint
{
    TAG_A,
    TAG_B = 0x10,
    TAG_C = 0x20U,
}

[NativeTypeName("unsigned int")]
internal enum only_typedef : uint
{
    TYPEDEF_A = 1,
    TYPEDEF_B,
}

[NativeTypeName("unsigned int")]
internal enum flags : uint
{
    FLAG_NONE = 0,
    FLAG_A = 1 << 0,
    FLAG_B = 1 << 1,
    FLAG_C = (1 << 2),
    FLAG_AB = FLAG_A | FLAG_B,
    FLAG_ABC = FLAG_AB | FLAG_C,
    FLAG_TOP = 1U << 31,
}

[NativeTypeName("unsigned int")]
internal enum hex : uint
{
    HEX_TOP = 0x80000000,
    HEX_ALL = 0xFFFFFFFFU,
}

internal enum negatives
{
    NEGATIVE_A = -(1),
    NEGATIVE_B = -2 + 1,
    NEGATIVE_C = ~0,
    NEGATIVE_D = unchecked((int)(0x80000000)),
}

[NativeTypeName("unsigned int")]
internal enum characters : uint
{
    CHARACTER_A = 'a',
    CHARACTER_NEWLINE = '\n',
}

[NativeTypeName("unsigned int")]
internal enum of_another : uint
{
    OTHER_A = TAG_B,
    OTHER_B = TAG_B + 1,
}

[NativeTypeName("unsigned int")]
internal enum keywords : uint
{
    @base,
    @string,
    @ref = 3,
}

[NativeTypeName("unsigned int")]
internal enum single : uint
{
    SINGLE,
}

[NativeTypeName("unsigned int")]
[Obsolete]
internal enum old : uint
{
    [Obsolete("use OLD_B")]
    OLD_A,
    OLD_B,
}

internal static unsafe partial class Calls
{
    internal const uint UNNAMED_A = 0;
    internal const uint UNNAMED_B = 7;
    internal const uint UNNAMED_C = 8;
    internal const uint UNNAMED_D = UNNAMED_B | 8;

    internal const int UNNAMED_MINUS = -3;
    internal const int UNNAMED_NEXT = -2;

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("enum only_tag")]
    public static extern only_tag enum_get(signed_kind a, [NativeTypeName("enum only_tag")] only_tag b, only_typedef* c, [NativeTypeName("const enum flags *")] flags* d);
}
