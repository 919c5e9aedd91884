/* SPDX-License-Identifier: MIT */
/* Compiled for AVX2 (CMakeLists.txt). */
#include "floor.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t bench_hash_avx2(const void *bytes, uint64_t count) { return XXH3_64bits(bytes, count); }
