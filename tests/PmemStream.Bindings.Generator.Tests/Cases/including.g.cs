// Written by the generator: the expected output of a test.
#pragma warning disable CS0649, CS0675, CS8981

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cases.Traversing.Including;

internal unsafe partial struct including
{
    public included one;

    [NativeTypeName("struct included[2]")]
    public _two_e__FixedBuffer two;

    public included_unnamed* three;

    [NativeTypeName("enum included_kind")]
    public included_kind kind;

    [NativeTypeName("included_position")]
    public ulong at;

    [InlineArray(2)]
    public partial struct _two_e__FixedBuffer
    {
        public included e0;
    }
}

internal static unsafe partial class Calls
{
    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern int including_function([NativeTypeName("const included *")] included* a, [NativeTypeName("included_callback")] delegate* unmanaged[Cdecl]<void*, int> b, [NativeTypeName("included_position")] ulong c, [NativeTypeName("enum included_kind")] included_kind d);

    [NativeTypeName("#define INCLUDING_MACRO (INCLUDED_MACRO + 1)")]
    public const int INCLUDING_MACRO = (1 + 1);
}
