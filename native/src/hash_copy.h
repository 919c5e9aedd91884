/* SPDX-License-Identifier: MIT */
/*
 * What the ways of hash.h have in common, to be compiled for each of them: how XXH3 takes long input, as xxhash.h does it in
 * XXH3_hashLong_64b_default, with its steps. (Stripes of 64 bytes; after each block of 16 of them the sums are scrambled; the last
 * stripe is that of the last 64 bytes.)
 */
#ifndef PMS_HASH_COPY_H
#define PMS_HASH_COPY_H

#include <string.h>

#include "hash.h"

#define PMS_STRIPES_OF_BLOCK 16u

static inline const uint8_t *pms_stripe_key(uint64_t stripe)
{
	return XXH3_kSecret + (stripe % PMS_STRIPES_OF_BLOCK) * XXH_SECRET_CONSUME_RATE;
}

static inline const uint8_t *pms_scramble_key(void) { return XXH3_kSecret + sizeof(XXH3_kSecret) - XXH_STRIPE_LEN; }
static inline const uint8_t *pms_last_key(void) { return pms_scramble_key() - XXH_SECRET_LASTACC_START; }
static inline const uint8_t *pms_merge_key(void) { return XXH3_kSecret + XXH_SECRET_MERGEACCS_START; }

/* Of the last 1 to 64 bytes. */
static inline uint64_t pms_copy_rest(uint64_t count) { return count - pms_copy_line_count(count) * PMS_COPY_LINE; }

#endif
