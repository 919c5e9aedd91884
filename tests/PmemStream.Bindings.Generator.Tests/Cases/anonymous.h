/* Structs and unions without a name. */
#ifndef ANONYMOUS_H
#define ANONYMOUS_H

#include <stdint.h>

struct one {
	int a;
	struct {
		int b;
		float c;
		uint8_t bytes[4];
		void *p;
	};
};

struct two {
	union {
		int a;
		struct {
			int b;
			int c;
		};
	};
	struct {
		int d;
	};
	int e;
};

typedef union {
	uint32_t whole;
	struct {
		uint16_t low, high;
	};
} word;

struct named_fields {
	struct { int x; } in;
	union { int i; float f; } number;
	struct { int y; } many[3];
	struct { int z; } one_only[1];
};

struct named_inside {
	union {
		struct { int r, g, b; } color;
		int rgb[3];
	};
};

#endif
