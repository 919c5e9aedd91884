// Written by the generator: the expected output of a test.
#pragma warning disable CS0649, CS0675, CS8981

using System;
using System.Runtime.InteropServices;

namespace Cases.Functions;

internal partial struct node
{
}

internal partial struct point
{
    public int x;

    public int y;
}

internal static unsafe partial class Calls
{
    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern void f_void();

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern int f_arrays([NativeTypeName("int[4]")] int* values, [NativeTypeName("const uint8_t[16]")] byte* id, [NativeTypeName("int[]")] int* open, [NativeTypeName("const key")] byte* k, [NativeTypeName("char *[]")] sbyte** argv, [NativeTypeName("point[2]")] point* points);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern node* f_pointers([NativeTypeName("const node *")] node* a, node** b, [NativeTypeName("const node *const *")] node** c, node* d, [NativeTypeName("void *restrict")] void* e);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern point f_structs(point a, [NativeTypeName("struct point")] point b, [NativeTypeName("const point")] point c, [NativeTypeName("struct point *")] point* d, [NativeTypeName("const struct point *")] point* e);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("callback")]
    [SuppressGCTransition]
    public static extern delegate* unmanaged[Cdecl, SuppressGCTransition]<void*, node*, ulong, byte*, int> f_callbacks([NativeTypeName("callback")] delegate* unmanaged[Cdecl]<void*, node*, ulong, byte*, int> a, [NativeTypeName("void (*)(int, void *)")] delegate* unmanaged[Cdecl]<int, void*, void> b, [NativeTypeName("plain_callback")] delegate* unmanaged[Cdecl]<void> c, [NativeTypeName("function *")] delegate* unmanaged[Cdecl]<int, int> d, [NativeTypeName("function")] delegate* unmanaged[Cdecl]<int, int> e, [NativeTypeName("callback *")] delegate* unmanaged[Cdecl]<void*, node*, ulong, byte*, int>* f);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("void (*)(const char *)")]
    public static extern delegate* unmanaged[Cdecl]<sbyte*, void> f_returns_function(int a);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [return: NativeTypeName("text")]
    public static extern sbyte* f_text([NativeTypeName("text")] sbyte* a, [NativeTypeName("const text")] sbyte* b);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern int f_unnamed(int param0, [NativeTypeName("const char *")] sbyte* param1, node* param2);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern int f_param(int param0);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern void f_keywords(int @in, int @out, int @ref, int @base, int @params, int @string, int @is, int @event, int @checked);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [SuppressGCTransition]
    public static extern void f_getter();

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, EntryPoint = "lock", ExactSpelling = true)]
    public static extern int @lock();

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern new int ToString();

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern int GetHashCode(int seed);

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [Obsolete]
    public static extern void f_old();

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [Obsolete("use \"f_new\"")]
    public static extern void f_older();

    [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    public static extern int f_extern([NativeTypeName("size_t")] nuint n);

    [NativeTypeName("const int")]
    public const int constant_int = 5;

    [NativeTypeName("const uint64_t")]
    public const ulong constant_wide = 0xFFFFFFFFFFFFFFFFUL;

    [NativeTypeName("const char[4]")]
    public static ReadOnlySpan<byte> constant_text => "abc"u8;

    [NativeTypeName("const char *const")]
    public static ReadOnlySpan<byte> constant_pointer => "def"u8;

    [NativeTypeName("const char *")]
    public static byte[] changing_text = "p\"q"u8.ToArray();

    public static int changing_int = 3;

    [NativeTypeName("const double")]
    public const double constant_double = 1.5;
}
