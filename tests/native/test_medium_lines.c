/* SPDX-License-Identifier: MIT */
/*
 * Copies and flushes of cache lines. The source is compiled into this program a second time, with the instructions
 * replaced by functions that record them: what a copy flushes, and when, shows in no memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "medium_internal.h"
#include "support_files.h"

/* ---- the real functions: what they copy ------------------------------------------------------------------------- */

#define GUARD 256u
#define LARGE (256u * 1024u)

static uint8_t *area; /* GUARD + 128 + LARGE + GUARD bytes, 64-aligned */
static uint8_t *expected;
static uint8_t *payload; /* LARGE + 128 bytes */
#define AREA_BYTES (GUARD + 128 + LARGE + GUARD)

static int make_areas(void **state)
{
	(void)state;
	area = aligned_alloc(64, AREA_BYTES);
	expected = aligned_alloc(64, AREA_BYTES);
	payload = aligned_alloc(64, LARGE + 128);
	if (!area || !expected || !payload)
		return -1;
	for (size_t i = 0; i < LARGE + 128; i++)
		payload[i] = test_pattern(i);
	return 0;
}

static int free_areas(void **state)
{
	(void)state;
	free(area);
	free(expected);
	free(payload);
	return 0;
}

/* Copies to `offset` and compares all around it, as far as a fault of this code could reach. */
static void check_copy(pms_copy_flush_function copy, size_t bytes, size_t offset, size_t source_offset)
{
	const size_t window = 2 * GUARD + offset + bytes;

	memset(area, 0xA5, window);
	memset(expected, 0xA5, window);
	memcpy(expected + GUARD + offset, payload + source_offset, bytes);
	copy(area + GUARD + offset, payload + source_offset, bytes);
	pms_medium_fence();
	if (memcmp(area, expected, window) != 0)
		fail_msg("copy of %zu bytes to offset %zu from %zu differs", bytes, offset, source_offset);
}

static void check_copies(const pms_lines *lines)
{
	static const size_t large[] = {1023, 1024, 2047, 2048, 2049,  2055,  2111,  2112,
				       3000, 4095, 4096, 4097, 65535, 65536, 65537, LARGE};
	const pms_copy_flush_function copies[] = {lines->copy_cache_lines, lines->copy_non_temporal, lines->copy_only};

	for (size_t c = 0; c < 3; c++) {
		for (size_t bytes = 0; bytes <= 300; bytes++)
			for (size_t offset = 0; offset <= 70; offset++)
				check_copy(copies[c], bytes, offset, (offset * 5 + bytes) % 67);
		for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
			for (size_t offset = 0; offset <= 70; offset += large[i] > 5000 ? 23 : 1)
				check_copy(copies[c], large[i], offset, (offset * 3) % 31);
		copies[c](area, NULL, 0);
	}
}

static void test_copy_every_size_and_offset_equals_memcpy(void **state)
{
	pms_lines lines;

	(void)state;
	pms_lines_detect(&lines);
	check_copies(&lines);
}

static void test_flush_any_range_changes_nothing(void **state)
{
	pms_lines lines;

	(void)state;
	pms_lines_detect(&lines);
	memcpy(area, payload, LARGE);
	for (size_t bytes = 0; bytes <= 200; bytes++)
		for (size_t offset = 0; offset <= 70; offset++)
			lines.flush(area + offset, bytes);
	lines.flush(area, LARGE);
	lines.flush_nothing(area, LARGE);
	pms_medium_fence();
	assert_memory_equal(area, payload, LARGE);
}

#if defined(__x86_64__)

#include <cpuid.h>

static void test_copy_with_older_instructions_equals_memcpy(void **state)
{
	unsigned a = 0, b = 0, c = 0, d = 0;
	pms_lines lines;

	(void)state;
	pms_lines_select(&lines, false, false, false);
	assert_string_equal(lines.flush_name, "clflush");
	check_copies(&lines);
	(void)__get_cpuid_count(7, 0, &a, &b, &c, &d);
	if (!(b & (1u << 23)))
		return;
	pms_lines_select(&lines, false, false, true);
	assert_string_equal(lines.flush_name, "clflushopt");
	check_copies(&lines);
}

static void test_select_any_processor_chooses_best_instruction(void **state)
{
	pms_lines lines;

	(void)state;
	pms_lines_select(&lines, true, true, true);
	assert_string_equal(lines.flush_name, "clwb");
	assert_true(lines.non_temporal_is_durable);
	pms_lines_select(&lines, false, true, false);
	assert_string_equal(lines.flush_name, "clwb");
	assert_false(lines.non_temporal_is_durable);
}

/* ---- the recording copy: what is flushed, and when -------------------------------------------------------------- */

#include <immintrin.h>

enum event_kind { EVENT_STREAM_8 = 8, EVENT_STREAM_16 = 16, EVENT_FLUSH = 64 };

#define EVENTS_MAX 16384
static struct {
	enum event_kind kind;
	uintptr_t address;
} events[EVENTS_MAX];
static size_t event_count;

static void record(enum event_kind kind, const void *address)
{
	if (event_count < EVENTS_MAX) {
		events[event_count].kind = kind;
		events[event_count].address = (uintptr_t)address;
	}
	event_count++;
}

static void record_stream_16(void *destination, __m128i value)
{
	record(EVENT_STREAM_16, destination);
	memcpy(destination, &value, sizeof(value));
}

static void record_stream_8(void *destination, long long value)
{
	record(EVENT_STREAM_8, destination);
	memcpy(destination, &value, sizeof(value));
}

#define _mm_stream_si128(address, value) record_stream_16((address), (value))
#define _mm_stream_si64(address, value) record_stream_8((address), (value))
#define _mm_clwb(address) record(EVENT_FLUSH, (address))
#define _mm_clflushopt(address) record(EVENT_FLUSH, (address))
#define _mm_clflush(address) record(EVENT_FLUSH, (address))
#define pms_medium_fence recorded_fence
#define pms_lines_detect recorded_detect
#define pms_lines_select recorded_select
void recorded_fence(void);
void recorded_detect(pms_lines *lines);
void recorded_select(pms_lines *lines, bool is_intel, bool has_clwb, bool has_clflushopt);
#include "medium_lines_x86.c"

/*
 * Checks the events of one copy: stores aligned and inside, each byte streamed at most once, each line flushed at most
 * once and not streamed to afterwards. flush_all: each touched line must have been flushed. Otherwise only those with
 * bytes that were not streamed must, and no others may.
 */
static void check_events(uintptr_t begin, size_t bytes, bool flush_all)
{
	static uint8_t streamed[AREA_BYTES];
	static uint8_t flushed[AREA_BYTES / 64 + 2];
	const uintptr_t base = begin & ~(uintptr_t)63;

	memset(streamed, 0, bytes + 128);
	memset(flushed, 0, (bytes + 128) / 64 + 1);
	assert_true(event_count <= EVENTS_MAX && (bytes != 0 || event_count == 0));
	for (size_t i = 0; i < event_count; i++) {
		const uintptr_t address = events[i].address;
		const size_t width = (size_t)events[i].kind;

		if (events[i].kind == EVENT_FLUSH) {
			assert_true((address | 63) >= begin && (address & ~(uintptr_t)63) < begin + bytes);
			assert_int_equal(flushed[(address - base) / 64]++, 0);
			continue;
		}
		assert_int_equal(address % width, 0);
		assert_true(address >= begin && address + width <= begin + bytes);
		assert_int_equal(flushed[(address - base) / 64], 0);
		for (size_t k = 0; k < width; k++)
			assert_int_equal(streamed[address - base + k]++, 0);
	}
	for (uintptr_t line = base; bytes != 0 && line < begin + bytes; line += 64) {
		bool cached = false;
		bool by_stream = false;

		for (uintptr_t at = line < begin ? begin : line; at < line + 64 && at < begin + bytes; at++)
			*(streamed[at - base] ? &by_stream : &cached) = true;
		/* Both kinds of store in one line are slow. */
		assert_false(cached && by_stream);
		assert_int_equal(flushed[(line - base) / 64], flush_all || cached);
	}
}

static void check_recorded(pms_copy_flush_function copy, size_t bytes, size_t offset, bool flush_all)
{
	event_count = 0;
	check_copy(copy, bytes, offset, 3);
	check_events((uintptr_t)area + GUARD + offset, bytes, flush_all);
}

static void test_copy_cache_lines_flushes_each_line_once(void **state)
{
	pms_lines lines;

	(void)state;
	recorded_select(&lines, false, true, true);
	for (size_t bytes = 0; bytes <= 2300; bytes++)
		for (size_t offset = 0; offset <= 70; offset += bytes > 300 ? 5 : 1)
			check_recorded(lines.copy_cache_lines, bytes, offset, true);
	check_recorded(lines.copy_cache_lines, LARGE / 2, 13, true);
}

static void test_copy_cache_lines_streams_from_2048_bytes(void **state)
{
	pms_lines lines;
	size_t streams = 0;

	(void)state;
	recorded_select(&lines, false, true, true);
	check_recorded(lines.copy_cache_lines, 2047, 8, true);
	for (size_t i = 0; i < event_count; i++)
		assert_int_equal(events[i].kind, EVENT_FLUSH);
	check_recorded(lines.copy_cache_lines, 2048, 8, true);
	for (size_t i = 0; i < event_count; i++)
		streams += events[i].kind == EVENT_STREAM_16;
	assert_int_equal(streams, (2048 - 64) / 16);
}

static void test_copy_non_temporal_flushes_only_cached_ends(void **state)
{
	pms_lines lines;

	(void)state;
	recorded_select(&lines, true, true, true);
	for (size_t bytes = 0; bytes <= 300; bytes++)
		for (size_t offset = 0; offset <= 70; offset++)
			check_recorded(lines.copy_non_temporal, bytes, offset, false);
	check_recorded(lines.copy_non_temporal, LARGE / 2, 13, false);
	/* Whole words alone: nothing is left in the cache. */
	check_recorded(lines.copy_non_temporal, 4096 - 8, 8, false);
	for (size_t i = 0; i < event_count; i++)
		assert_int_not_equal(events[i].kind, EVENT_FLUSH);
}

static void test_copy_only_flushes_nothing(void **state)
{
	pms_lines lines;

	(void)state;
	recorded_select(&lines, true, true, true);
	event_count = 0;
	lines.copy_only(area, payload, 5000);
	lines.flush_nothing(area, 5000);
	assert_int_equal(event_count, 0);
}

#elif defined(__aarch64__)

#include <signal.h>
#include <ucontext.h>

/* "dc cvap, xN": to the point of persistence; N stands in the lowest five bits. */
#define CVAP_INSTRUCTION 0xD50B7C20u

static uintptr_t cleaned[16];
static volatile sig_atomic_t cleaned_count;

/*
 * Where the instruction is missing, as in the QEMU of Debian 12, the system says so by a signal: this one notes what it
 * should have cleaned, and goes on behind it. Anything else ends the program.
 */
static void on_missing_instruction(int number, siginfo_t *information, void *context)
{
	mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
	uint32_t instruction;

	(void)number;
	(void)information;
	memcpy(&instruction, (const void *)(uintptr_t)machine->pc, sizeof(instruction));
	if ((instruction & ~31u) != CVAP_INSTRUCTION)
		abort();
	if (cleaned_count < 16)
		cleaned[cleaned_count] = (uintptr_t)machine->regs[instruction & 31u];
	cleaned_count = cleaned_count + 1;
	machine->pc += 4;
}

static void check_cleaned(pms_flush_lines_function flush, size_t offset, size_t bytes, size_t count)
{
	cleaned_count = 0;
	flush(area + offset, bytes);
	if (cleaned_count == 0)
		return; /* the processor has it */
	assert_int_equal(cleaned_count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(cleaned[i] & ~(uintptr_t)63, ((uintptr_t)area + offset + 64 * i) & ~(uintptr_t)63);
}

static void test_flush_to_persistence_cleans_each_line(void **state)
{
	struct sigaction action = {.sa_sigaction = on_missing_instruction, .sa_flags = SA_SIGINFO};
	struct sigaction before;
	pms_lines lines;

	(void)state;
	pms_lines_select(&lines, true);
	assert_int_equal(sigaction(SIGILL, &action, &before), 0);
	check_cleaned(lines.flush, 0, 1, 1);
	check_cleaned(lines.flush, 63, 2, 2);
	check_cleaned(lines.flush, 64, 64, 1);
	check_cleaned(lines.flush, 100, 300, 6);
	check_copy(lines.copy_cache_lines, 300, 5, 3);
	check_copy(lines.copy_only, 300, 5, 3);
	cleaned_count = 0;
	lines.flush(area, 0);
	lines.copy_cache_lines(area, NULL, 0);
	assert_int_equal(cleaned_count, 0);
	assert_int_equal(sigaction(SIGILL, &before, NULL), 0);
}

static void test_select_any_processor_chooses_best_instruction(void **state)
{
	pms_lines lines;

	(void)state;
	pms_lines_select(&lines, true);
	assert_string_equal(lines.flush_name, "dc cvap");
	assert_false(lines.has_non_temporal);
	pms_lines_select(&lines, false);
	assert_string_equal(lines.flush_name, "dc cvac");
	check_copies(&lines);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy_every_size_and_offset_equals_memcpy),
		cmocka_unit_test(test_flush_any_range_changes_nothing),
#if defined(__x86_64__)
		cmocka_unit_test(test_copy_with_older_instructions_equals_memcpy),
		cmocka_unit_test(test_select_any_processor_chooses_best_instruction),
		cmocka_unit_test(test_copy_cache_lines_flushes_each_line_once),
		cmocka_unit_test(test_copy_cache_lines_streams_from_2048_bytes),
		cmocka_unit_test(test_copy_non_temporal_flushes_only_cached_ends),
		cmocka_unit_test(test_copy_only_flushes_nothing),
#elif defined(__aarch64__)
		cmocka_unit_test(test_flush_to_persistence_cleans_each_line),
		cmocka_unit_test(test_select_any_processor_chooses_best_instruction),
#endif
	};

	return cmocka_run_group_tests(tests, make_areas, free_areas);
}
