/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include <stdatomic.h>

#include "format.h"

static uint64_t hash(const void *bytes, uint64_t count) { return XXH3_64bits(bytes, count); }

static void update(pms_hash_state *state, const void *bytes, uint64_t count)
{
	(void)XXH3_64bits_update(state, bytes, count);
}

static uint64_t digest(const pms_hash_state *state) { return XXH3_64bits_digest(state); }

const pms_hash_way pms_hash_baseline = {
#if defined(__x86_64__) || defined(_M_X64)
    .name = "SSE2",
#else
    .name = "scalar or NEON",
#endif
    .hash = hash,
    .update = update,
    .digest = digest,
};

static const pms_hash_way *choose(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
	__builtin_cpu_init();
	if (pms_hash_avx2() && __builtin_cpu_supports("avx2"))
		return pms_hash_avx2();
#endif
	return &pms_hash_baseline;
}

const pms_hash_way *pms_hash_best(void)
{
	static _Atomic(const pms_hash_way *) best;
	const pms_hash_way *way = atomic_load_explicit(&best, memory_order_relaxed);

	if (way)
		return way;
	way = choose(); /* the same for all threads */
	atomic_store_explicit(&best, way, memory_order_relaxed);
	return way;
}

uint64_t pms_hash(const void *bytes, uint64_t count)
{
	return count <= PMS_HASH_SHORT_MAX ? pms_hash_short(bytes, count) : pms_hash_best()->hash(bytes, count);
}
