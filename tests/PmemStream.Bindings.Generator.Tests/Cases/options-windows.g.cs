using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cases.OptionsWindows
{
    public partial struct opt_empty
    {
    }

    [NativeTypeName("unsigned int")]
    public enum OptKind : uint
    {
        OPT_KIND_A,
        OPT_KIND_B,
    }

    public partial struct OptData
    {
        [NativeTypeName("_Bool")]
        public byte flag;

        [NativeTypeName("long")]
        public int l;

        [NativeTypeName("unsigned long")]
        public uint ul;

        [NativeTypeName("__AnonymousRecord_options_L27_C2")]
        public _Anonymous_e__Union Anonymous;

        [NativeTypeName("ssize_t")]
        public nint size;

        [NativeTypeName("int[4]")]
        public _values_e__FixedBuffer values;

        [StructLayout(LayoutKind.Explicit)]
        public partial struct _Anonymous_e__Union
        {
            [FieldOffset(0)]
            public int i;

            [FieldOffset(0)]
            public float f;
        }

        [InlineArray(4)]
        public partial struct _values_e__FixedBuffer
        {
            public int e0;
        }
    }

    internal static unsafe partial class Imports
    {
        public const uint OPT_UNNAMED = 2;

        [DllImport("options.dll", CallingConvention = CallingConvention.Cdecl, EntryPoint = "opt_open", ExactSpelling = true, SetLastError = true)]
        [return: NativeTypeName("_Bool")]
        internal static extern byte open([NativeTypeName("const char *")] sbyte* name, [NativeTypeName("opt_data *")] OptData* data, [NativeTypeName("_Bool")] byte flag, [NativeTypeName("long")] int l);

        [DllImport("options.dll", CallingConvention = CallingConvention.Cdecl, EntryPoint = "opt_close", ExactSpelling = true)]
        public static extern void finish([NativeTypeName("opt_data *")] OptData* data);

        [DllImport("options.dll", CallingConvention = CallingConvention.Cdecl, EntryPoint = "opt_string", ExactSpelling = true)]
        [return: NativeTypeName("ssize_t")]
        public static extern nint @string([NativeTypeName("enum opt_kind")] OptKind kind);

        [NativeTypeName("#define OPT_VERSION OPT_SIZE")]
        public const int OPT_VERSION = 4;

        [NativeTypeName("#define OPT_TEXT \"text\"")]
        internal static ReadOnlySpan<byte> OPT_TEXT => "text"u8;
    }
}
