// Written by the generator: the expected output of a test.
#pragma warning disable CS0649, CS0675, CS8981

using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cases.Anonymous;

internal unsafe partial struct one
{
    public int a;

    [NativeTypeName("__AnonymousRecord_anonymous_L9_C2")]
    public _Anonymous_e__Struct Anonymous;

    [UnscopedRef]
    internal ref int b
    {
        get
        {
            return ref Anonymous.b;
        }
    }

    [UnscopedRef]
    internal ref float c
    {
        get
        {
            return ref Anonymous.c;
        }
    }

    [UnscopedRef]
    internal Span<byte> bytes
    {
        get
        {
            return Anonymous.bytes;
        }
    }

    [UnscopedRef]
    internal ref void* p
    {
        get
        {
            return ref Anonymous.p;
        }
    }

    internal unsafe partial struct _Anonymous_e__Struct
    {
        public int b;

        public float c;

        [NativeTypeName("uint8_t[4]")]
        public _bytes_e__FixedBuffer bytes;

        public void* p;

        [InlineArray(4)]
        public partial struct _bytes_e__FixedBuffer
        {
            public byte e0;
        }
    }
}

internal partial struct two
{
    [NativeTypeName("__AnonymousRecord_anonymous_L18_C2")]
    public _Anonymous1_e__Union Anonymous1;

    [NativeTypeName("__AnonymousRecord_anonymous_L25_C2")]
    public _Anonymous2_e__Struct Anonymous2;

    public int e;

    [UnscopedRef]
    internal ref int a
    {
        get
        {
            return ref Anonymous1.a;
        }
    }

    [UnscopedRef]
    internal ref int b
    {
        get
        {
            return ref Anonymous1.Anonymous.b;
        }
    }

    [UnscopedRef]
    internal ref int c
    {
        get
        {
            return ref Anonymous1.Anonymous.c;
        }
    }

    [UnscopedRef]
    internal ref int d
    {
        get
        {
            return ref Anonymous2.d;
        }
    }

    [StructLayout(LayoutKind.Explicit)]
    internal partial struct _Anonymous1_e__Union
    {
        [FieldOffset(0)]
        public int a;

        [FieldOffset(0)]
        [NativeTypeName("__AnonymousRecord_anonymous_L20_C3")]
        public _Anonymous_e__Struct Anonymous;

        internal partial struct _Anonymous_e__Struct
        {
            public int b;

            public int c;
        }
    }

    internal partial struct _Anonymous2_e__Struct
    {
        public int d;
    }
}

[StructLayout(LayoutKind.Explicit)]
internal partial struct word
{
    [FieldOffset(0)]
    [NativeTypeName("uint32_t")]
    public uint whole;

    [FieldOffset(0)]
    [NativeTypeName("__AnonymousRecord_anonymous_L33_C2")]
    public _Anonymous_e__Struct Anonymous;

    [UnscopedRef]
    internal ref ushort low
    {
        get
        {
            return ref Anonymous.low;
        }
    }

    [UnscopedRef]
    internal ref ushort high
    {
        get
        {
            return ref Anonymous.high;
        }
    }

    internal partial struct _Anonymous_e__Struct
    {
        [NativeTypeName("uint16_t")]
        public ushort low;

        [NativeTypeName("uint16_t")]
        public ushort high;
    }
}

internal partial struct named_fields
{
    [NativeTypeName("__AnonymousRecord_anonymous_L39_C2")]
    public _in_e__Struct @in;

    [NativeTypeName("__AnonymousRecord_anonymous_L40_C2")]
    public _number_e__Union number;

    [NativeTypeName("struct (anonymous struct at anonymous.h:41:2)[3]")]
    public _many_e__FixedBuffer many;

    [NativeTypeName("struct (anonymous struct at anonymous.h:42:2)[1]")]
    public _one_only_e__FixedBuffer one_only;

    internal partial struct _in_e__Struct
    {
        public int x;
    }

    [StructLayout(LayoutKind.Explicit)]
    internal partial struct _number_e__Union
    {
        [FieldOffset(0)]
        public int i;

        [FieldOffset(0)]
        public float f;
    }

    internal partial struct _many_e__Struct
    {
        public int y;
    }

    internal partial struct _one_only_e__Struct
    {
        public int z;
    }

    [InlineArray(3)]
    public partial struct _many_e__FixedBuffer
    {
        public _many_e__Struct e0;
    }

    public partial struct _one_only_e__FixedBuffer
    {
        public _one_only_e__Struct e0;

        [UnscopedRef]
        public ref _one_only_e__Struct this[int index]
        {
            get
            {
                return ref Unsafe.Add(ref e0, index);
            }
        }

        [UnscopedRef]
        public Span<_one_only_e__Struct> AsSpan(int length) => MemoryMarshal.CreateSpan(ref e0, length);
    }
}

internal partial struct named_inside
{
    [NativeTypeName("__AnonymousRecord_anonymous_L46_C2")]
    public _Anonymous_e__Union Anonymous;

    [UnscopedRef]
    internal ref _Anonymous_e__Union._color_e__Struct color
    {
        get
        {
            return ref Anonymous.color;
        }
    }

    [UnscopedRef]
    internal Span<int> rgb
    {
        get
        {
            return Anonymous.rgb;
        }
    }

    [StructLayout(LayoutKind.Explicit)]
    internal partial struct _Anonymous_e__Union
    {
        [FieldOffset(0)]
        [NativeTypeName("__AnonymousRecord_anonymous_L47_C3")]
        public _color_e__Struct color;

        [FieldOffset(0)]
        [NativeTypeName("int[3]")]
        public _rgb_e__FixedBuffer rgb;

        internal partial struct _color_e__Struct
        {
            public int r;

            public int g;

            public int b;
        }

        [InlineArray(3)]
        public partial struct _rgb_e__FixedBuffer
        {
            public int e0;
        }
    }
}
