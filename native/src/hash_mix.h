/* SPDX-License-Identifier: MIT */
/*
 * XXH3 (64 bits, no seed) of 17 to 128 bytes, as the specification has it: a sum of products of pairs of words, each word
 * crossed with one of the secret. For whoever hashes one small thing after the other, and can take the pieces apart: where
 * some of the words are the same each time, their products are, too. The values are those of pms_hash; the tests compare.
 */
#ifndef PMS_HASH_MIX_H
#define PMS_HASH_MIX_H

#include <stdint.h>
#include <string.h>

#include "compiler.h"
#include "format.h"

#define PMS_MIX_BYTES_MIN 17u
#define PMS_MIX_BYTES_MAX 128u
#define PMS_MIX_PRIME 0x9e3779b185ebca87ull

/* The first words of the secret. */
#define PMS_SECRET_0 0xbe4ba423396cfeb8ull
#define PMS_SECRET_1 0x1cad21f72c81017cull
#define PMS_SECRET_2 0xdb979083e96dd4deull
#define PMS_SECRET_3 0x1f67b3b7a4a44072ull
#define PMS_SECRET_4 0x78e5c0cc4ee679cbull
#define PMS_SECRET_5 0x2172ffcc7dd05a82ull
#define PMS_SECRET_6 0x8e2443f7744608b8ull
#define PMS_SECRET_7 0x4c263a81e69035e0ull
#define PMS_SECRET_8 0xcb00c391bb52283cull
#define PMS_SECRET_9 0xa32e531b8b65d088ull
#define PMS_SECRET_10 0x4ef90da297486471ull
#define PMS_SECRET_11 0xd8acdea946ef1938ull
#define PMS_SECRET_12 0x3f349ce33f76faa8ull
#define PMS_SECRET_13 0x1d4f0bc7c7bbdcf9ull
#define PMS_SECRET_14 0x3159b4cd4be0518aull
#define PMS_SECRET_15 0x647378d9c97e9fc8ull

/* Both halves of the product, one crossed with the other. */
static PMS_ALWAYS_INLINE uint64_t pms_mix_fold(uint64_t a, uint64_t b)
{
#if defined(__x86_64__) && defined(__GNUC__)
	/* As below; but gcc keeps a product of 128 bits in pairs of registers, and where they are few on the stack. */
	uint64_t folded;

	__asm__("mulq %2\n\txorq %%rdx, %0" : "=a"(folded) : "%0"(a), "rm"(b) : "rdx", "cc");
	return folded;
#elif defined(__SIZEOF_INT128__)
	__extension__ typedef unsigned __int128 product_type;
	product_type product = (product_type)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
#elif defined(_M_X64)
	uint64_t high;
	uint64_t low = _umul128(a, b, &high);

	return low ^ high;
#else
	uint64_t low = (a & 0xffffffffu) * (b & 0xffffffffu);
	uint64_t cross = (low >> 32) + (a >> 32) * (b & 0xffffffffu);
	uint64_t middle = (cross & 0xffffffffu) + (a & 0xffffffffu) * (b >> 32);
	uint64_t high = (a >> 32) * (b >> 32) + (cross >> 32) + (middle >> 32);

	return high ^ (middle << 32 | (low & 0xffffffffu));
#endif
}

static PMS_ALWAYS_INLINE uint64_t pms_mix_finish(uint64_t sum)
{
	sum ^= sum >> 37;
	sum *= 0x165667919e3779f9ull;
	return sum ^ sum >> 32;
}

static PMS_ALWAYS_INLINE uint64_t pms_mix_pair(const uint8_t *bytes, uint64_t secret_a, uint64_t secret_b)
{
	uint64_t words[2];

	memcpy(words, bytes, sizeof(words));
	return pms_mix_fold(words[0] ^ secret_a, words[1] ^ secret_b);
}

/*
 * The sum that pms_mix_finish makes the hash of PMS_MIX_BYTES_MIN to PMS_MIX_BYTES_MAX bytes: pairs from both ends towards the middle. `about`: which pairs there
 * are; `count` itself, or (for a loop that was chosen by it) the least of 32, 64, 96 and 128 that is not below it.
 */
static PMS_ALWAYS_INLINE uint64_t pms_mix_sum(const uint8_t *bytes, uint64_t count, uint64_t about)
{
	const uint8_t *end = bytes + count;
	uint64_t sum = count * PMS_MIX_PRIME;

	sum += pms_mix_pair(bytes, PMS_SECRET_0, PMS_SECRET_1) + pms_mix_pair(end - 16, PMS_SECRET_2, PMS_SECRET_3);
	if (about > 32)
		sum += pms_mix_pair(bytes + 16, PMS_SECRET_4, PMS_SECRET_5) +
		       pms_mix_pair(end - 32, PMS_SECRET_6, PMS_SECRET_7);
	if (about > 64)
		sum += pms_mix_pair(bytes + 32, PMS_SECRET_8, PMS_SECRET_9) +
		       pms_mix_pair(end - 48, PMS_SECRET_10, PMS_SECRET_11);
	if (about > 96)
		sum += pms_mix_pair(bytes + 48, PMS_SECRET_12, PMS_SECRET_13) +
		       pms_mix_pair(end - 64, PMS_SECRET_14, PMS_SECRET_15);
	return sum;
}

static PMS_ALWAYS_INLINE uint64_t pms_mix_hash(const uint8_t *bytes, uint64_t count)
{
	return pms_mix_finish(pms_mix_sum(bytes, count, count));
}

#endif
