/* SPDX-License-Identifier: MIT */
/*
 * XXH3 (64 bits, no seed) as xxhash.h defines it: Yann Collet, https://xxhash.com. By AVX2 where the processor has it;
 * the values are the same.
 */
#ifndef PMS_HASH_H
#define PMS_HASH_H

#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

typedef XXH3_state_t pms_hash_state;

/* One of the ways to compute it. */
typedef struct pms_hash_way {
	const char *name; /* "AVX2", "SSE2", "scalar" */
	uint64_t (*hash)(const void *bytes, uint64_t count);
	void (*update)(pms_hash_state *state, const void *bytes, uint64_t count);
	uint64_t (*digest)(const pms_hash_state *state);
} pms_hash_way;

/* What the whole library is compiled for, and (null elsewhere than on x86-64) AVX2. */
extern const pms_hash_way pms_hash_baseline;
const pms_hash_way *pms_hash_avx2(void);
/* The fastest that this processor has; decided at the first call. */
const pms_hash_way *pms_hash_best(void);

/* Of bytes that come in pieces: begin, update as often as need be, digest. */
static inline void pms_hash_begin(pms_hash_state *state) { (void)XXH3_64bits_reset(state); }

/* pms_hash (format.h) of up to 240 bytes, which XXH3 does without vectors. */
#define PMS_HASH_SHORT_MAX 240u
static inline uint64_t pms_hash_short(const void *bytes, uint64_t count) { return XXH3_64bits(bytes, count); }

#endif
