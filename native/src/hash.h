/* SPDX-License-Identifier: MIT */
/*
 * XXH3 (64 bits, no seed) as xxhash.h defines it: Yann Collet, https://xxhash.com. By AVX2 where the processor has it;
 * the values are the same.
 *
 * A long payload is copied and hashed in one pass, which reads each of its bytes once (R6). It goes to lines of 64 bytes that begin
 * 24 bytes before it, as behind the header of an entry whose start is aligned to a line:
 *
 *     line 0   24 bytes that are left to the caller, payload 0 to 39
 *     line i   payload 64 i - 24 to 64 i + 39
 */
#ifndef PMS_HASH_H
#define PMS_HASH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Bytes of a payload that lie in the line of what follows. */
#define PMS_COPY_SHIFT 24u
/* Bytes that XXH3 takes in one step, and bytes of a line. */
#define PMS_COPY_LINE 64u

/* How far a payload is copied and hashed; at first only `stripes` is set, to 0. */
typedef struct pms_copy_state {
	_Alignas(32) uint64_t sums[8];	    /* of XXH3 */
	_Alignas(32) uint8_t previous[128]; /* the 64 bytes before what comes next, and room for the rest */
	uint64_t stripes;		    /* of 64 bytes, so far */
} pms_copy_state;

/* One of the ways to compute it. */
typedef struct pms_hash_way {
	const char *name; /* "AVX2", "SSE2", "scalar" */
	bool can_stream;  /* has non-temporal stores */
	uint64_t (*hash)(const void *bytes, uint64_t count);
	/* Copies all `count` bytes, more than PMS_HASH_SHORT_MAX, and zeros up to the next multiple of 8. Returns the hash. */
	uint64_t (*copy)(uint8_t *to, const uint8_t *from, uint64_t count);
	/*
	 * The same in steps. Copies the next lines, which end 24 bytes before `from` + 64 * lines, to `to`, which is aligned to a line. `streaming`: by
	 * non-temporal stores. All lines but those of the last 1 to 64 bytes of the payload.
	 */
	void (*copy_lines)(pms_copy_state *state, uint8_t *to, const uint8_t *from, uint64_t lines, bool streaming);
	/*
	 * Copies the last 1 to 64 bytes, with the 24 before them and zeros up to the next multiple of 8, to `to`. Returns the
	 * hash of all `count` bytes of the payload.
	 */
	uint64_t (*copy_end)(pms_copy_state *state, uint8_t *to, const uint8_t *from, uint64_t count);
} pms_hash_way;

/* What the whole library is compiled for, and (null elsewhere than on x86-64) AVX2. */
extern const pms_hash_way pms_hash_baseline;
const pms_hash_way *pms_hash_avx2(void);
/* The fastest that this processor has; decided at the first call. */
extern _Atomic(const pms_hash_way *) pms_hash_chosen;
const pms_hash_way *pms_hash_choose(void);
static inline const pms_hash_way *pms_hash_best(void)
{
	const pms_hash_way *way = atomic_load_explicit(&pms_hash_chosen, memory_order_relaxed);

	return way ? way : pms_hash_choose();
}

/* How many lines copy_lines takes of a payload. */
static inline uint64_t pms_copy_line_count(uint64_t count) { return (count - 1) / PMS_COPY_LINE; }

/* pms_hash (format.h) of up to 240 bytes, which XXH3 does without vectors. */
#define PMS_HASH_SHORT_MAX 240u
static inline uint64_t pms_hash_short(const void *bytes, uint64_t count) { return XXH3_64bits(bytes, count); }

#endif
