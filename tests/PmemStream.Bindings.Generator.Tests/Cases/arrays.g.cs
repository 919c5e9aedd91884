// Written by the generator: the expected output of a test.
#pragma warning disable CS0649, CS0675, CS8981

using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cases.Arrays;

internal partial struct item
{
    public int a;
}

internal partial struct unnamed_item
{
    public int b;
}

[NativeTypeName("unsigned int")]
internal enum kind : uint
{
    KIND_A,
    KIND_B,
}

internal partial struct of_primitives
{
    [NativeTypeName("char[2]")]
    public _c_e__FixedBuffer c;

    [NativeTypeName("signed char[2]")]
    public _sc_e__FixedBuffer sc;

    [NativeTypeName("uint16_t[3]")]
    public _u16_e__FixedBuffer u16;

    [NativeTypeName("int[4]")]
    public _i_e__FixedBuffer i;

    [NativeTypeName("long[5]")]
    public _l_e__FixedBuffer l;

    [NativeTypeName("float[6]")]
    public _f_e__FixedBuffer f;

    [NativeTypeName("double[7]")]
    public _d_e__FixedBuffer d;

    [NativeTypeName("_Bool[8]")]
    public _b_e__FixedBuffer b;

    [NativeTypeName("size_t[9]")]
    public _z_e__FixedBuffer z;

    [InlineArray(2)]
    public partial struct _c_e__FixedBuffer
    {
        public sbyte e0;
    }

    [InlineArray(2)]
    public partial struct _sc_e__FixedBuffer
    {
        public sbyte e0;
    }

    [InlineArray(3)]
    public partial struct _u16_e__FixedBuffer
    {
        public ushort e0;
    }

    [InlineArray(4)]
    public partial struct _i_e__FixedBuffer
    {
        public int e0;
    }

    [InlineArray(5)]
    public partial struct _l_e__FixedBuffer
    {
        public nint e0;
    }

    [InlineArray(6)]
    public partial struct _f_e__FixedBuffer
    {
        public float e0;
    }

    [InlineArray(7)]
    public partial struct _d_e__FixedBuffer
    {
        public double e0;
    }

    [InlineArray(8)]
    public partial struct _b_e__FixedBuffer
    {
        public bool e0;
    }

    [InlineArray(9)]
    public partial struct _z_e__FixedBuffer
    {
        public nuint e0;
    }
}

internal partial struct of_types
{
    [NativeTypeName("item[2]")]
    public _items_e__FixedBuffer items;

    [NativeTypeName("struct item[2]")]
    public _tagged_e__FixedBuffer tagged;

    [NativeTypeName("unnamed_item[3]")]
    public _unnamed_e__FixedBuffer unnamed;

    [NativeTypeName("enum kind[2]")]
    public _kinds_e__FixedBuffer kinds;

    [NativeTypeName("vector")]
    public _typed_e__FixedBuffer typed;

    [NativeTypeName("vector[2]")]
    public _typed_twice_e__FixedBuffer typed_twice;

    [NativeTypeName("const int[2]")]
    public _constant_e__FixedBuffer constant;

    [InlineArray(2)]
    public partial struct _items_e__FixedBuffer
    {
        public item e0;
    }

    [InlineArray(2)]
    public partial struct _tagged_e__FixedBuffer
    {
        public item e0;
    }

    [InlineArray(3)]
    public partial struct _unnamed_e__FixedBuffer
    {
        public unnamed_item e0;
    }

    [InlineArray(2)]
    public partial struct _kinds_e__FixedBuffer
    {
        public kind e0;
    }

    [InlineArray(4)]
    public partial struct _typed_e__FixedBuffer
    {
        public int e0;
    }

    [InlineArray(2 * 4)]
    public partial struct _typed_twice_e__FixedBuffer
    {
        public int e0_0;
    }

    [InlineArray(2)]
    public partial struct _constant_e__FixedBuffer
    {
        public int e0;
    }
}

internal partial struct of_pointers
{
    [NativeTypeName("item *[2]")]
    public _items_e__FixedBuffer items;

    [NativeTypeName("const char *[3]")]
    public _names_e__FixedBuffer names;

    [NativeTypeName("void *[2]")]
    public _any_e__FixedBuffer any;

    [NativeTypeName("void *(*[2])(int)")]
    public _functions_e__FixedBuffer functions;

    public unsafe partial struct _items_e__FixedBuffer
    {
        public item* e0;
        public item* e1;

        public ref item* this[int index]
        {
            get
            {
                fixed (item** pThis = &e0)
                {
                    return ref pThis[index];
                }
            }
        }
    }

    public unsafe partial struct _names_e__FixedBuffer
    {
        public sbyte* e0;
        public sbyte* e1;
        public sbyte* e2;

        public ref sbyte* this[int index]
        {
            get
            {
                fixed (sbyte** pThis = &e0)
                {
                    return ref pThis[index];
                }
            }
        }
    }

    public unsafe partial struct _any_e__FixedBuffer
    {
        public void* e0;
        public void* e1;

        public ref void* this[int index]
        {
            get
            {
                fixed (void** pThis = &e0)
                {
                    return ref pThis[index];
                }
            }
        }
    }

    public unsafe partial struct _functions_e__FixedBuffer
    {
        public delegate* unmanaged[Cdecl]<int, void*> e0;
        public delegate* unmanaged[Cdecl]<int, void*> e1;

        public ref delegate* unmanaged[Cdecl]<int, void*> this[int index]
        {
            get
            {
                fixed (delegate* unmanaged[Cdecl]<int, void*>* pThis = &e0)
                {
                    return ref pThis[index];
                }
            }
        }
    }
}

internal partial struct of_several_dimensions
{
    [NativeTypeName("int[2][3]")]
    public _grid_e__FixedBuffer grid;

    [NativeTypeName("uint8_t[2][1][3]")]
    public _cube_e__FixedBuffer cube;

    [InlineArray(2 * 3)]
    public partial struct _grid_e__FixedBuffer
    {
        public int e0_0;
    }

    [InlineArray(2 * 1 * 3)]
    public partial struct _cube_e__FixedBuffer
    {
        public byte e0_0_0;
    }
}

internal partial struct of_few
{
    [NativeTypeName("uint8_t[1]")]
    public _one_e__FixedBuffer one;

    [NativeTypeName("item[1]")]
    public _one_item_e__FixedBuffer one_item;

    [NativeTypeName("int[]")]
    public _tail_e__FixedBuffer tail;

    public partial struct _one_e__FixedBuffer
    {
        public byte e0;

        [UnscopedRef]
        public ref byte this[int index]
        {
            get
            {
                return ref Unsafe.Add(ref e0, index);
            }
        }

        [UnscopedRef]
        public Span<byte> AsSpan(int length) => MemoryMarshal.CreateSpan(ref e0, length);
    }

    public partial struct _one_item_e__FixedBuffer
    {
        public item e0;

        [UnscopedRef]
        public ref item this[int index]
        {
            get
            {
                return ref Unsafe.Add(ref e0, index);
            }
        }

        [UnscopedRef]
        public Span<item> AsSpan(int length) => MemoryMarshal.CreateSpan(ref e0, length);
    }

    public partial struct _tail_e__FixedBuffer
    {
        public int e0;

        [UnscopedRef]
        public ref int this[int index]
        {
            get
            {
                return ref Unsafe.Add(ref e0, index);
            }
        }

        [UnscopedRef]
        public Span<int> AsSpan(int length) => MemoryMarshal.CreateSpan(ref e0, length);
    }
}
