// Written by the generator: the expected output of a test.
#pragma warning disable CS0649, CS0675, CS8981

using System;
using static Cases.Macros.color;

namespace Cases.Macros;

[NativeTypeName("unsigned int")]
internal enum color : uint
{
    RED = 1,
    GREEN,
}

internal partial struct point
{
    public int x;

    public int y;
}

internal unsafe partial struct holder
{
    public void* p;

    public int i;
}

internal static unsafe partial class Calls
{
    internal const uint UNNAMED_ONE = 1;

    [NativeTypeName("#define SEMICOLON 1")]
    public const int SEMICOLON = 1;

    [NativeTypeName("#define INT_1 1")]
    public const int INT_1 = 1;

    [NativeTypeName("#define INT_U 2u")]
    public const uint INT_U = 2U;

    [NativeTypeName("#define INT_L 3l")]
    public const nint INT_L = 3;

    [NativeTypeName("#define INT_UL 4ul")]
    public const nuint INT_UL = 4U;

    [NativeTypeName("#define INT_LU 4LU")]
    public const nuint INT_LU = 4U;

    [NativeTypeName("#define INT_LL 5ll")]
    public const long INT_LL = 5L;

    [NativeTypeName("#define INT_ULL 6ULL")]
    public const ulong INT_ULL = 6UL;

    [NativeTypeName("#define INT_HEX 0x7f")]
    public const int INT_HEX = 0x7f;

    [NativeTypeName("#define INT_HEX_U 0xFFu")]
    public const uint INT_HEX_U = 0xFFU;

    [NativeTypeName("#define INT_HEX_TOP 0xFFFFFFFF")]
    public const uint INT_HEX_TOP = 0xFFFFFFFF;

    [NativeTypeName("#define INT_HEX_LONG 0xFFFFFFFFFFFFFFFF")]
    public static readonly nuint INT_HEX_LONG = unchecked((nuint)(0xFFFFFFFFFFFFFFFF));

    [NativeTypeName("#define INT_HEX_ULL 0xFFFFFFFFFFFFFFFFull")]
    public const ulong INT_HEX_ULL = 0xFFFFFFFFFFFFFFFFUL;

    [NativeTypeName("#define INT_BINARY 0b101")]
    public const int INT_BINARY = 0b101;

    [NativeTypeName("#define INT_LONG 4294967296")]
    public static readonly nint INT_LONG = unchecked((nint)(4294967296));

    [NativeTypeName("#define INT_LL_MAX 9223372036854775807LL")]
    public const long INT_LL_MAX = 9223372036854775807L;

    [NativeTypeName("#define MINUS -1")]
    public const int MINUS = -1;

    [NativeTypeName("#define MINUS_P (-7)")]
    public const int MINUS_P = (-7);

    [NativeTypeName("#define PLUS +5")]
    public const int PLUS = +5;

    [NativeTypeName("#define MINUS_L (-1l)")]
    public static readonly nint MINUS_L = (-1);

    [NativeTypeName("#define NOT (~0)")]
    public const int NOT = (~0);

    [NativeTypeName("#define NOT_U (~0u)")]
    public const uint NOT_U = (~0U);

    [NativeTypeName("#define NOT_UL (~0ul)")]
    public static readonly nuint NOT_UL = unchecked((nuint)(~0U));

    [NativeTypeName("#define NOT_ULL (~0ull)")]
    public const ulong NOT_ULL = (~0UL);

    [NativeTypeName("#define SUM 1 + 2")]
    public const int SUM = 1 + 2;

    [NativeTypeName("#define SUM_P (1 + 2)")]
    public const int SUM_P = (1 + 2);

    [NativeTypeName("#define PRODUCT 1024 * 1024")]
    public const int PRODUCT = 1024 * 1024;

    [NativeTypeName("#define PRODUCT_ULL (1024ull * 1024 * 1024 * 4)")]
    public const ulong PRODUCT_ULL = (1024UL * 1024 * 1024 * 4);

    [NativeTypeName("#define QUOTIENT (100 / 3)")]
    public const int QUOTIENT = (100 / 3);

    [NativeTypeName("#define REMAINDER (100 % 7)")]
    public const int REMAINDER = (100 % 7);

    [NativeTypeName("#define AND 0xFF & 0x0F")]
    public const int AND = 0xFF & 0x0F;

    [NativeTypeName("#define OR (0xF0 | 0x0F)")]
    public const int OR = (0xF0 | 0x0F);

    [NativeTypeName("#define XOR (0xF0 ^ 0x0F)")]
    public const int XOR = (0xF0 ^ 0x0F);

    [NativeTypeName("#define SHIFT 1 << 3")]
    public const int SHIFT = 1 << 3;

    [NativeTypeName("#define SHIFT_P (1 << 4)")]
    public const int SHIFT_P = (1 << 4);

    [NativeTypeName("#define SHIFT_U (1u << 31)")]
    public const uint SHIFT_U = (1U << 31);

    [NativeTypeName("#define SHIFT_BY_U 1u << 3u")]
    public const uint SHIFT_BY_U = 1U << 3;

    [NativeTypeName("#define SHIFT_RIGHT (256 >> 4)")]
    public const int SHIFT_RIGHT = (256 >> 4);

    [NativeTypeName("#define SHIFT_ULL (1ull << 40)")]
    public const ulong SHIFT_ULL = (1UL << 40);

    [NativeTypeName("#define SHIFT_UL (1ul << 40)")]
    public static readonly nuint SHIFT_UL = unchecked((nuint)(1U << 40));

    [NativeTypeName("#define WRAPS_AROUND (1u - 2u)")]
    public const uint WRAPS_AROUND = unchecked(1U - 2U);

    [NativeTypeName("#define OF_MACRO INT_1")]
    public const int OF_MACRO = 1;

    [NativeTypeName("#define OF_MACRO_P (INT_1)")]
    public const int OF_MACRO_P = (1);

    [NativeTypeName("#define OF_TWO (INT_U | INT_HEX_U)")]
    public const uint OF_TWO = (2U | 0xFFU);

    [NativeTypeName("#define OF_SHIFT (INT_U << INT_1)")]
    public const uint OF_SHIFT = (2U << 1);

    [NativeTypeName("#define OF_SUM INT_1 + INT_HEX")]
    public const int OF_SUM = 1 + 0x7f;

    [NativeTypeName("#define OF_LIMIT INT_MAX")]
    public const int OF_LIMIT = 2147483647;

    [NativeTypeName("#define OF_UINT UINT_MAX")]
    public const uint OF_UINT = (2147483647 * 2U + 1U);

    [NativeTypeName("#define OF_UINT32 UINT32_MAX")]
    public const uint OF_UINT32 = (4294967295U);

    [NativeTypeName("#define OF_UINT64 UINT64_MAX")]
    public static readonly nuint OF_UINT64 = unchecked((nuint)(18446744073709551615U));

    [NativeTypeName("#define OF_INT64_MIN INT64_MIN")]
    public static readonly nint OF_INT64_MIN = unchecked((nint)(-9223372036854775807 - 1));

    [NativeTypeName("#define OF_SIZE SIZE_MAX")]
    public static readonly nuint OF_SIZE = unchecked((nuint)(18446744073709551615U));

    [NativeTypeName("#define OF_C_MACRO UINT64_C(5)")]
    public const nuint OF_C_MACRO = 5U;

    [NativeTypeName("#define OF_C_SHIFT (UINT64_C(1) << 63)")]
    public static readonly nuint OF_C_SHIFT = unchecked((nuint)(1U << 63));

    [NativeTypeName("#define CAST_U8 (uint8_t)300")]
    public const byte CAST_U8 = unchecked((byte)(300));

    [NativeTypeName("#define CAST_U8_P ((uint8_t)255)")]
    public const byte CAST_U8_P = ((byte)(255));

    [NativeTypeName("#define CAST_I8 ((int8_t)-1)")]
    public const sbyte CAST_I8 = ((sbyte)(-1));

    [NativeTypeName("#define CAST_U32 ((uint32_t)1)")]
    public const uint CAST_U32 = ((uint)(1));

    [NativeTypeName("#define CAST_U32_MINUS ((uint32_t)-1)")]
    public const uint CAST_U32_MINUS = unchecked((uint)(-1));

    [NativeTypeName("#define CAST_U64_MINUS ((uint64_t)-1)")]
    public const ulong CAST_U64_MINUS = unchecked((ulong)(-1));

    [NativeTypeName("#define CAST_U64_SHIFT ((uint64_t)1 << 63)")]
    public const ulong CAST_U64_SHIFT = ((ulong)(1) << 63);

    [NativeTypeName("#define CAST_SIZE ((size_t)4096)")]
    public const nuint CAST_SIZE = ((nuint)(4096));

    [NativeTypeName("#define CAST_SIZE_MINUS ((size_t)-1)")]
    public static readonly nuint CAST_SIZE_MINUS = unchecked((nuint)(-1));

    [NativeTypeName("#define CAST_LONG ((long)1)")]
    public const nint CAST_LONG = ((nint)(1));

    [NativeTypeName("#define CAST_LONG_WIDE ((long)4294967296)")]
    public static readonly nint CAST_LONG_WIDE = unchecked((nint)(4294967296));

    [NativeTypeName("#define CAST_ULONG ((unsigned long)4294967295)")]
    public const nuint CAST_ULONG = ((nuint)(4294967295));

    [NativeTypeName("#define CAST_INT ((int)0x80000000)")]
    public const int CAST_INT = unchecked((int)(0x80000000));

    [NativeTypeName("#define CAST_INT_U ((int)5u)")]
    public const int CAST_INT_U = ((int)(5U));

    [NativeTypeName("#define CAST_ENUM ((enum color)2)")]
    public const color CAST_ENUM = ((color)(2));

    [NativeTypeName("#define CAST_FLOAT ((float)1.5)")]
    public const float CAST_FLOAT = ((float)(1.5));

    [NativeTypeName("#define CAST_NULL ((void *)0)")]
    public static readonly void* CAST_NULL = null;

    [NativeTypeName("#define CAST_POINTER ((void *)-1)")]
    public static readonly void* CAST_POINTER = unchecked((void*)(-1));

    [NativeTypeName("#define CAST_POINTER_TEXT ((const char *)16)")]
    public static readonly sbyte* CAST_POINTER_TEXT = ((sbyte*)(16));

    [NativeTypeName("#define CAST_INTPTR ((intptr_t)0x4F50454E434C3331)")]
    public static readonly nint CAST_INTPTR = unchecked((nint)(0x4F50454E434C3331));

    [NativeTypeName("#define OF_ENUM_AND_NUMBER (GREEN | 4u)")]
    public const uint OF_ENUM_AND_NUMBER = ((uint)(GREEN) | 4U);

    [NativeTypeName("#define OF_UNNAMED_ENUM_AND_NUMBER (UNNAMED_ONE + 4u)")]
    public const uint OF_UNNAMED_ENUM_AND_NUMBER = ((uint)(UNNAMED_ONE) + 4U);

    [NativeTypeName("#define SIZE_INT sizeof(int)")]
    public const nuint SIZE_INT = 4;

    [NativeTypeName("#define SIZE_INT_P (sizeof(int))")]
    public const nuint SIZE_INT_P = (4);

    [NativeTypeName("#define SIZE_POINT sizeof(struct point)")]
    public const nuint SIZE_POINT = 8;

    [NativeTypeName("#define SIZE_TWICE (sizeof(int) * 2)")]
    public const nuint SIZE_TWICE = (4 * 2);

    [NativeTypeName("#define SIZE_POINTER sizeof(void *)")]
    public static readonly nuint SIZE_POINTER = unchecked((nuint)((uint)(sizeof(void*))));

    [NativeTypeName("#define SIZE_HOLDER sizeof(struct holder)")]
    public static readonly nuint SIZE_HOLDER = unchecked((nuint)((uint)(sizeof(holder))));

    [NativeTypeName("#define TEXT \"text\"")]
    public static ReadOnlySpan<byte> TEXT => "text"u8;

    [NativeTypeName("#define TEXT_P (\"text\")")]
    public static ReadOnlySpan<byte> TEXT_P => ("text"u8);

    [NativeTypeName("#define TEXT_ESCAPES \"a\"b\\c\n\t\r\0z\"")]
    public static ReadOnlySpan<byte> TEXT_ESCAPES => "a\"b\\c\n\t\r\0z"u8;

    [NativeTypeName("#define TEXT_JOINED \"a\" \"b\"")]
    public static ReadOnlySpan<byte> TEXT_JOINED => "ab"u8;

    [NativeTypeName("#define TEXT_EMPTY \"\"")]
    public static ReadOnlySpan<byte> TEXT_EMPTY => ""u8;

    [NativeTypeName("#define TEXT_UTF8 \"\\xC3\\xA9\"")]
    public static ReadOnlySpan<byte> TEXT_UTF8 => "é"u8;

    [NativeTypeName("#define TEXT_U8 u8\"x\"")]
    public static ReadOnlySpan<byte> TEXT_U8 => "x"u8;

    [NativeTypeName("#define TEXT_OF_MACRO TEXT")]
    public static ReadOnlySpan<byte> TEXT_OF_MACRO => "text"u8;

    [NativeTypeName("#define CHARACTER 'a'")]
    public const int CHARACTER = (sbyte)('a');

    [NativeTypeName("#define CHARACTER_P ('a')")]
    public const int CHARACTER_P = ('a');

    [NativeTypeName("#define CHARACTER_NEWLINE '\n'")]
    public const int CHARACTER_NEWLINE = (sbyte)('\n');

    [NativeTypeName("#define CHARACTER_ZERO '\0'")]
    public const int CHARACTER_ZERO = (sbyte)('\0');

    [NativeTypeName("#define CHARACTER_QUOTE '\\''")]
    public const int CHARACTER_QUOTE = (sbyte)('\'');

    [NativeTypeName("#define CHARACTER_BACKSLASH '\\'")]
    public const int CHARACTER_BACKSLASH = (sbyte)('\\');

    [NativeTypeName("#define CHARACTER_HEX '\\x41'")]
    public const int CHARACTER_HEX = (sbyte)('A');

    [NativeTypeName("#define CHARACTER_SUM 'a' + 1")]
    public const int CHARACTER_SUM = (sbyte)('a') + 1;

    [NativeTypeName("#define CHARACTER_TWO 'ab'")]
    public const int CHARACTER_TWO = 0x6162;

    [NativeTypeName("#define FLOAT 1.5f")]
    public const float FLOAT = 1.5f;

    [NativeTypeName("#define FLOAT_P (1.5f)")]
    public const float FLOAT_P = (1.5f);

    [NativeTypeName("#define FLOAT_DOT 1.f")]
    public const float FLOAT_DOT = 1.0f;

    [NativeTypeName("#define DOUBLE 1.5")]
    public const double DOUBLE = 1.5;

    [NativeTypeName("#define DOUBLE_DOT 1.")]
    public const double DOUBLE_DOT = 1.0;

    [NativeTypeName("#define DOUBLE_E 1e10")]
    public const double DOUBLE_E = 1e10;

    [NativeTypeName("#define DOUBLE_MINUS -2.5")]
    public const double DOUBLE_MINUS = -2.5;

    [NativeTypeName("#define DOUBLE_SUM (1.5 + 2)")]
    public const double DOUBLE_SUM = (1.5 + 2);

    [NativeTypeName("#define COMMENT_BEHIND 12")]
    public const int COMMENT_BEHIND = 12;

    [NativeTypeName("#define COMMENT_BEFORE 13")]
    public const int COMMENT_BEFORE = 13;

    [NativeTypeName("#define CONTINUED 1 + \\\n\t2")]
    public const int CONTINUED = 1 + 2;

    [NativeTypeName("#define base 7")]
    public const int @base = 7;

    [NativeTypeName("#define AGAIN 1")]
    public const int AGAIN = 1;

    [NativeTypeName("#define UNDEFINED_LATER 5")]
    public const int UNDEFINED_LATER = 5;

    [NativeTypeName("#define SPACED 1   +   2")]
    public const int SPACED = 1 + 2;

    [NativeTypeName("#define TABBED 9")]
    public const int TABBED = 9;
}
