// Written by the generator: the expected output of a test.
#pragma warning disable CS0649, CS0675, CS8981

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cases.Records;

internal partial struct opaque
{
}

internal partial struct hidden
{
}

internal partial struct unnamed_struct
{
    public int x;
}

internal partial struct only_typedef
{
    public int x;
}

internal unsafe partial struct node
{
    [NativeTypeName("struct node *")]
    public node* next;

    [NativeTypeName("struct node **")]
    public node** all;

    public int value;
}

internal unsafe partial struct uses_it
{
    [NativeTypeName("struct declared_first *")]
    public declared_first* p;

    [NativeTypeName("struct never_defined *")]
    public never_defined* q;

    internal partial struct never_defined
    {
    }
}

internal partial struct declared_first
{
    public int z;
}

internal partial struct outer
{
    [NativeTypeName("struct inner")]
    public inner @in;

    [NativeTypeName("struct inner")]
    public inner again;

    [NativeTypeName("enum inner_kind")]
    public inner_kind kind;

    [NativeTypeName("__AnonymousEnum_records_L32_C2")]
    public uint unnamed;

    internal partial struct inner
    {
        public int a;

        [NativeTypeName("union deep")]
        public deep d;

        [StructLayout(LayoutKind.Explicit)]
        internal partial struct deep
        {
            [FieldOffset(0)]
            public int b;

            [FieldOffset(0)]
            public float c;
        }
    }

    [NativeTypeName("unsigned int")]
    internal enum inner_kind : uint
    {
        INNER_A,
        INNER_B = 5,
    }

    internal const uint UNNAMED_A = 4;
    internal const uint UNNAMED_B = 5;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe partial struct value
{
    [FieldOffset(0)]
    public int i;

    [FieldOffset(0)]
    public double d;

    [FieldOffset(0)]
    [NativeTypeName("uint8_t[4]")]
    public _bytes_e__FixedBuffer bytes;

    [FieldOffset(0)]
    [NativeTypeName("struct node *")]
    public node* n;

    [InlineArray(4)]
    public partial struct _bytes_e__FixedBuffer
    {
        public byte e0;
    }
}

internal partial struct keywords
{
    public int @in;

    public int @out;

    public int @params;

    public int @string;

    public int @base;

    public int @object;

    public int @event;

    public new int ToString;

    public new int GetHashCode;
}

internal unsafe partial struct pointers
{
    [NativeTypeName("const_node_ptr")]
    public node* a;

    [NativeTypeName("node_ptr")]
    public node* b;

    [NativeTypeName("const int *")]
    public int* c;

    [NativeTypeName("int *const")]
    public int* d;

    [NativeTypeName("const char *const *")]
    public sbyte** e;

    public void* f;

    public void** g;

    [NativeTypeName("const void *")]
    public void* h;

    public hidden* i;

    [NativeTypeName("struct opaque *")]
    public opaque* j;

    [NativeTypeName("const struct opaque *")]
    public opaque* k;

    [NativeTypeName("char **")]
    public sbyte** l;

    [NativeTypeName("volatile int *")]
    public int* m;

    [NativeTypeName("position *")]
    public ulong* n;

    [NativeTypeName("again_typedef *")]
    public only_typedef* o;
}

internal unsafe partial struct by_typedef
{
    [NativeTypeName("node_ptr")]
    public node* a;

    public only_typedef b;

    [NativeTypeName("again_typedef")]
    public only_typedef c;

    [NativeTypeName("position")]
    public ulong d;

    public value e;
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal partial struct packed_by_pragma
{
    [NativeTypeName("char")]
    public sbyte c;

    public int i;
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal partial struct packed_by_attribute
{
    [NativeTypeName("char")]
    public sbyte c;

    public int i;

    public short s;
}

[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal partial struct packed_typedef
{
    [NativeTypeName("char")]
    public sbyte c;

    public int i;
}

internal partial struct packed_in_vain
{
    [NativeTypeName("char")]
    public sbyte c;

    public short s;
}

internal partial struct named_like_a_field
{
    [NativeTypeName("struct same")]
    public _same_e__Struct same;

    internal partial struct _same_e__Struct
    {
        public int a;
    }
}

[Obsolete("use another")]
internal partial struct old
{
    [Obsolete]
    public int gone;

    public int kept;
}
