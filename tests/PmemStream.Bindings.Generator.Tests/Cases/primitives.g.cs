// Written by the generator: the expected output of a test.
#pragma warning disable CS0649, CS0675, CS8981

using System.Runtime.InteropServices;

namespace Cases.Primitives;

internal partial struct c_types
{
    [NativeTypeName("char")]
    public sbyte c;

    [NativeTypeName("signed char")]
    public sbyte sc;

    [NativeTypeName("unsigned char")]
    public byte uc;

    public short s;

    [NativeTypeName("unsigned short")]
    public ushort us;

    public int i;

    [NativeTypeName("unsigned int")]
    public uint ui;

    [NativeTypeName("unsigned int")]
    public uint u;

    [NativeTypeName("long")]
    public nint l;

    [NativeTypeName("long")]
    public nint li;

    [NativeTypeName("unsigned long")]
    public nuint ul;

    [NativeTypeName("long long")]
    public long ll;

    [NativeTypeName("unsigned long long")]
    public ulong ull;

    public float f;

    public double d;

    [NativeTypeName("_Bool")]
    public bool b;

    [NativeTypeName("_Bool")]
    public bool b2;

    [NativeTypeName("const unsigned char")]
    public byte cuc;

    [NativeTypeName("volatile int")]
    public int vi;
}

internal partial struct std_types
{
    [NativeTypeName("int8_t")]
    public sbyte i8;

    [NativeTypeName("uint8_t")]
    public byte u8;

    [NativeTypeName("int16_t")]
    public short i16;

    [NativeTypeName("uint16_t")]
    public ushort u16;

    [NativeTypeName("int32_t")]
    public int i32;

    [NativeTypeName("uint32_t")]
    public uint u32;

    [NativeTypeName("int64_t")]
    public long i64;

    [NativeTypeName("uint64_t")]
    public ulong u64;

    [NativeTypeName("size_t")]
    public nuint size;

    [NativeTypeName("ptrdiff_t")]
    public nint difference;

    [NativeTypeName("intptr_t")]
    public nint iptr;

    [NativeTypeName("uintptr_t")]
    public nuint uptr;
}

internal static unsafe partial class Calls
{
    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("long")]
    public static extern nint prim_longs([NativeTypeName("long")] nint a, [NativeTypeName("unsigned long")] nuint b, [NativeTypeName("long *")] nint* c, [NativeTypeName("const unsigned long *")] nuint* d);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("char")]
    public static extern sbyte prim_chars([NativeTypeName("char")] sbyte a, [NativeTypeName("signed char")] sbyte b, [NativeTypeName("unsigned char")] byte c, [NativeTypeName("const char")] sbyte d);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("_Bool")]
    public static extern bool prim_bools([NativeTypeName("_Bool")] bool a, [NativeTypeName("_Bool")] bool b, [NativeTypeName("_Bool *")] bool* c);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern float prim_floats(float a, double b, [NativeTypeName("const float *")] float* c);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("size_t")]
    public static extern nuint prim_sizes([NativeTypeName("size_t")] nuint a, [NativeTypeName("ptrdiff_t")] nint b, [NativeTypeName("intptr_t")] nint c, [NativeTypeName("uintptr_t")] nuint d, [NativeTypeName("size_t *")] nuint* e, [NativeTypeName("const size_t *")] nuint* f);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("uint64_t")]
    public static extern ulong prim_fixed([NativeTypeName("int8_t")] sbyte a, [NativeTypeName("uint8_t")] byte b, [NativeTypeName("int16_t")] short c, [NativeTypeName("uint16_t")] ushort d, [NativeTypeName("int32_t")] int e, [NativeTypeName("uint32_t")] uint f, [NativeTypeName("int64_t")] long g, [NativeTypeName("const uint32_t")] uint h);
}
