/* Every arithmetic type, alone and behind a pointer. */
#ifndef PRIMITIVES_H
#define PRIMITIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct c_types {
	char c;
	signed char sc;
	unsigned char uc;
	short s;
	unsigned short us;
	int i;
	unsigned int ui;
	unsigned u;
	long l;
	long int li;
	unsigned long ul;
	long long ll;
	unsigned long long ull;
	float f;
	double d;
	_Bool b;
	bool b2;
	const unsigned char cuc;
	volatile int vi;
};

struct std_types {
	int8_t i8;
	uint8_t u8;
	int16_t i16;
	uint16_t u16;
	int32_t i32;
	uint32_t u32;
	int64_t i64;
	uint64_t u64;
	size_t size;
	ptrdiff_t difference;
	intptr_t iptr;
	uintptr_t uptr;
};

long prim_longs(long a, unsigned long b, long *c, const unsigned long *d);
char prim_chars(char a, signed char b, unsigned char c, const char d);
bool prim_bools(bool a, _Bool b, bool *c);
float prim_floats(float a, double b, const float *c);
size_t prim_sizes(size_t a, ptrdiff_t b, intptr_t c, uintptr_t d, size_t *e, const size_t *f);
uint64_t prim_fixed(int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g, const uint32_t h);

#endif
