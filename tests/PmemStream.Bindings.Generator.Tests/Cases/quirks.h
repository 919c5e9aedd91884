/* What the reference generator writes although C# refuses it or reads it otherwise: that comes out as well. */
#ifndef QUIRKS_H
#define QUIRKS_H

enum color { RED, GREEN };
enum { UNNAMED_ONE = 1 };
enum wide { WIDE_A = 0x100000000, WIDE_B };

#define OF_ENUM GREEN
#define OF_ENUM_P (GREEN)
#define OF_UNNAMED_ENUM UNNAMED_ONE
#define OCTAL 0644
#define CHARACTER_NEGATIVE '\xff'

enum { MASKED = ~1 & 0xFF };

void declared_twice(int a);
void declared_twice(int b);

struct same_name { int same_name; };
struct pointers { void *p[2][2]; };

struct twice_unnamed {
	struct {
		struct {
			int v;
		};
		int w;
	};
};

struct array_of_one {
	union {
		int single[1];
		int all;
	};
};

struct opaque_twice;
struct opaque_twice;

int dimensions(int grid[2][3]);

#endif
