/* SPDX-License-Identifier: MIT */
/* What every part of the crash explorer uses: failing, random numbers, memory, sizes. */
#ifndef CRASH_H
#define CRASH_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The stream under test: the fixed pages and a few blocks. */
#define CRASH_BLOCK_BYTES 4096u
#define CRASH_BLOCKS 5u
#define CRASH_STREAM_BYTES (16384u + CRASH_BLOCKS * CRASH_BLOCK_BYTES)

/*
 * Failing. The first thing that is wrong is kept as text, and the run is left: from a fiber to the scheduler, from
 * anywhere else to the place that called crash_try. What was allocated meanwhile is lost; a run fails once.
 */
void crash_note_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void crash_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Calls it; false when it failed. The text is in crash_failure then. */
bool crash_try(void (*call)(void *context), void *context);
const char *crash_failure(void);

#define CRASH_CHECK(condition) \
	do { \
		if (!(condition)) \
			crash_fail("%s:%d: not true: %s", __FILE__, __LINE__, #condition); \
	} while (0)

void *crash_allocate(size_t bytes);
/* Grows an array of elements so that one more fits. */
void *crash_grow(void *array, size_t count, size_t *capacity, size_t element_bytes);

uint64_t crash_random(uint64_t *state);
/* 0 .. limit - 1. */
uint64_t crash_random_below(uint64_t *state, uint64_t limit);
uint64_t crash_mix(uint64_t value);
/* XXH3. */
uint64_t crash_hash(const void *data, size_t bytes, uint64_t seed);

#endif
