/* Enums and what their values are made of. */
#ifndef ENUMS_H
#define ENUMS_H

typedef enum signed_kind {
	SIGNED_MINUS = -1,
	SIGNED_ZERO,
	SIGNED_ONE,
	SIGNED_TEN = 10,
	SIGNED_SAME = SIGNED_TEN,
} signed_kind;

enum only_tag { TAG_A, TAG_B = 0x10, TAG_C = 0x20u };
typedef enum { TYPEDEF_A = 1, TYPEDEF_B } only_typedef;

enum flags {
	FLAG_NONE = 0,
	FLAG_A = 1 << 0,
	FLAG_B = 1 << 1,
	FLAG_C = (1 << 2),
	FLAG_AB = FLAG_A | FLAG_B,
	FLAG_ABC = FLAG_AB | FLAG_C,
	FLAG_TOP = 1u << 31,
};

enum hex { HEX_TOP = 0x80000000, HEX_ALL = 0xFFFFFFFFu };
enum negatives { NEGATIVE_A = -(1), NEGATIVE_B = -2 + 1, NEGATIVE_C = ~0, NEGATIVE_D = (int)0x80000000 };
enum characters { CHARACTER_A = 'a', CHARACTER_NEWLINE = '\n' };
enum of_another { OTHER_A = TAG_B, OTHER_B = TAG_B + 1 };
enum keywords { base, string, ref = 3 };
enum single { SINGLE };

enum old {
	OLD_A __attribute__((deprecated("use OLD_B"))),
	OLD_B,
} __attribute__((deprecated));

enum { UNNAMED_A, UNNAMED_B = 7, UNNAMED_C, UNNAMED_D = UNNAMED_B | 8 };
enum { UNNAMED_MINUS = -3, UNNAMED_NEXT };

enum only_tag enum_get(signed_kind a, enum only_tag b, only_typedef *c, const enum flags *d);

#endif
