/* Structs and unions: opaque, nested, pointing to themselves, packed, deprecated. */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdint.h>

struct opaque;
typedef struct hidden hidden;
typedef struct unnamed_struct { int x; } renamed;
typedef struct { int x; } only_typedef;

typedef struct node {
	struct node *next;
	struct node **all;
	int value;
} node;

struct declared_first;
struct uses_it {
	struct declared_first *p;
	struct never_defined *q;
};
struct declared_first { int z; };

struct outer {
	struct inner {
		int a;
		union deep { int b; float c; } d;
	} in;
	struct inner again;
	enum inner_kind { INNER_A, INNER_B = 5 } kind;
	enum { UNNAMED_A = 4, UNNAMED_B } unnamed;
};

typedef union value {
	int i;
	double d;
	uint8_t bytes[4];
	struct node *n;
} value;

struct keywords {
	int in;
	int out;
	int params;
	int string;
	int base;
	int object;
	int event;
	int ToString;
	int GetHashCode;
};

typedef const node *const_node_ptr;
typedef node *node_ptr;
typedef only_typedef again_typedef;
typedef uint64_t position;

struct pointers {
	const_node_ptr a;
	node_ptr b;
	const int *c;
	int *const d;
	const char *const *e;
	void *f;
	void **g;
	const void *h;
	hidden *i;
	struct opaque *j;
	const struct opaque *k;
	char **l;
	volatile int *m;
	position *n;
	again_typedef *o;
};

struct by_typedef {
	node_ptr a;
	only_typedef b;
	again_typedef c;
	position d;
	value e;
};

#pragma pack(push, 1)
struct packed_by_pragma { char c; int i; };
#pragma pack(pop)

struct __attribute__((packed)) packed_by_attribute { char c; int i; short s; };

#pragma pack(push, 2)
typedef struct { char c; int i; } packed_typedef;
struct packed_in_vain { char c; short s; };
#pragma pack(pop)

struct named_like_a_field { struct same { int a; } same; };

struct old {
	int gone __attribute__((deprecated));
	int kept;
} __attribute__((deprecated("use " "another")));

#endif
