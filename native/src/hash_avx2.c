/* SPDX-License-Identifier: MIT */
/* XXH3 by AVX2. Compiled for AVX2 (CMakeLists.txt): nothing in here may run before the processor was asked. */

/*
 * How far ahead of what it hashes XXH3 asks for memory; by itself less, which is enough within one long input. The end of an
 * entry's payload holds up what reads entry after entry: from there on the processor runs ahead again only when the next header
 * has been found right, and by then the lines behind it should have come (measured with entries of 4 KiB in 64 MiB: 125 ns
 * each, and 186 with 384 bytes).
 */
#define XXH_PREFETCH_DIST 2048
#include "hash.h"

#if defined(__AVX2__)

#include "hash_copy.h"

/*
 * Each function that is called from elsewhere ends with this: the rest of the library is compiled for SSE, whose instructions are
 * slow as long as the upper halves of the registers are in use. The compiler does not always see to it by itself.
 */
static inline uint64_t leave(uint64_t result)
{
	_mm256_zeroupper();
	return result;
}

static uint64_t hash(const void *bytes, uint64_t count) { return leave(XXH3_64bits(bytes, count)); }

typedef __m256i vector;

static inline vector load(const uint8_t *from) { return _mm256_loadu_si256((const vector *)(const void *)from); }

/* Half a stripe; as XXH3_accumulate_512, of what is in a register. */
static inline vector accumulate(vector sums, vector data, const uint8_t *key)
{
	vector keyed = _mm256_xor_si256(data, load(key));
	vector product = _mm256_mul_epu32(keyed, _mm256_shuffle_epi32(keyed, _MM_SHUFFLE(0, 3, 0, 1)));

	return _mm256_add_epi64(product, _mm256_add_epi64(sums, _mm256_shuffle_epi32(data, _MM_SHUFFLE(1, 0, 3, 2))));
}

/* As XXH3_scrambleAcc. */
static inline vector scramble(vector sums, const uint8_t *key)
{
	const vector prime = _mm256_set1_epi32((int)XXH_PRIME32_1);
	vector mixed = _mm256_xor_si256(_mm256_xor_si256(sums, _mm256_srli_epi64(sums, 47)), load(key));
	vector high = _mm256_mul_epu32(_mm256_shuffle_epi32(mixed, _MM_SHUFFLE(0, 3, 0, 1)), prime);

	return _mm256_add_epi64(_mm256_mul_epu32(mixed, prime), _mm256_slli_epi64(high, 32));
}

/* Words 1, 2, 3 and 0. */
static inline vector rotate(vector words) { return _mm256_permute4x64_epi64(words, _MM_SHUFFLE(0, 3, 2, 1)); }

/* Of two that are rotated: the last three words of the first, and the first of the second. */
static inline vector join(vector first, vector second) { return _mm256_blend_epi32(first, second, 0xC0); }

static inline void put(uint8_t *to, vector words, bool streaming)
{
	if (streaming)
		_mm256_stream_si256((vector *)(void *)to, words);
	else
		_mm256_store_si256((vector *)(void *)to, words);
}

static inline void keep(uint8_t *to, vector words) { _mm256_storeu_si256((vector *)(void *)to, words); }

/* The last three words; without a load of what was stored, as below. */
static inline void keep_last_three(uint8_t *to, vector words)
{
	vector turned = rotate(words);
	long long third = _mm_cvtsi128_si64(_mm256_extracti128_si256(turned, 1));

	_mm_storeu_si128((__m128i *)(void *)to, _mm256_castsi256_si128(turned));
	memcpy(to + 16, &third, sizeof(third));
}

/* Where a copy stands, in registers. */
typedef struct position {
	vector sums_a, sums_b;
	vector a, b; /* the stripe before */
	uint64_t stripe;
} position;

static inline position begin(void)
{
	static const uint64_t sums[8] = XXH3_INIT_ACC;
	const vector zero = _mm256_setzero_si256();

	return (position){load((const uint8_t *)sums), load((const uint8_t *)(sums + 4)), zero, zero, 0};
}

static inline position copy(position at, uint8_t *to, const uint8_t *from, uint64_t lines, bool streaming)
{
	vector carried = rotate(at.b);

	for (uint64_t i = 0; i < lines; i++, from += PMS_COPY_LINE, to += PMS_COPY_LINE) {
		const uint8_t *key = pms_stripe_key(at.stripe);
		at.a = load(from);
		at.b = load(from + 32);
		vector turned = rotate(at.a);
		put(to, join(carried, turned), streaming);
		carried = rotate(at.b);
		put(to + 32, join(turned, carried), streaming);
		at.sums_a = accumulate(at.sums_a, at.a, key);
		at.sums_b = accumulate(at.sums_b, at.b, key + 32);
		if (++at.stripe % PMS_STRIPES_OF_BLOCK == 0) {
			at.sums_a = scramble(at.sums_a, pms_scramble_key());
			at.sums_b = scramble(at.sums_b, pms_scramble_key() + 32);
		}
	}
	return at;
}

static inline uint64_t fold(vector sums, int half, const uint8_t *key)
{
	__m128i pair = half ? _mm256_extracti128_si256(sums, 1) : _mm256_castsi256_si128(sums);

	return XXH3_mul128_fold64((uint64_t)_mm_cvtsi128_si64(pair) ^ XXH_readLE64(key),
				  (uint64_t)_mm_extract_epi64(pair, 1) ^ XXH_readLE64(key + 8));
}

/*
 * As XXH3_mergeAccs, but from registers. Loads of what was just stored as vectors wait here until that has left the processor,
 * and stores before it wait for a fence.
 */
static inline uint64_t merge(vector sums_a, vector sums_b, uint64_t count)
{
	const uint8_t *key = pms_merge_key();

	return XXH3_avalanche(count * XXH_PRIME64_1 + fold(sums_a, 0, key) + fold(sums_a, 1, key + 16) +
			      fold(sums_b, 0, key + 32) + fold(sums_b, 1, key + 48));
}

static inline uint64_t end(position at, uint8_t *to, const uint8_t *from, uint64_t count)
{
	_Alignas(32) uint8_t last[128];
	uint64_t rest = pms_copy_rest(count);
	uint64_t padded = (rest + 7) & ~(uint64_t)7;
	vector a, b;

	keep_last_three(to, at.b);
	if (rest == 64) {
		a = load(from);
		b = load(from + 32);
		keep(to + PMS_COPY_SHIFT, a);
		keep(to + PMS_COPY_SHIFT + 32, b);
	} else {
		keep(last, at.a);
		keep(last + 32, at.b);
		memset(last + 64 + padded - 8, 0, 8);
		memcpy(last + 64, from, rest);
		memcpy(to + PMS_COPY_SHIFT, last + 64, padded);
		a = load(last + rest);
		b = load(last + rest + 32);
	}
	return merge(accumulate(at.sums_a, a, pms_last_key()), accumulate(at.sums_b, b, pms_last_key() + 32), count);
}

static void copy_lines(pms_copy_state *state, uint8_t *to, const uint8_t *from, uint64_t lines, bool streaming)
{
	position at = begin();

	if (lines == 0)
		return;
	if (state->stripes)
		at = (position){load((const uint8_t *)state->sums), load((const uint8_t *)(state->sums + 4)),
				load(state->previous), load(state->previous + 32), state->stripes};
	at = streaming ? copy(at, to, from, lines, true) : copy(at, to, from, lines, false);
	keep((uint8_t *)state->sums, at.sums_a);
	keep((uint8_t *)(state->sums + 4), at.sums_b);
	keep(state->previous, at.a);
	keep(state->previous + 32, at.b);
	state->stripes = leave(at.stripe);
}

static uint64_t copy_end(pms_copy_state *state, uint8_t *to, const uint8_t *from, uint64_t count)
{
	position at = {load((const uint8_t *)state->sums), load((const uint8_t *)(state->sums + 4)),
		       load(state->previous), load(state->previous + 32), state->stripes};

	return leave(end(at, to, from, count));
}

static uint64_t copy_all(uint8_t *to, const uint8_t *from, uint64_t count)
{
	uint64_t lines = pms_copy_line_count(count);

	return leave(end(copy(begin(), to, from, lines, false), to + lines * PMS_COPY_LINE,
			 from + lines * PMS_COPY_LINE, count));
}

const pms_hash_way *pms_hash_avx2(void)
{
	static const pms_hash_way way = {.name = "AVX2",
					 .can_stream = true,
					 .hash = hash,
					 .copy = copy_all,
					 .copy_lines = copy_lines,
					 .copy_end = copy_end};

	return &way;
}

#else

const pms_hash_way *pms_hash_avx2(void) { return 0; }

#endif
