/* SPDX-License-Identifier: MIT */
#include "floor.h"

#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define LINE 64u
#define NON_TEMPORAL_BYTES_MIN 2048u
#define TARGET(name) __attribute__((target(name)))

typedef void (*flush_function)(const uint8_t *at, uint64_t bytes);

#define DEFINE_FLUSH(name, target, instruction) \
	TARGET(target) static void flush_##name(const uint8_t *at, uint64_t bytes) \
	{ \
		atomic_signal_fence(memory_order_seq_cst); \
		for (uint64_t done = 0; done < bytes; done += LINE) \
			instruction((void *)(uintptr_t)(at + done)); \
	}

DEFINE_FLUSH(clwb, "clwb", _mm_clwb)
DEFINE_FLUSH(clflushopt, "clflushopt", _mm_clflushopt)
DEFINE_FLUSH(clflush, "sse2", _mm_clflush)

static struct {
	const char *name;
	flush_function flush;
} chosen;

static void choose(void)
{
	unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;

	(void)__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx);
	chosen.name = ebx & (1u << 24) ? "clwb" : ebx & (1u << 23) ? "clflushopt" : "clflush";
	chosen.flush = ebx & (1u << 24) ? flush_clwb : ebx & (1u << 23) ? flush_clflushopt : flush_clflush;
}

static flush_function flush_of_processor(void)
{
	if (!chosen.flush)
		choose();
	return chosen.flush;
}

const char *bench_floor_flush_name(void)
{
	(void)flush_of_processor();
	return chosen.name;
}

uint64_t bench_extent(uint64_t payload_bytes) { return (BENCH_HEADER_BYTES + payload_bytes + LINE - 1) / LINE * LINE; }

static void store_non_temporal(uint8_t *at, const uint64_t header[3], const uint8_t *payload, uint64_t bytes)
{
	uint64_t done = 0;

	for (size_t i = 0; i < 3; i++)
		_mm_stream_si64((long long *)(void *)(at + 8 * i), (long long)header[i]);
	at += BENCH_HEADER_BYTES;
	/* Up to a multiple of 16, then by 16 bytes. */
	for (; done < 8 && done < bytes; done += 8) {
		long long word;
		memcpy(&word, payload + done, 8);
		_mm_stream_si64((long long *)(void *)(at + done), word);
	}
	for (; done + 16 <= bytes; done += 16)
		_mm_stream_si128((__m128i *)(void *)(at + done),
				 _mm_loadu_si128((const __m128i *)(const void *)(payload + done)));
	for (; done < bytes; done += 8) {
		long long word;
		memcpy(&word, payload + done, 8);
		_mm_stream_si64((long long *)(void *)(at + done), word);
	}
}

void bench_floor_store(bench_policy policy, uint8_t *at, const uint8_t *payload, uint64_t payload_bytes)
{
	static uint64_t timestamp;
	const uint64_t header[3] = {payload_bytes, ++timestamp, bench_hash(payload, payload_bytes)};
	const uint64_t padded = (payload_bytes + 7) / 8 * 8;

	if (policy == BENCH_NON_TEMPORAL || padded >= NON_TEMPORAL_BYTES_MIN) {
		store_non_temporal(at, header, payload, padded);
		if (policy == BENCH_CACHE_LINES)
			flush_of_processor()(at, BENCH_HEADER_BYTES + padded);
		return;
	}
	memcpy(at, header, sizeof(header));
	memcpy(at + BENCH_HEADER_BYTES, payload, padded);
	flush_of_processor()(at, BENCH_HEADER_BYTES + padded);
}

void bench_floor_fence(void) { _mm_sfence(); }
