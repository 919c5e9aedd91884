using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cases.OptionsPlain
{
    public partial struct opt_empty
    {
    }

    [NativeTypeName("unsigned int")]
    public enum opt_kind : uint
    {
        OPT_KIND_A,
        OPT_KIND_B,
    }

    public partial struct opt_data
    {
        [NativeTypeName("_Bool")]
        public byte flag;

        [NativeTypeName("long")]
        public nint l;

        [NativeTypeName("unsigned long")]
        public nuint ul;

        [NativeTypeName("__AnonymousRecord_options_L27_C2")]
        public _Anonymous_e__Union Anonymous;

        public int left_out;

        [NativeTypeName("ssize_t")]
        public nint size;

        [NativeTypeName("int[2]")]
        public _values_e__FixedBuffer values;

        [UnscopedRef]
        public ref int i
        {
            get
            {
                return ref Anonymous.i;
            }
        }

        [UnscopedRef]
        public ref float f
        {
            get
            {
                return ref Anonymous.f;
            }
        }

        [StructLayout(LayoutKind.Explicit)]
        public partial struct _Anonymous_e__Union
        {
            [FieldOffset(0)]
            public int i;

            [FieldOffset(0)]
            public float f;
        }

        [InlineArray(2)]
        public partial struct _values_e__FixedBuffer
        {
            public int e0;
        }
    }

    public static unsafe partial class Methods
    {
        public const uint OPT_UNNAMED = 2;

        [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true, SetLastError = true)]
        [return: NativeTypeName("_Bool")]
        public static extern byte opt_open([NativeTypeName("const char *")] sbyte* name, opt_data* data, [NativeTypeName("_Bool")] byte flag, [NativeTypeName("long")] nint l);

        [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true, SetLastError = true)]
        public static extern void opt_close(opt_data* data);

        [DllImport("demo", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true, SetLastError = true)]
        [return: NativeTypeName("ssize_t")]
        public static extern nint opt_string([NativeTypeName("enum opt_kind")] opt_kind kind);
    }
}
