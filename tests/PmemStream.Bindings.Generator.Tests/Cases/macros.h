/* Macros: each of them a constant, or nothing. */
#ifndef MACROS_H
#define MACROS_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

enum color { RED = 1, GREEN };
enum { UNNAMED_ONE = 1 };
struct point { int x, y; };
struct holder { void *p; int i; };

/* Nothing. */
#define EMPTY
#define ONLY_COMMENT /* nothing */
#define ATTRIBUTE __attribute__((unused))
#define UNKNOWN some_unknown_name
#define CALL_OF_UNKNOWN some_unknown_function(1)
#define SPECIFIER static inline
#define TYPE unsigned int
#define SEMICOLON 1;
#define RED RED

/* Integers. */
#define INT_1 1
#define INT_U 2u
#define INT_L 3l
#define INT_UL 4ul
#define INT_LU 4LU
#define INT_LL 5ll
#define INT_ULL 6ULL
#define INT_HEX 0x7f
#define INT_HEX_U 0xFFu
#define INT_HEX_TOP 0xFFFFFFFF
#define INT_HEX_LONG 0xFFFFFFFFFFFFFFFF
#define INT_HEX_ULL 0xFFFFFFFFFFFFFFFFull
#define INT_BINARY 0b101
#define INT_LONG 4294967296
#define INT_LL_MAX 9223372036854775807LL

/* Operators. */
#define MINUS -1
#define MINUS_P (-7)
#define PLUS +5
#define MINUS_L (-1l)
#define NOT (~0)
#define NOT_U (~0u)
#define NOT_UL (~0ul)
#define NOT_ULL (~0ull)
#define SUM 1 + 2
#define SUM_P (1 + 2)
#define PRODUCT 1024 * 1024
#define PRODUCT_ULL (1024ull * 1024 * 1024 * 4)
#define QUOTIENT (100 / 3)
#define REMAINDER (100 % 7)
#define AND 0xFF & 0x0F
#define OR (0xF0 | 0x0F)
#define XOR (0xF0 ^ 0x0F)
#define SHIFT 1 << 3
#define SHIFT_P (1 << 4)
#define SHIFT_U (1u << 31)
#define SHIFT_BY_U 1u << 3u
#define SHIFT_RIGHT (256 >> 4)
#define SHIFT_ULL (1ull << 40)
#define SHIFT_UL (1ul << 40)
#define WRAPS_AROUND (1u - 2u)

/* Other macros. */
#define OF_MACRO INT_1
#define OF_MACRO_P (INT_1)
#define OF_TWO (INT_U | INT_HEX_U)
#define OF_SHIFT (INT_U << INT_1)
#define OF_SUM INT_1 + INT_HEX
#define OF_LIMIT INT_MAX
#define OF_UINT UINT_MAX
#define OF_UINT32 UINT32_MAX
#define OF_UINT64 UINT64_MAX
#define OF_INT64_MIN INT64_MIN
#define OF_SIZE SIZE_MAX
#define OF_C_MACRO UINT64_C(5)
#define OF_C_SHIFT (UINT64_C(1) << 63)

/* Casts. */
#define CAST_U8 (uint8_t)300
#define CAST_U8_P ((uint8_t)255)
#define CAST_I8 ((int8_t)-1)
#define CAST_U32 ((uint32_t)1)
#define CAST_U32_MINUS ((uint32_t)-1)
#define CAST_U64_MINUS ((uint64_t)-1)
#define CAST_U64_SHIFT ((uint64_t)1 << 63)
#define CAST_SIZE ((size_t)4096)
#define CAST_SIZE_MINUS ((size_t)-1)
#define CAST_LONG ((long)1)
#define CAST_LONG_WIDE ((long)4294967296)
#define CAST_ULONG ((unsigned long)4294967295)
#define CAST_INT ((int)0x80000000)
#define CAST_INT_U ((int)5u)
#define CAST_ENUM ((enum color)2)
#define CAST_FLOAT ((float)1.5)
#define CAST_NULL ((void *)0)
#define CAST_POINTER ((void *)-1)
#define CAST_POINTER_TEXT ((const char *)16)
#define CAST_INTPTR ((intptr_t)0x4F50454E434C3331)

/* Enumerators. */
#define OF_ENUM_AND_NUMBER (GREEN | 4u)
#define OF_UNNAMED_ENUM_AND_NUMBER (UNNAMED_ONE + 4u)

/* Sizes. */
#define SIZE_INT sizeof(int)
#define SIZE_INT_P (sizeof(int))
#define SIZE_POINT sizeof(struct point)
#define SIZE_TWICE (sizeof(int) * 2)
#define SIZE_POINTER sizeof(void *)
#define SIZE_HOLDER sizeof(struct holder)

/* Text. */
#define TEXT "text"
#define TEXT_P ("text")
#define TEXT_ESCAPES "a\"b\\c\n\t\r\0z"
#define TEXT_JOINED "a" "b"
#define TEXT_EMPTY ""
#define TEXT_UTF8 "\xC3\xA9"
#define TEXT_U8 u8"x"
#define TEXT_OF_MACRO TEXT

/* Characters. */
#define CHARACTER 'a'
#define CHARACTER_P ('a')
#define CHARACTER_NEWLINE '\n'
#define CHARACTER_ZERO '\0'
#define CHARACTER_QUOTE '\''
#define CHARACTER_BACKSLASH '\\'
#define CHARACTER_HEX '\x41'
#define CHARACTER_SUM 'a' + 1
#define CHARACTER_TWO 'ab'

/* Floating-point numbers. */
#define FLOAT 1.5f
#define FLOAT_P (1.5f)
#define FLOAT_DOT 1.f
#define DOUBLE 1.5
#define DOUBLE_DOT 1.
#define DOUBLE_E 1e10
#define DOUBLE_MINUS -2.5
#define DOUBLE_SUM (1.5 + 2)

/* How it is written. */
#define COMMENT_BEHIND 12 /* twelve */
#define COMMENT_BEFORE /* before */ 13 // thirteen
#define CONTINUED 1 + \
	2
#define base 7
#define AGAIN 1
#undef AGAIN
#define AGAIN 2
#define UNDEFINED_LATER 5
#undef UNDEFINED_LATER
#define   SPACED     1   +   2
#define	TABBED	9

#endif
