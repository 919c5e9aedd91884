/* SPDX-License-Identifier: MIT */
/* Clearing and freeing regions, and what becomes of their space, their handles and their positions. */
#include "engine.h"
#include "support_image.h"

/* Every verb on a region that is gone. */
static void expect_stale(pms_region *region, pms_position old, int32_t status)
{
	pms_cursor_options options = {.struct_bytes = sizeof(options)};
	pms_region_info info = {.struct_bytes = sizeof(info)};
	pms_reservation *reservation;
	pms_cursor *cursor;
	uint64_t bytes;
	uint8_t byte;
	pms_error error;
	void *space;

	assert_int_equal(pms_region_append(region, "x", 1, NULL, &error), status);
	test_error_says(&error, status);
	assert_int_equal(pms_region_reserve(region, 1, &reservation, &space, NULL, &error), status);
	assert_null(reservation);
	assert_int_equal(pms_region_abandon(region, &old, &error), status);
	assert_int_equal(pms_region_read(region, &old, &byte, 1, 0, &bytes, &error), status);
	assert_int_equal(pms_cursor_open(region, &options, &cursor, &error), status);
	assert_null(cursor);
	assert_int_equal(pms_region_describe(region, &info, &error), status);
	assert_int_equal(pms_region_clear(region, &error), status);
	assert_int_equal(pms_region_free(region, &error), status);
	test_error_says(&error, status);
	assert_int_equal(pms_region_committed(region), 0);
	assert_int_equal(pms_region_persisted(region), 0);
}

/* ---- free ---------------------------------------------------------------------------------------------------------- */

static void test_region_freed_handles_are_stale_for_ever(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *first = test_region(stream, "same", 1000, 64);
	pms_region *second = test_find(stream, "same"), *handles[20];
	pms_position old = test_append(first, 100, 1);
	uint64_t offset = test_region_info(first).offset;

	assert_int_equal(pms_region_free(first, NULL), PMS_OK);
	expect_stale(first, old, PMS_E_STALE);
	expect_stale(second, old, PMS_E_STALE);
	/* The same name at the same place, many times: no old handle comes to life again. */
	for (int i = 0; i < 20; i++) {
		handles[i] = test_region(stream, "same", 1000, 64);
		assert_int_equal(test_region_info(handles[i]).offset, offset);
		(void)test_append(handles[i], 100, 1);
		expect_stale(first, old, PMS_E_STALE);
		if (i > 0)
			expect_stale(handles[i - 1], old, PMS_E_STALE);
		if (i < 19)
			assert_int_equal(pms_region_free(handles[i], NULL), PMS_OK);
	}
	assert_int_equal(test_info(stream).region_count, 1);
	test_close(stream);
	/* handles are only now released: closed, or stale as they were */
	expect_stale(handles[19], old, PMS_E_CLOSED);
	for (int i = 0; i < 20; i++)
		pms_region_release(handles[i]);
	pms_region_release(second);
	pms_region_release(first);
}

static void test_region_identity_never_repeats(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	uint64_t last = 0;

	for (int i = 0; i < 60; i++) {
		pms_region *region = test_region(stream, "region", 1000, 64);
		pms_region_info info = test_region_info(region);
		assert_true(info.identity > last);
		last = info.identity;
		assert_int_equal(pms_region_free(region, NULL), PMS_OK);
		pms_region_release(region);
		if (i % 10 != 9)
			continue;
		test_image image = test_image_load(test->path);
		test_close(stream);
		if (i % 20 == 19) /* a kill */
			test_image_save(&image, test->path);
		test_image_free(&image);
		stream = test_open(test->path, PMS_OPEN_DEFAULT);
	}
	test_close(stream);
}

/* Free neighbours become one: to the left, to the right, on both sides. */
static void test_region_freed_neighbours_are_joined(void **state)
{
	static const int orders[][3] = {{0, 1, 2}, {2, 1, 0}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}};
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, PMS_FIXED_BYTES + 5 * 4096);
	pms_region *edges[2], *regions[3], *whole;

	edges[0] = test_region(stream, "left", 1, 64);
	for (size_t order = 0; order < 6; order++) {
		for (int i = 0; i < 3; i++)
			regions[i] = test_region(stream, NULL, 1, 64);
		if (order == 0)
			edges[1] = test_region(stream, "right", 1, 64);
		assert_int_equal(test_info(stream).free_bytes, 0);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(pms_region_free(regions[orders[order][i]], NULL), PMS_OK);
			assert_int_equal(test_info(stream).free_bytes, (uint64_t)(i + 1) * 4096);
			test_check_is_clean(stream);
		}
		assert_int_equal(test_info(stream).largest_free_bytes, 3 * 4096 - PMS_REGION_HEADER_BYTES);
		assert_int_equal(stream->piece_count, 3);
		whole = test_region(stream, "whole", 3 * 4096 - PMS_REGION_HEADER_BYTES, 64);
		assert_int_equal(pms_region_free(whole, NULL), PMS_OK);
		pms_region_release(whole);
		for (int i = 0; i < 3; i++)
			pms_region_release(regions[i]);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pms_region_free(edges[i], NULL), PMS_OK);
		pms_region_release(edges[i]);
	}
	assert_int_equal(test_info(stream).largest_free_bytes, 5 * 4096 - PMS_REGION_HEADER_BYTES);
	test_close(stream);
	stream = test_open(test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_info(stream).largest_free_bytes, 5 * 4096 - PMS_REGION_HEADER_BYTES);
	test_close(stream);
}

/* A crash between free and merge leaves neighbours apart: the next writer joins them. */
static void test_region_free_neighbours_of_a_crash_are_joined_on_opening(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, PMS_FIXED_BYTES + 5 * 4096);
	uint64_t offsets[5];

	for (int i = 0; i < 5; i++) {
		pms_region *region = test_region(stream, NULL, 1, 64);
		offsets[i] = test_region_info(region).offset;
		pms_region_release(region);
	}
	test_close(stream);
	test_image image = test_image_load(test->path);
	for (int i = 1; i < 5; i++)
		if (i != 3)
			test_image_seal(&image, offsets[i] + PMS_REGION_EXTENT, PMS_ROLE_EXTENT,
					pms_extent_value(PMS_EXTENT_FREE, 1));
	test_image_save(&image, test->path);
	stream = test_open(test->path, PMS_OPEN_READ_ONLY);
	assert_int_equal(test_info(stream).free_bytes, 3 * 4096);
	test_close(stream);
	test_image_expect(&image, test->path);
	stream = test_open(test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_info(stream).free_bytes, 3 * 4096);
	assert_int_equal(test_info(stream).largest_free_bytes, 2 * 4096 - PMS_REGION_HEADER_BYTES);
	assert_int_equal(test_info(stream).region_count, 2);
	pms_region *region = test_region(stream, "joined", 2 * 4096 - PMS_REGION_HEADER_BYTES, 64);
	assert_int_equal(test_region_info(region).offset, offsets[1]);
	pms_region_release(region);
	test_close(stream);
	test_image_free(&image);
}

/* Old entries lie where the new region's would be, byte for byte, and are not taken for its own. */
static void test_region_reused_space_shows_nothing_of_its_past(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	int32_t end;

	for (int life = 0; life < 6; life++) {
		pms_region *region = test_region(stream, "region", 10000, 64);
		assert_int_equal(test_count_entries(region, &end), 0);
		for (int i = 0; i <= life; i++)
			(void)test_append(region, 100, 1);
		test_image image = test_image_load(test->path);
		pms_region_release(region);
		test_close(stream);
		test_image_save(&image, test->path);
		test_image_free(&image);
		stream = test_open(test->path, PMS_OPEN_DEFAULT);
		assert_int_equal(test_recovery(stream).flags, 0);
		region = test_find(stream, "region");
		assert_int_equal(test_count_entries(region, &end), (uint64_t)life + 1);
		assert_int_equal(pms_region_free(region, NULL), PMS_OK);
		pms_region_release(region);
	}
	test_close(stream);
}

/* ---- clear --------------------------------------------------------------------------------------------------------- */

static void test_region_cleared_is_empty_and_refuses_old_positions(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "region", 2 * TEST_MIB, 64);
	pms_region *other = test_find(stream, "region");
	pms_position old = {0};
	pms_cursor_options at = {.struct_bytes = sizeof(at), .start = PMS_CURSOR_AT};
	pms_cursor *cursor;
	uint64_t bytes;
	int32_t end;

	for (int life = 0; life < 5; life++) {
		uint64_t base = test_region_info(region).base_timestamp, identity = test_region_info(region).identity;
		test_log log = {0};
		for (int i = 0; i < 10; i++)
			(void)test_log_append(&log, region, 100000);
		test_log_expect(&log, other);
		if (life) {
			/* An entry stands at that very place again, and is not the one of the position. */
			assert_int_equal(log.entries[0].position.offset, old.offset);
			at.position = old;
			assert_int_equal(pms_cursor_open(region, &at, &cursor, NULL), PMS_E_NO_ENTRY);
			at.start = life % 2 ? PMS_CURSOR_AT : PMS_CURSOR_AFTER;
			assert_int_equal(pms_region_read(region, &old, NULL, 0, 0, &bytes, NULL), PMS_E_NO_ENTRY);
		}
		old = log.entries[0].position;
		assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
		pms_region_info info = test_region_info(other);
		assert_int_equal(info.identity, identity);
		assert_true(info.base_timestamp > log.entries[9].position.timestamp);
		assert_true(info.base_timestamp > base);
		assert_int_equal(info.used_bytes, 0);
		assert_int_equal(info.first_timestamp, 0);
		assert_int_equal(info.last_timestamp, 0);
		assert_int_equal(test_count_entries(other, &end), 0);
		assert_int_equal(end, PMS_E_END);
		assert_int_equal(pms_region_read(region, &old, NULL, 0, 0, &bytes, NULL), PMS_E_NO_ENTRY);
		test_check_is_clean(stream);
		test_log_free(&log);
	}
	pms_region_release(other);
	pms_region_release(region);
	test_close(stream);
}

/* A kill after the clear, with old entries behind fewer new ones at the very same places. */
static void test_region_cleared_and_killed_shows_the_new_life_alone(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "region", 2 * TEST_MIB, 64);
	test_log log = {0};

	for (size_t life = 0; life < 5; life++) {
		log.count = 0;
		for (int i = 0; i < 15; i++)
			(void)test_log_append(&log, region, 100000);
		assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
		log.count = 0;
		for (size_t i = 0; i < life; i++)
			(void)test_log_append(&log, region, 100000);
		test_image image = test_image_load(test->path);
		pms_region_release(region);
		test_close(stream);
		test_image_save(&image, test->path);
		test_image_free(&image);
		stream = test_open(test->path, PMS_OPEN_DEFAULT);
		region = test_find(stream, "region");
		assert_int_equal(test_recovery(stream).flags, 0);
		assert_int_equal(test_recovery(stream).cuts_sealed, 0);
		test_log_expect(&log, region);
	}
	test_log_free(&log);
	pms_region_release(region);
	test_close(stream);
}

/* ---- busy ---------------------------------------------------------------------------------------------------------- */

static void expect_busy(pms_region *region)
{
	uint64_t used = test_region_info(region).used_bytes;
	pms_error error;

	assert_int_equal(pms_region_clear(region, &error), PMS_E_BUSY);
	test_error_says(&error, PMS_E_BUSY);
	assert_int_equal(pms_region_free(region, &error), PMS_E_BUSY);
	test_error_says(&error, PMS_E_BUSY);
	assert_int_equal(test_region_info(region).used_bytes, used);
}

static void test_region_busy_under_cursor_and_reservation(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "region", 10000, 64), *handle;
	pms_region *neighbour = test_region(stream, "neighbour", 10000, 64);
	pms_reservation *first, *second;
	pms_cursor *cursors[2];
	void *space;

	(void)test_append(region, 100, 1);
	assert_int_equal(pms_cursor_open(region, NULL, &cursors[0], NULL), PMS_OK);
	assert_int_equal(pms_cursor_open(region, NULL, &cursors[1], NULL), PMS_OK);
	expect_busy(region);
	pms_cursor_close(cursors[0]);
	expect_busy(region);
	pms_cursor_close(cursors[1]);
	assert_int_equal(pms_region_clear(region, NULL), PMS_OK);

	assert_int_equal(pms_region_reserve(region, 10, &first, &space, NULL, NULL), PMS_OK);
	assert_int_equal(pms_region_reserve(region, 10, &second, &space, NULL, NULL), PMS_OK);
	expect_busy(region);
	assert_int_equal(pms_reservation_publish(first, 10, NULL, NULL), PMS_OK);
	expect_busy(region);
	assert_int_equal(pms_reservation_abandon(second, NULL), PMS_OK);
	/* Ended, though not released: that is no use of the region. Its neighbour was never busy. */
	assert_int_equal(pms_region_clear(neighbour, NULL), PMS_OK);
	assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
	assert_int_equal(pms_region_free(region, NULL), PMS_OK);
	assert_int_equal(pms_reservation_publish(first, 10, NULL, NULL), PMS_E_ENDED);
	assert_int_equal(pms_reservation_abandon(second, NULL), PMS_E_ENDED);
	pms_reservation_release(second);
	pms_reservation_release(first);
	/* More handles are no use either. */
	handle = test_find(stream, "neighbour");
	assert_int_equal(pms_region_free(neighbour, NULL), PMS_OK);
	pms_region_release(handle);
	pms_region_release(neighbour);
	pms_region_release(region);
	test_close(stream);
}

static void test_region_change_of_read_only_stream_is_refused(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region_options options = test_region_options("new", 100, 0);
	pms_region *region = test_region(stream, "region", 10000, 64), *made;
	pms_reservation *reservation;
	pms_error error;
	void *space;

	pms_region_release(region);
	test_close(stream);
	stream = test_open(test->path, PMS_OPEN_READ_ONLY);
	region = test_find(stream, "region");
	assert_int_equal(pms_region_create(stream, &options, &made, &error), PMS_E_READ_ONLY);
	test_error_says(&error, PMS_E_READ_ONLY);
	assert_int_equal(pms_region_clear(region, &error), PMS_E_READ_ONLY);
	assert_int_equal(pms_region_free(region, &error), PMS_E_READ_ONLY);
	assert_int_equal(pms_region_append(region, "x", 1, NULL, &error), PMS_E_READ_ONLY);
	assert_int_equal(pms_region_reserve(region, 1, &reservation, &space, NULL, &error), PMS_E_READ_ONLY);
	pms_region_release(region);
	test_close(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_region_freed_handles_are_stale_for_ever),
	    TEST_ON_BOTH(test_region_identity_never_repeats),
	    TEST_ON_BOTH(test_region_freed_neighbours_are_joined),
	    TEST_ON_BOTH(test_region_free_neighbours_of_a_crash_are_joined_on_opening),
	    TEST_ON_BOTH(test_region_reused_space_shows_nothing_of_its_past),
	    TEST_ON_BOTH(test_region_cleared_is_empty_and_refuses_old_positions),
	    TEST_ON_BOTH(test_region_cleared_and_killed_shows_the_new_life_alone),
	    TEST_ON_BOTH(test_region_busy_under_cursor_and_reservation),
	    TEST_ON_BOTH(test_region_change_of_read_only_stream_is_refused),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
