/* SPDX-License-Identifier: MIT */
/* Cache lines of x86-64: flush, fence, and copies that start making durable what they copy. */
#include "medium_internal.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#if defined(__GNUC__) || defined(__clang__) /* clang-cl has the headers of the one and the instructions of the other */
#define TARGET(name) __attribute__((target(name)))
#else
#define TARGET(name)
#endif

/*
 * From this size on non-temporal stores win over cached ones, even with a flush of each line behind them (measured on
 * Zen 5, with ends inside of lines; with whole lines they win from 1 KiB).
 *
 * No line gets stores of both kinds from one copy: a non-temporal store to a line that was just stored to through the
 * cache costs about a microsecond there.
 */
#define NON_TEMPORAL_BYTES_MIN 2048u

static uintptr_t line_begin(uintptr_t address) { return address & ~(uintptr_t)(PMS_CACHE_LINE - 1); }

/* How many bytes come before the next multiple of `alignment`, at most `bytes`. */
static uint64_t head_bytes(const void *address, uint64_t alignment, uint64_t bytes)
{
	uint64_t head = (0 - (uint64_t)(uintptr_t)address) & (alignment - 1);

	return head < bytes ? head : bytes;
}

/* 16-byte non-temporal stores, four to a line so that each write buffer leaves full. destination: 16-aligned. Returns
 * how many bytes were copied: all but bytes % 16. */
static uint64_t stream_16(uint8_t *destination, const uint8_t *source, uint64_t bytes)
{
	uint64_t at = 0;

	for (; bytes - at >= 64; at += 64) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(source + at));
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(source + at + 16));
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)(source + at + 32));
		__m128i d = _mm_loadu_si128((const __m128i *)(const void *)(source + at + 48));

		_mm_stream_si128((__m128i *)(void *)(destination + at), a);
		_mm_stream_si128((__m128i *)(void *)(destination + at + 16), b);
		_mm_stream_si128((__m128i *)(void *)(destination + at + 32), c);
		_mm_stream_si128((__m128i *)(void *)(destination + at + 48), d);
	}
	for (; bytes - at >= 16; at += 16)
		_mm_stream_si128((__m128i *)(void *)(destination + at),
				 _mm_loadu_si128((const __m128i *)(const void *)(source + at)));
	return at;
}

static void stream_8(uint8_t *destination, const uint8_t *source)
{
	long long word;

	memcpy(&word, source, sizeof(word));
	_mm_stream_si64((long long *)(void *)destination, word);
}

/* Whole lines by non-temporal stores, the ends by cached ones. The caller flushes all lines. */
static void copy_large(uint8_t *destination, const uint8_t *source, uint64_t bytes)
{
	uint64_t at = head_bytes(destination, PMS_CACHE_LINE, bytes);

	memcpy(destination, source, at);
	at += stream_16(destination + at, source + at, (bytes - at) & ~(uint64_t)(PMS_CACHE_LINE - 1));
	memcpy(destination + at, source + at, bytes - at);
}

/* All of it by non-temporal stores. destination and bytes: multiples of 8. */
static void stream_words(uint8_t *destination, const uint8_t *source, uint64_t bytes)
{
	uint64_t at = 0;

	if (bytes >= 8 && head_bytes(destination, 16, 16) == 8) {
		stream_8(destination, source);
		at = 8;
	}
	/* Up to the next line by single stores, so that the long loop writes whole lines. */
	at += stream_16(destination + at, source + at, head_bytes(destination + at, PMS_CACHE_LINE, bytes - at));
	at += stream_16(destination + at, source + at, bytes - at);
	if (at < bytes)
		stream_8(destination + at, source + at);
}

/*
 * By non-temporal stores of 8 or 16 bytes, except for a line in which the copy begins or ends inside a word: that one
 * by cached stores. *first, *last: in the lines that were stored to through the cache, or null.
 */
static void copy_stream(uint8_t *destination, const uint8_t *source, uint64_t bytes, const uint8_t **first,
			const uint8_t **last)
{
	const uintptr_t end = (uintptr_t)destination + bytes;
	uint64_t head = (uintptr_t)destination % 8 != 0 ? head_bytes(destination, PMS_CACHE_LINE, bytes) : 0;
	uint64_t tail = end % 8 != 0 ? end % PMS_CACHE_LINE : 0;
	uint64_t middle;

	if (tail > bytes - head)
		tail = bytes - head;
	middle = bytes - head - tail;
	*first = head > 0 ? destination : NULL;
	*last = tail > 0 ? destination + head + middle : NULL;
	memcpy(destination, source, head);
	stream_words(destination + head, source + head, middle);
	memcpy(destination + head + middle, source + head + middle, tail);
}

/* The functions that need the flush, once for each instruction. */
#define DEFINE_LINES(name, target, instruction) \
	TARGET(target) \
	static void flush_##name(const void *address, uint64_t bytes) \
	{ \
		uintptr_t line = line_begin((uintptr_t)address); \
		const uintptr_t end = (uintptr_t)address + bytes; \
\
		atomic_signal_fence(memory_order_seq_cst); \
		if (bytes == 0) \
			return; \
		for (; line < end; line += PMS_CACHE_LINE) \
			instruction((void *)line); \
	} \
\
	TARGET(target) \
	static void copy_cache_lines_##name(void *destination, const void *source, uint64_t bytes) \
	{ \
		if (bytes == 0) \
			return; \
		if (bytes < NON_TEMPORAL_BYTES_MIN) \
			memcpy(destination, source, bytes); \
		else \
			copy_large(destination, source, bytes); \
		flush_##name(destination, bytes); \
	} \
\
	TARGET(target) \
	static void copy_non_temporal_##name(void *destination, const void *source, uint64_t bytes) \
	{ \
		const uint8_t *first; \
		const uint8_t *last; \
\
		if (bytes == 0) \
			return; \
		copy_stream(destination, source, bytes, &first, &last); \
		if (first) \
			flush_##name(first, 1); \
		if (last) \
			flush_##name(last, 1); \
	}

DEFINE_LINES(clwb, "clwb", _mm_clwb)
DEFINE_LINES(clflushopt, "clflushopt", _mm_clflushopt)
DEFINE_LINES(clflush, "sse2", _mm_clflush)

static void flush_nothing(const void *address, uint64_t bytes)
{
	(void)address;
	(void)bytes;
}

static void copy_only(void *destination, const void *source, uint64_t bytes)
{
	if (bytes != 0)
		memcpy(destination, source, bytes);
}

void pms_medium_fence(void) { _mm_sfence(); }

/* registers: eax, ebx, ecx, edx; zeros where the processor does not know the leaf. */
static void ask_processor(unsigned leaf, unsigned registers[4])
{
	memset(registers, 0, 4 * sizeof(registers[0]));
#if defined(_MSC_VER)
	int answer[4];

	__cpuidex(answer, 0, 0);
	if ((unsigned)answer[0] < leaf)
		return;
	__cpuidex(answer, (int)leaf, 0);
	memcpy(registers, answer, sizeof(answer));
#else
	(void)__get_cpuid_count(leaf, 0, &registers[0], &registers[1], &registers[2], &registers[3]);
#endif
}

void pms_lines_select(pms_lines *lines, bool is_intel, bool has_clwb, bool has_clflushopt)
{
	*lines = (pms_lines){
	    .flush_name = "clflush",
	    .fence_name = "sfence",
	    .has_non_temporal = true,
	    /* There a non-temporal store evicts its line. On AMD one that hits a cached line seems to stay in the
		 * cache; of others nothing is known. */
	    .non_temporal_is_durable = is_intel,
	    .flush = flush_clflush,
	    .flush_nothing = flush_nothing,
	    .copy_non_temporal = copy_non_temporal_clflush,
	    .copy_cache_lines = copy_cache_lines_clflush,
	    .copy_only = copy_only,
	};
	if (has_clwb) {
		lines->flush_name = "clwb";
		lines->flush = flush_clwb;
		lines->copy_non_temporal = copy_non_temporal_clwb;
		lines->copy_cache_lines = copy_cache_lines_clwb;
	} else if (has_clflushopt) {
		lines->flush_name = "clflushopt";
		lines->flush = flush_clflushopt;
		lines->copy_non_temporal = copy_non_temporal_clflushopt;
		lines->copy_cache_lines = copy_cache_lines_clflushopt;
	}
}

void pms_lines_detect(pms_lines *lines)
{
	unsigned vendor[4];
	unsigned features[4];
	bool is_intel;

	ask_processor(0, vendor);
	ask_processor(7, features);
	/* "GenuineIntel" */
	is_intel = vendor[1] == 0x756E6547 && vendor[3] == 0x49656E69 && vendor[2] == 0x6C65746E;
	/* Only by these bits: a debugger that emulates the processor clears them where it lacks the instruction. */
	pms_lines_select(lines, is_intel, features[1] & (1u << 24), features[1] & (1u << 23));
}

#else

/* ISO C does not allow an empty file. */
typedef int pms_medium_lines_x86_unused;

#endif
