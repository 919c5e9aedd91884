/* SPDX-License-Identifier: MIT */
/* Append: what is stored, where, and what is refused. What it costs is in test_append_cost.c. */
#include "engine.h"
#include "support_image.h"

static const uint64_t payload_sizes[] = {0,
					 1,
					 7,
					 8,
					 9,
					 39,
					 40,
					 41,
					 63,
					 64,
					 65,
					 1000,
					 4071,
					 4072,
					 4073,
					 4095,
					 4096,
					 4097,
					 4200,
					 8191,
					 65539,
					 TEST_MIB + 5,
					 3 * TEST_MIB + 1};
#define SIZES (sizeof(payload_sizes) / sizeof(payload_sizes[0]))

/* One entry of each size; position, order and counters after each. */
static void append_each_size(test_log *log, pms_region *region, uint32_t alignment)
{
	uint64_t next = test_region_info(region).offset + PMS_REGION_HEADER_BYTES;
	uint64_t last = test_region_info(region).base_timestamp;

	for (size_t i = 0; i < SIZES; i++) {
		pms_position at = test_log_append(log, region, payload_sizes[i]);
		assert_int_equal(at.offset, next);
		assert_true(at.timestamp > last);
		last = at.timestamp;
		next += pms_round_up(PMS_ENTRY_HEADER_BYTES + payload_sizes[i], alignment);
		assert_int_equal(pms_region_committed(region), next);
		assert_int_equal(pms_region_persisted(region), next);
		pms_region_info info = test_region_info(region);
		assert_int_equal(info.last_timestamp, at.timestamp);
		assert_int_equal(info.used_bytes, next - info.offset - PMS_REGION_HEADER_BYTES);
	}
	assert_int_equal(test_region_info(region).first_timestamp, log->entries[0].position.timestamp);
}

/* R1, R2: space and timestamps in one order; visible and durable on return, and after reopening. */
static void test_append_each_size_and_alignment_comes_back(void **state)
{
	static const uint32_t alignments[] = {8, 64, 4096};
	test_case *test = test_begin(state);

	for (size_t i = 0; i < 3; i++) {
		pms_create_options options = test_create_options(8 * TEST_MIB);
		test_log log = {0};
		pms_stream *stream;

		options.flags = PMS_CREATE_OVERWRITE;
		assert_int_equal(pms_stream_create(test->path, &options, &stream, NULL), PMS_OK);
		pms_region *region = test_region(stream, "sizes", 6 * TEST_MIB, alignments[i]);
		append_each_size(&log, region, alignments[i]);
		test_log_expect(&log, region);
		test_check_is_clean(stream);
		pms_region_release(region);
		test_close(stream);

		stream = test_open(test->path, PMS_OPEN_DEFAULT);
		assert_int_equal(test_recovery(stream).flags, 0);
		region = test_find(stream, "sizes");
		test_log_expect(&log, region);
		pms_region_release(region);
		test_close(stream);
		test_log_free(&log);
	}
}

/* Fills what is left with entries of 0 to 3 words until nothing fits; the last byte is used. */
static void fill_to_the_last_byte(test_log *log, pms_region *region, uint64_t usable)
{
	uint64_t seed = test_seed();
	uint64_t left = usable;

	while (left) {
		uint64_t bytes = test_random_below(&seed, 25);
		uint64_t extent = pms_round_up(PMS_ENTRY_HEADER_BYTES + bytes, 8);
		/* Never leave a rest that no entry fits into. */
		if (left < extent || (left != extent && left - extent < PMS_ENTRY_HEADER_BYTES))
			bytes = left <= 48 ? left - PMS_ENTRY_HEADER_BYTES : 0;
		(void)test_log_append(log, region, bytes);
		left -= pms_round_up(PMS_ENTRY_HEADER_BYTES + bytes, 8);
	}
}

static void expect_full(pms_region *region, uint64_t bytes, uint64_t left)
{
	pms_position position = {.offset = 1, .timestamp = 2};
	pms_reservation *reservation;
	static uint8_t data[64];
	pms_error error;
	void *space;

	assert_true(bytes <= sizeof(data));
	assert_int_equal(pms_region_append(region, data, bytes, &position, &error), PMS_E_REGION_FULL);
	test_error_says(&error, PMS_E_REGION_FULL);
	assert_int_equal(error.found, left);
	assert_int_equal(position.offset, 1);
	assert_int_equal(pms_region_append(region, data, bytes, NULL, NULL), PMS_E_REGION_FULL);
	assert_int_equal(pms_region_reserve(region, bytes, &reservation, &space, &position, &error), PMS_E_REGION_FULL);
	assert_null(reservation);
	assert_null(space);
}

static void test_append_region_filled_to_its_last_byte_is_whole(void **state)
{
	test_case *test = test_begin(state);
	/* Two regions, of which the second ends where the stream does. */
	pms_stream *stream = test_create(test->path, PMS_FIXED_BYTES + 2 * 4096);
	pms_region *regions[2];
	test_log logs[2] = {0};

	for (int i = 0; i < 2; i++) {
		regions[i] = test_region(stream, i ? "last" : "first", 4096 - PMS_REGION_HEADER_BYTES, 8);
		assert_int_equal(test_region_info(regions[i]).usable_bytes, 4096 - PMS_REGION_HEADER_BYTES);
	}
	assert_int_equal(test_info(stream).free_bytes, 0);
	for (int i = 0; i < 2; i++) {
		fill_to_the_last_byte(&logs[i], regions[i], 4096 - PMS_REGION_HEADER_BYTES);
		expect_full(regions[i], 0, 0);
	}
	for (int session = 0; session < 2; session++) {
		for (int i = 0; i < 2; i++) {
			pms_region_info info = test_region_info(regions[i]);
			assert_int_equal(info.used_bytes, info.usable_bytes);
			test_log_expect(&logs[i], regions[i]);
			expect_full(regions[i], 0, 0);
			pms_region_release(regions[i]);
		}
		test_check_is_clean(stream);
		test_close(stream);
		stream = test_open(test->path, PMS_OPEN_DEFAULT);
		assert_int_equal(test_recovery(stream).flags, 0);
		assert_int_equal(test_recovery(stream).cuts_sealed, 0);
		for (int i = 0; i < 2; i++)
			regions[i] = test_find(stream, i ? "last" : "first");
	}
	for (int i = 0; i < 2; i++) {
		pms_region_release(regions[i]);
		test_log_free(&logs[i]);
	}
	test_close(stream);
}

static void test_append_one_entry_as_large_as_the_region_fits(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "all", test_info(stream).largest_free_bytes, 64);
	uint64_t usable = test_region_info(region).usable_bytes;
	uint8_t *data = calloc(1, usable);
	test_log log = {0};

	assert_non_null(data);
	assert_int_equal(test_info(stream).free_bytes, 0);
	/* A byte too much is refused, and changes nothing. */
	assert_int_equal(pms_region_append(region, data, usable - PMS_ENTRY_HEADER_BYTES + 1, NULL, NULL),
			 PMS_E_REGION_FULL);
	assert_int_equal(test_region_info(region).used_bytes, 0);
	(void)test_log_append(&log, region, usable - PMS_ENTRY_HEADER_BYTES);
	expect_full(region, 0, 0);
	test_log_expect(&log, region);
	pms_region_release(region);
	test_close(stream);
	stream = test_open(test->path, PMS_OPEN_DEFAULT);
	region = test_find(stream, "all");
	test_log_expect(&log, region);
	expect_full(region, 1, 0);
	pms_region_release(region);
	test_close(stream);
	test_log_free(&log);
	free(data);
}

/* After REGION_FULL a smaller entry still fits: nothing was taken. */
static void test_append_refused_for_size_leaves_the_rest_usable(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "rest", 4096 - PMS_REGION_HEADER_BYTES, 64);
	static uint8_t data[4096];
	test_log log = {0};

	(void)test_log_append(&log, region, 3000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pms_region_append(region, data, 1000, NULL, NULL), PMS_E_REGION_FULL);
	(void)test_log_append(&log, region, 400);
	expect_full(region, 64, test_region_info(region).usable_bytes - test_region_info(region).used_bytes);
	test_log_expect(&log, region);
	pms_region_release(region);
	test_close(stream);
	test_log_free(&log);
}

static void test_append_bad_arguments_are_refused_and_change_nothing(void **state)
{
	static const uint64_t sizes[] = {
	    PMS_ENTRY_BYTES_MAX + 1ull, 1ull << 31, 1ull << 32, 1ull << 63, UINT64_MAX - 23, UINT64_MAX};
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "arguments", TEST_MIB, 64);
	uint8_t byte = 1;
	pms_error error;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(pms_region_append(region, &byte, sizes[i], NULL, &error), PMS_E_INVALID_ARGUMENT);
		test_error_says(&error, PMS_E_INVALID_ARGUMENT);
		assert_int_equal(error.found, sizes[i]);
	}
	/* The largest entry is an entry, but this region is too small for it. */
	assert_int_equal(pms_region_append(region, &byte, PMS_ENTRY_BYTES_MAX, NULL, NULL), PMS_E_REGION_FULL);
	assert_int_equal(pms_region_append(region, NULL, 1, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_non_null(strstr(error.message, "data"));
	assert_int_equal(pms_region_append(NULL, &byte, 1, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_non_null(strstr(error.message, "region"));
	assert_int_equal(test_region_info(region).used_bytes, 0);
	assert_int_equal(pms_region_append(region, NULL, 0, NULL, &error), PMS_OK);
	assert_int_equal(test_region_info(region).used_bytes, 64);
	pms_region_release(region);
	test_close(stream);
}

/* R7: packed to 8 bytes, no store reaches a byte that is not the entry's own, and its last word is padded with zeros. */
static void test_append_stores_stay_inside_the_entry(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "words", TEST_MIB, 8);
	uint64_t start = test_region_info(region).offset + PMS_REGION_HEADER_BYTES;
	uint8_t *base = pms_at(&stream->medium, 0);
	uint64_t end = start + test_region_info(region).usable_bytes;
	uint64_t at = start;

	memset(base + start, 0xEE, end - start);
	for (size_t i = 0; i < SIZES && payload_sizes[i] < 10000; i++) {
		uint64_t payload_end = at + PMS_ENTRY_HEADER_BYTES + payload_sizes[i];
		assert_int_equal(test_append(region, payload_sizes[i], i).offset, at);
		at = pms_round_up(payload_end, 8);
		for (uint64_t byte = payload_end; byte < at; byte++)
			assert_int_equal(base[byte], 0);
		for (uint64_t byte = at; byte < end; byte++)
			if (base[byte] != 0xEE)
				fail_msg("an entry of %llu bytes changed the byte %llu behind it",
					 (unsigned long long)payload_sizes[i], (unsigned long long)(byte - at));
	}
	pms_region_release(region);
	test_close(stream);
}

static pms_parsed_entry parsed(pms_stream *stream, pms_region *region, uint64_t offset)
{
	pms_parsed_entry entry;

	assert_true(pms_entry_parse(pms_at(&stream->medium, offset), offset, region->end, region->alignment, &entry));
	return entry;
}

/* R8: the lag says how far before its own start a hole may have been un-persisted. */
static void test_append_lag_reaches_back_to_persisted(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "lag", TEST_MIB, 64);
	pms_reservation *first, *second;
	pms_position one, two;
	void *space;

	pms_position plain = test_append(region, 100, 1);
	assert_int_equal(parsed(stream, region, plain.offset).lag_bytes, 0);
	assert_int_equal(pms_region_reserve(region, 1000, &first, &space, &one, NULL), PMS_OK);
	assert_int_equal(pms_region_reserve(region, 10, &second, &space, &two, NULL), PMS_OK);
	pms_position behind = test_append(region, 100, 2);
	assert_int_equal(parsed(stream, region, one.offset).lag_bytes, 0);
	/* Rounded up: the hole at `one` does not begin strictly below two's start - lag. */
	assert_true(parsed(stream, region, two.offset).lag_bytes >= two.offset - one.offset);
	assert_true(parsed(stream, region, behind.offset).lag_bytes >= behind.offset - one.offset);
	assert_true(parsed(stream, region, behind.offset).lag_bytes < 4 * (behind.offset - one.offset));
	/* All of that is persisted now, open reservations or not. */
	assert_int_equal(parsed(stream, region, test_append(region, 100, 3).offset).lag_bytes, 0);
	pms_reservation_release(second);
	pms_reservation_release(first);
	pms_region_release(region);
	test_close(stream);
}

/* Timestamps of several regions are one order. */
static void test_append_to_several_regions_has_one_order(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	uint64_t seed = test_seed(), last = 0;
	pms_region *regions[3];
	test_log logs[3] = {0};

	for (int i = 0; i < 3; i++)
		regions[i] = test_region(stream, NULL, 64 * TEST_KIB, i == 0 ? 8 : 64);
	for (int i = 0; i < 120; i++) {
		uint64_t which = test_random_below(&seed, 3);
		uint64_t timestamp =
		    test_log_append(&logs[which], regions[which], test_random_below(&seed, 300)).timestamp;
		assert_true(timestamp > last);
		last = timestamp;
	}
	assert_true(test_info(stream).next_timestamp > last);
	for (int i = 0; i < 3; i++) {
		test_log_expect(&logs[i], regions[i]);
		test_log_free(&logs[i]);
		pms_region_release(regions[i]);
	}
	test_close(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_append_each_size_and_alignment_comes_back),
	    TEST_ON_BOTH(test_append_region_filled_to_its_last_byte_is_whole),
	    TEST_ON_BOTH(test_append_one_entry_as_large_as_the_region_fits),
	    TEST_ON_BOTH(test_append_refused_for_size_leaves_the_rest_usable),
	    TEST_ON_BOTH(test_append_bad_arguments_are_refused_and_change_nothing),
	    TEST_ON_BOTH(test_append_stores_stay_inside_the_entry),
	    TEST_ON_BOTH(test_append_lag_reaches_back_to_persisted),
	    TEST_ON_BOTH(test_append_to_several_regions_has_one_order),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
