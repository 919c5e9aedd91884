/* SPDX-License-Identifier: MIT */
/* Copying and hashing in one pass (hash.h): every way gives the hash of xxhash.h, and the copy behind the room of the header. */
#include <stdlib.h>

#include "format.h"
#include "hash.h"
#include "support_stream.h"

#define BYTES_MAX 20000u
#define UNTOUCHED 0xA5

static _Alignas(64) uint8_t source[BYTES_MAX + 64];
static _Alignas(64) uint8_t target[BYTES_MAX + 256];

static const pms_hash_way *way_at(unsigned index)
{
	const pms_hash_way *ways[] = {&pms_hash_baseline, pms_hash_best()};

	return ways[index];
}

static void fill_source(void)
{
	uint64_t state = 12345;

	for (size_t i = 0; i < sizeof(source); i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		source[i] = (uint8_t)(state >> 56);
	}
}

/* `count` bytes stand behind the 24 that are left to the caller, with zeros to the next word, and nothing stands behind them. */
static void expect_copy(const char *name, const uint8_t *from, uint64_t count)
{
	uint64_t end = PMS_COPY_SHIFT + pms_round_up(count, 8);

	if (memcmp(target + PMS_COPY_SHIFT, from, count) != 0)
		fail_msg("%s: the copy of %llu bytes is not what was copied", name, (unsigned long long)count);
	for (uint64_t i = PMS_COPY_SHIFT + count; i < end; i++)
		assert_int_equal(target[i], 0);
	for (uint64_t i = end; i < end + 64; i++)
		assert_int_equal(target[i], UNTOUCHED);
}

static void expect_hash(const char *name, uint64_t found, const uint8_t *from, uint64_t count)
{
	uint64_t expected = XXH3_64bits(from, count);

	if (found != expected)
		fail_msg("%s: the hash of %llu bytes is %llx, expected %llx", name, (unsigned long long)count,
			 (unsigned long long)found, (unsigned long long)expected);
}

static void test_hash_copy_at_once_is_the_copy_and_its_hash(void **state)
{
	(void)state;
	fill_source();
	for (unsigned i = 0; i < 2; i++) {
		const pms_hash_way *way = way_at(i);
		for (uint64_t count = PMS_HASH_SHORT_MAX + 1; count < BYTES_MAX; count += count < 2400 ? 1 : 611) {
			const uint8_t *from = source + count % 64; /* however it is aligned */
			memset(target, UNTOUCHED, sizeof(target));
			expect_hash(way->name, way->copy(target, from, count), from, count);
			expect_copy(way->name, from, count);
		}
	}
}

/* As a long entry does it: some lines, some more, by non-temporal stores or not, and the end. */
static void test_hash_copy_in_steps_is_the_same(void **state)
{
	static const uint64_t steps[] = {1, 2, 3, 16, 17, 64};

	(void)state;
	fill_source();
	for (unsigned i = 0; i < 2; i++) {
		const pms_hash_way *way = way_at(i);
		for (uint64_t count = PMS_HASH_SHORT_MAX + 1; count < BYTES_MAX; count += count < 2400 ? 7 : 611) {
			uint64_t lines = pms_copy_line_count(count);
			uint64_t done = 0;
			pms_copy_state copy = {.stripes = 0};
			memset(target, UNTOUCHED, sizeof(target));
			for (unsigned step = 0; done < lines; step++) {
				uint64_t next =
				    steps[(count + step) % 6] < lines - done ? steps[(count + step) % 6] : lines - done;
				way->copy_lines(&copy, target + done * PMS_COPY_LINE, source + done * PMS_COPY_LINE,
						next, way->can_stream && step % 2);
				done += next;
			}
			uint64_t hash =
			    way->copy_end(&copy, target + lines * PMS_COPY_LINE, source + lines * PMS_COPY_LINE, count);
			expect_hash(way->name, hash, source, count);
			expect_copy(way->name, source, count);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hash_copy_at_once_is_the_copy_and_its_hash),
	    cmocka_unit_test(test_hash_copy_in_steps_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
