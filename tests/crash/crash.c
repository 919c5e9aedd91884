/* SPDX-License-Identifier: MIT */
#include "crash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "fibers.h"

static char failure[1024];
static jmp_buf *place; /* innermost crash_try */

static void note(const char *format, va_list arguments)
{
	if (!failure[0])
		(void)vsnprintf(failure, sizeof(failure), format, arguments);
}

void crash_note_failure(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note(format, arguments);
	va_end(arguments);
}

void crash_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note(format, arguments);
	va_end(arguments);
	if (fiber_is_running())
		fiber_fail();
	if (place)
		longjmp(*place, 1);
	(void)fprintf(stderr, "%s\n", failure);
	exit(1);
}

bool crash_try(void (*call)(void *context), void *context)
{
	jmp_buf here, *outer = place;
	bool whole = false;

	failure[0] = 0;
	place = &here;
	if (setjmp(here) == 0) {
		call(context);
		place = outer;
		return true;
	}
	place = outer;
	return whole;
}

const char *crash_failure(void) { return failure; }

void *crash_allocate(size_t bytes)
{
	void *memory = calloc(1, bytes ? bytes : 1);

	if (!memory) {
		(void)fprintf(stderr, "out of memory\n");
		exit(2);
	}
	return memory;
}

void *crash_grow(void *array, size_t count, size_t *capacity, size_t element_bytes)
{
	if (count < *capacity)
		return array;
	*capacity = *capacity ? *capacity * 2 : 16;
	void *grown = realloc(array, *capacity * element_bytes);
	if (!grown) {
		(void)fprintf(stderr, "out of memory\n");
		exit(2);
	}
	return grown;
}

uint64_t crash_mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15ull;
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
	return value ^ (value >> 31);
}

uint64_t crash_random(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15ull;
	return crash_mix(*state);
}

uint64_t crash_random_below(uint64_t *state, uint64_t limit) { return crash_random(state) % limit; }

uint64_t crash_hash(const void *data, size_t bytes, uint64_t seed) { return XXH3_64bits_withSeed(data, bytes, seed); }
