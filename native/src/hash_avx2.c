/* SPDX-License-Identifier: MIT */
/* XXH3 by AVX2. Compiled for AVX2 (CMakeLists.txt): nothing in here may run before the processor was asked. */
#include "hash.h"

#if defined(__AVX2__)

static uint64_t hash(const void *bytes, uint64_t count) { return XXH3_64bits(bytes, count); }

static void update(pms_hash_state *state, const void *bytes, uint64_t count)
{
	(void)XXH3_64bits_update(state, bytes, count);
}

static uint64_t digest(const pms_hash_state *state) { return XXH3_64bits_digest(state); }

const pms_hash_way *pms_hash_avx2(void)
{
	static const pms_hash_way way = {.name = "AVX2", .hash = hash, .update = update, .digest = digest};

	return &way;
}

#else

const pms_hash_way *pms_hash_avx2(void) { return 0; }

#endif
