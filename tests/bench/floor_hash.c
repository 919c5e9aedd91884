/* SPDX-License-Identifier: MIT */
#include "floor.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t bench_hash(const void *bytes, uint64_t count)
{
	/* XXH3 takes up to 240 bytes without vectors. */
	return count > 240 && __builtin_cpu_supports("avx2") ? bench_hash_avx2(bytes, count)
							     : XXH3_64bits(bytes, count);
}
