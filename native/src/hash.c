/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include "format.h"
#include "hash_copy.h"

static uint64_t hash(const void *bytes, uint64_t count) { return XXH3_64bits(bytes, count); }

static void copy_lines(pms_copy_state *state, uint8_t *to, const uint8_t *from, uint64_t lines, bool streaming)
{
	static const uint64_t sums[8] = XXH3_INIT_ACC;

	(void)streaming;
	if (state->stripes == 0) {
		memcpy(state->sums, sums, sizeof(sums));
		memset(state->previous, 0, 64);
	}
	for (uint64_t i = 0; i < lines; i++, from += PMS_COPY_LINE, to += PMS_COPY_LINE) {
		memcpy(to, state->previous + 64 - PMS_COPY_SHIFT, PMS_COPY_SHIFT);
		memcpy(state->previous, from, 64);
		memcpy(to + PMS_COPY_SHIFT, state->previous, 64 - PMS_COPY_SHIFT);
		XXH3_accumulate_512(state->sums, state->previous, pms_stripe_key(state->stripes));
		if (++state->stripes % PMS_STRIPES_OF_BLOCK == 0)
			XXH3_scrambleAcc(state->sums, pms_scramble_key());
	}
}

static uint64_t copy_end(pms_copy_state *state, uint8_t *to, const uint8_t *from, uint64_t count)
{
	uint64_t rest = pms_copy_rest(count);
	uint64_t padded = pms_round_up(rest, 8);

	memset(state->previous + 64 + padded - 8, 0, 8);
	memcpy(state->previous + 64, from, rest);
	memcpy(to, state->previous + 64 - PMS_COPY_SHIFT, PMS_COPY_SHIFT + padded);
	XXH3_accumulate_512(state->sums, state->previous + rest, pms_last_key());
	return XXH3_mergeAccs(state->sums, pms_merge_key(), count * XXH_PRIME64_1);
}

static uint64_t copy_all(uint8_t *to, const uint8_t *from, uint64_t count)
{
	uint64_t most = pms_copy_line_count(count) * PMS_COPY_LINE;
	pms_copy_state state;

	state.stripes = 0;
	copy_lines(&state, to, from, most / PMS_COPY_LINE, false);
	return copy_end(&state, to + most, from + most, count);
}

const pms_hash_way pms_hash_baseline = {
#if defined(__x86_64__) || defined(_M_X64)
    .name = "SSE2",
#else
    .name = "scalar or NEON",
#endif
    .hash = hash,
    .copy = copy_all,
    .copy_lines = copy_lines,
    .copy_end = copy_end,
};

_Atomic(const pms_hash_way *) pms_hash_chosen;

const pms_hash_way *pms_hash_choose(void)
{
	const pms_hash_way *way = &pms_hash_baseline;

#if defined(__x86_64__) && defined(__GNUC__)
	__builtin_cpu_init();
	if (pms_hash_avx2() && __builtin_cpu_supports("avx2"))
		way = pms_hash_avx2();
#endif
	atomic_store_explicit(&pms_hash_chosen, way, memory_order_relaxed); /* the same for all threads */
	return way;
}

uint64_t pms_hash(const void *bytes, uint64_t count)
{
	return count <= PMS_HASH_SHORT_MAX ? pms_hash_short(bytes, count) : pms_hash_best()->hash(bytes, count);
}
