/* SPDX-License-Identifier: MIT */
/*
 * The floor: the least that must be done for a durable entry of the same size at the same place, by the same policy. The
 * bytes that the core stores (a header of 24 bytes, the payload, zeros up to a multiple of 8), at the distance at which it
 * stores them (multiples of 64), the payload hashed, its lines flushed once, and one fence. No order between threads, no
 * timestamps, no space that is given out, no place in a log that could be found again.
 *
 *   cache-lines    up to 2 KiB stores and clwb, above that non-temporal stores and clwb (clflushopt, clflush where that is
 *                  what there is)
 *   non-temporal   non-temporal stores of 8 and 16 bytes
 *
 * Written apart from native/src, so that a slow copy there is not its own yardstick.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdint.h>

#define BENCH_HEADER_BYTES 24u

typedef enum bench_policy {
	BENCH_CACHE_LINES,
	BENCH_NON_TEMPORAL,
} bench_policy;

/* XXH3, by AVX2 where the processor has it. */
uint64_t bench_hash(const void *bytes, uint64_t count);
uint64_t bench_hash_avx2(const void *bytes, uint64_t count);

/* Distance to the next entry. */
uint64_t bench_extent(uint64_t payload_bytes);

/* Stores one entry and starts making it durable. `at`: a multiple of 64; `payload` has zeros up to a multiple of 8. */
void bench_floor_store(bench_policy policy, uint8_t *at, const uint8_t *payload, uint64_t payload_bytes);

void bench_floor_fence(void);

/* "clwb", "clflushopt" or "clflush". */
const char *bench_floor_flush_name(void);

#endif
