/* Arrays as fields. */
#ifndef ARRAYS_H
#define ARRAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct item { int a; } item;
typedef struct { int b; } unnamed_item;
typedef int vector[4];
enum kind { KIND_A, KIND_B };

struct of_primitives {
	char c[2];
	signed char sc[2];
	uint16_t u16[3];
	int i[4];
	long l[5];
	float f[6];
	double d[7];
	bool b[8];
	size_t z[9];
};

struct of_types {
	item items[2];
	struct item tagged[2];
	unnamed_item unnamed[3];
	enum kind kinds[2];
	vector typed;
	vector typed_twice[2];
	const int constant[2];
};

struct of_pointers {
	item *items[2];
	const char *names[3];
	void *any[2];
	void *(*functions[2])(int);
};

struct of_several_dimensions {
	int grid[2][3];
	uint8_t cube[2][1][3];
};

struct of_few {
	uint8_t one[1];
	item one_item[1];
	int tail[];
};

#endif
