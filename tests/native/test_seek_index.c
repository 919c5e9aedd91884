/* SPDX-License-Identifier: MIT */
/* The table behind seeks by timestamp, alone. What seeks make of it is in test_seek.c. */
#include "seek_index.h"
#include "support_stream.h"

static void expect_table(const pms_seek_index *index, uint64_t data_start, uint64_t noted_bytes)
{
	uint64_t before = data_start;

	assert_true(index->count < PMS_SEEK_PAIRS_MAX);
	for (uint32_t i = 0; i < index->count; i++) {
		assert_true(index->pairs[i].offset >= before + index->stride);
		assert_true(i == 0 || index->pairs[i].timestamp > index->pairs[i - 1].timestamp);
		before = index->pairs[i].offset;
	}
	assert_true(index->stride == PMS_SEEK_STRIDE_MIN || index->stride <= 4 * noted_bytes / PMS_SEEK_PAIRS_MAX);
}

/* Entries of random sizes, noted in any order: the table stays sorted, apart and bounded, and finds what was noted. */
static void test_seek_index_stays_sorted_and_bounded(void **state)
{
	uint64_t random = test_seed(), data_start = 17 * 512;
	pms_seek_index index;
	pms_seek_pair pair;

	(void)state;
	pms_seek_index_init(&index);
	assert_false(pms_seek_index_find(&index, 5, UINT64_MAX, &pair));
	for (uint64_t base = 5; base < 25; base++) {
		uint64_t scale = 1 + test_random_below(&random, 60000), next = 0;
		for (int i = 0; i < 20000; i++) {
			uint64_t n = base % 2 ? (uint64_t)i : test_random_below(&random, 20000);
			pair = (pms_seek_pair){.timestamp = base + 1 + n * 3, .offset = data_start + n * scale};
			next = pms_seek_index_note(&index, base, data_start, pair);
			assert_true(next > pair.offset);
			/* Of an earlier life: refused, and nothing is lost by it. */
			assert_int_equal(pms_seek_index_note(&index, base - 1, data_start, pair), UINT64_MAX);
		}
		expect_table(&index, data_start, 20000 * scale);
		for (int i = 0; i < 500; i++) {
			uint64_t wanted = base + test_random_below(&random, 60000);
			if (!pms_seek_index_find(&index, base, wanted, &pair)) {
				assert_true(index.count == 0 || index.pairs[0].timestamp > wanted);
				continue;
			}
			assert_true(pair.timestamp <= wanted && (pair.timestamp - base - 1) % 3 == 0);
			assert_int_equal(pair.offset, data_start + (pair.timestamp - base - 1) / 3 * scale);
			if (base % 2) /* noted in order: nothing that lies nearer was left out */
				assert_true((wanted - pair.timestamp) / 3 * scale <= 2 * (index.stride + scale));
			assert_false(pms_seek_index_find(&index, base - 1, wanted, &pair));
		}
	}
	pms_seek_index_destroy(&index);
}

/* Who comes where notes stand already is sent on to the first place that has room for one between its neighbours. */
static void test_seek_index_sends_on_to_where_there_is_room(void **state)
{
	const uint64_t stride = PMS_SEEK_STRIDE_MIN;
	/* In strides from the start, the last but one of the gaps with room for one more. */
	static const uint64_t places[] = {1, 2, 3, 5, 6};
	pms_seek_index index;

	(void)state;
	pms_seek_index_init(&index);
	for (size_t i = 0; i < 5; i++) {
		pms_seek_pair pair = {.timestamp = 10 + places[i], .offset = places[i] * stride};
		assert_int_equal(pms_seek_index_note(&index, 5, 0, pair), pair.offset + stride);
	}
	pms_seek_pair again = {.timestamp = 11, .offset = stride};
	assert_int_equal(pms_seek_index_note(&index, 5, 0, again), 4 * stride);
	pms_seek_pair between = {.timestamp = 14, .offset = 4 * stride};
	assert_int_equal(pms_seek_index_note(&index, 5, 0, between), 7 * stride);
	assert_int_equal(pms_seek_index_note(&index, 5, 0, again), 7 * stride);
	assert_int_equal(index.count, 6);
	pms_seek_index_destroy(&index);
}

/* ---- without memory: the program is linked with --wrap=malloc ------------------------------------------------------- */

static bool memory_is_short;

void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes) { return memory_is_short ? NULL : __real_malloc(bytes); }

static void test_seek_index_without_memory_is_empty(void **state)
{
	pms_seek_pair pair = {.timestamp = 6, .offset = 99999};
	pms_seek_index index;

	(void)state;
	pms_seek_index_init(&index);
	memory_is_short = true;
	uint64_t next = pms_seek_index_note(&index, 5, 0, pair);
	memory_is_short = false;
	assert_int_equal(next, UINT64_MAX);
	assert_false(pms_seek_index_find(&index, 5, 6, &pair));
	assert_int_equal(pms_seek_index_note(&index, 5, 0, pair), pair.offset + PMS_SEEK_STRIDE_MIN);
	assert_true(pms_seek_index_find(&index, 5, 6, &pair));
	pms_seek_index_destroy(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_seek_index_stays_sorted_and_bounded),
	    cmocka_unit_test(test_seek_index_sends_on_to_where_there_is_room),
	    cmocka_unit_test(test_seek_index_without_memory_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
