/* SPDX-License-Identifier: MIT */
/* Growing a stream: what is stored and in which order, what goes on meanwhile, what is refused without changing a byte. */
#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "medium_internal.h"
#include "support_image.h"
#include "support_medium.h"

#define SMALL (128 * TEST_KIB)

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	test_log log;
} fixture;

/* A region of that size at the start of the stream, with a few entries. */
static fixture begin(void **state, uint64_t region_bytes)
{
	fixture f = {.test = test_begin(state)};

	f.stream = test_create(f.test->path, SMALL);
	f.region = test_region(f.stream, "old", region_bytes, 64);
	for (uint64_t i = 0; i < 5; i++)
		(void)test_log_append(&f.log, f.region, 100 * i);
	return f;
}

static void end(fixture *f)
{
	pms_region_release(f->region);
	test_close(f->stream);
	test_log_free(&f->log);
}

static void grow(pms_stream *stream, uint64_t bytes)
{
	pms_error error;

	if (pms_stream_grow(stream, bytes, &error) != PMS_OK)
		fail_msg("growing to %llu bytes: %s", (unsigned long long)bytes, error.message);
	assert_int_equal(error.status, PMS_OK);
}

static void grow_fails(pms_stream *stream, uint64_t bytes, int32_t status, pms_error *error)
{
	assert_int_equal(pms_stream_grow(stream, bytes, error), status);
	test_error_says(error, status);
}

static uint64_t size_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return (uint64_t)status.st_size;
}

/* All of the file has blocks: no store into it fails for want of space. */
static void expect_allocated(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	assert_true(test_file_allocated(path) >= (uint64_t)status.st_size);
}

/* Opens it again: the region and its log are there, and the stream has that size. */
static void reopen(fixture *f, uint64_t bytes)
{
	pms_region_release(f->region);
	test_close(f->stream);
	f->stream = test_open(f->test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(f->stream).flags, 0);
	assert_int_equal(test_info(f->stream).stream_bytes, bytes);
	f->region = test_find(f->stream, "old");
	test_log_expect(&f->log, f->region);
	test_check_is_clean(f->stream);
}

/* ---- growing ----------------------------------------------------------------------------------------------------- */

static void test_grow_is_free_space_for_regions(void **state)
{
	fixture f = begin(state, 20000);
	const uint64_t free_bytes = test_info(f.stream).free_bytes;

	grow(f.stream, 5 * SMALL - 100); /* rounded up */
	pms_stream_info info = test_info(f.stream);
	assert_int_equal(info.stream_bytes, 5 * SMALL);
	assert_int_equal(info.file_bytes, 5 * SMALL);
	assert_int_equal(info.free_bytes, free_bytes + 4 * SMALL);
	/* It is one piece with what was free before. */
	assert_int_equal(info.largest_free_bytes, info.free_bytes - PMS_REGION_HEADER_BYTES);
	assert_int_equal(info.state, 0);
	assert_int_equal(size_of(f.test->path), 5 * SMALL);
	expect_allocated(f.test->path);

	pms_region *region = test_region(f.stream, "new", info.largest_free_bytes, 8);
	test_log log = {0};
	for (uint64_t bytes = 0; bytes < 60000; bytes += 7777)
		(void)test_log_append(&log, region, bytes);
	pms_region_release(region);
	reopen(&f, 5 * SMALL);
	region = test_find(f.stream, "new");
	test_log_expect(&log, region);
	pms_region_release(region);
	test_log_free(&log);
	end(&f);
}

static void test_grow_behind_a_region_at_the_end(void **state)
{
	fixture f = begin(state, SMALL - PMS_FIXED_BYTES - PMS_REGION_HEADER_BYTES);

	assert_int_equal(test_info(f.stream).free_bytes, 0);
	grow(f.stream, SMALL + TEST_GROW_BYTES); /* the least that there is */
	assert_int_equal(test_info(f.stream).free_bytes, TEST_GROW_BYTES);
	reopen(&f, SMALL + TEST_GROW_BYTES);
	pms_region_release(test_region(f.stream, "new", TEST_GROW_BYTES - 1096, 64));
	assert_int_equal(test_info(f.stream).free_bytes, 0);
	for (uint64_t i = 2; i < 40; i++)
		grow(f.stream, SMALL + i * TEST_GROW_BYTES);
	reopen(&f, SMALL + 39 * TEST_GROW_BYTES);
	assert_int_equal(test_info(f.stream).free_bytes, 38 * TEST_GROW_BYTES);
	end(&f);
}

static void test_grow_keeps_pointers_cursors_and_reservations(void **state)
{
	fixture f = begin(state, 20000);
	pms_reservation *reservation;
	pms_position reserved;
	pms_cursor *cursor;
	pms_entry entry;
	void *space;

	assert_int_equal(pms_cursor_open(f.region, NULL, &cursor, NULL), PMS_OK);
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
	assert_int_equal(pms_region_reserve(f.region, 500, &reservation, &space, &reserved, NULL), PMS_OK);
	const uint8_t *base = f.stream->medium.base;
	grow(f.stream, 64 * TEST_MIB);
	assert_ptr_equal(f.stream->medium.base, base);
	test_fill(space, 500, 4711);
	assert_int_equal(pms_reservation_publish(reservation, 500, NULL, NULL), PMS_OK);
	pms_reservation_release(reservation);
	test_log_add(&f.log, reserved, 500, 4711);
	assert_true(test_is_filled(entry.data, entry.bytes, f.log.entries[1].seed));
	for (size_t i = 2; i < f.log.count; i++) {
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
		assert_true(test_is_filled(entry.data, entry.bytes, f.log.entries[i].seed));
	}
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
	pms_cursor_close(cursor);
	reopen(&f, 64 * TEST_MIB);
	end(&f);
}

static void test_grow_in_large_blocks(void **state)
{
	test_case *test = test_begin(state);
	pms_create_options options = test_create_options(8 * TEST_MIB);
	pms_stream *stream;

	options.block_bytes = PMS_BLOCK_BYTES_MAX;
	assert_int_equal(pms_stream_create(test->path, &options, &stream, NULL), PMS_OK);
	grow(stream, 8 * TEST_MIB + 1);
	assert_int_equal(test_info(stream).stream_bytes, 10 * TEST_MIB);
	test_check_is_clean(stream);
	test_close(stream);
	stream = test_open(test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_info(stream).largest_free_bytes, 8 * TEST_MIB - PMS_REGION_HEADER_BYTES);
	test_close(stream);
}

/* ---- in which order ---------------------------------------------------------------------------------------------- */

static void test_grow_drains_the_piece_before_the_size(void **state)
{
	test_medium_watch_next();
	fixture f = begin(state, SMALL - PMS_FIXED_BYTES - PMS_REGION_HEADER_BYTES);
	const uint64_t extent = SMALL + PMS_REGION_EXTENT;

	test_medium_reset();
	grow(f.stream, 2 * SMALL);
	assert_int_equal(test_medium_drains(), 2);
	/* extent, its flush, drain, size, its flush, drain */
	size_t drained = test_medium_first(TEST_EVENT_DRAIN, 0, 0);
	assert_true(test_medium_first(TEST_EVENT_STORE, extent, extent + 8) <
		    test_medium_first(TEST_EVENT_FLUSH, extent, extent + 8));
	assert_true(test_medium_first(TEST_EVENT_FLUSH, extent, extent + 8) < drained);
	assert_true(test_medium_first(TEST_EVENT_FLUSH, PMS_LAYOUT_EPOCH, PMS_LAYOUT_EPOCH + 8) < drained);
	assert_true(test_medium_first(TEST_EVENT_STORE, PMS_STREAM_SIZE, PMS_STREAM_SIZE + 8) > drained);
	assert_true(test_medium_first(TEST_EVENT_FLUSH, PMS_STREAM_SIZE, PMS_STREAM_SIZE + 8) <
		    test_medium_last(TEST_EVENT_DRAIN, 0, 0));
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, 0, UINT64_MAX), 3);
	/* With free space at the end it is merged, by one more. */
	test_medium_reset();
	grow(f.stream, 3 * SMALL);
	assert_int_equal(test_medium_drains(), 3);
	assert_true(test_medium_last(TEST_EVENT_STORE, extent, extent + 8) >
		    test_medium_last(TEST_EVENT_STORE, PMS_STREAM_SIZE, PMS_STREAM_SIZE + 8));
	end(&f);
	test_medium_forget();
}

/* ---- what an interrupted growing leaves --------------------------------------------------------------------------- */

static void test_grow_takes_what_an_interrupted_one_left(void **state)
{
	static uint8_t garbage[2 * SMALL];
	const uint64_t sizes[] = {SMALL + 4096, 3 * SMALL, 5 * SMALL};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fixture f = begin(state, 20000);
		/* Longer, and with whatever: three times what it was, then the header of a piece that never came to be. */
		pms_region_release(f.region);
		test_close(f.stream);
		test_image image = test_image_load(f.test->path);
		test_fill(garbage, sizeof(garbage), i);
		image.bytes = realloc(image.bytes, 3 * SMALL);
		assert_non_null(image.bytes);
		memcpy(image.bytes + SMALL, garbage, sizeof(garbage));
		image.size = 3 * SMALL;
		test_image_seal(&image, SMALL + PMS_REGION_EXTENT, PMS_ROLE_EXTENT,
				pms_extent_value(PMS_EXTENT_FREE, 2 * SMALL / 4096));
		test_image_save(&image, f.test->path);
		test_image_free(&image);
		f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
		f.region = test_find(f.stream, "old");
		assert_int_equal(test_info(f.stream).state, PMS_STATE_FILE_LARGER);
		assert_int_equal(test_info(f.stream).stream_bytes, SMALL);
		test_log_expect(&f.log, f.region);

		grow(f.stream, sizes[i]);
		assert_int_equal(test_info(f.stream).state, sizes[i] < 3 * SMALL ? PMS_STATE_FILE_LARGER : 0);
		assert_int_equal(size_of(f.test->path), sizes[i] < 3 * SMALL ? 3 * SMALL : sizes[i]);
		pms_region *region =
		    test_region(f.stream, "new", test_info(f.stream).largest_free_bytes, 64); /* over the garbage */
		test_log log = {0};
		(void)test_log_append(&log, region, 1000);
		test_log_expect(&log, region);
		test_log_free(&log);
		pms_region_release(region);
		test_log_expect(&f.log, f.region);
		end(&f);
		f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
		assert_int_equal(test_info(f.stream).stream_bytes, sizes[i]);
		test_close(f.stream);
		(void)unlink(f.test->path);
	}
}

/* ---- refused ------------------------------------------------------------------------------------------------------ */

static void test_grow_bad_sizes_are_refused(void **state)
{
	const uint64_t bad[] = {0, 1, SMALL - 4096, PMS_VALUE_MAX / 2 + 1, UINT64_MAX - 4095, UINT64_MAX};
	fixture f = begin(state, 20000);
	test_image before = test_image_load(f.test->path);
	pms_error error;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		grow_fails(f.stream, bad[i], PMS_E_INVALID_ARGUMENT, &error);
		assert_int_equal(error.expected, SMALL);
		assert_int_equal(error.found, bad[i]);
	}
	/* The size that it has: nothing to do. */
	grow(f.stream, SMALL);
	grow(f.stream, SMALL - 4095);
	test_image_expect(&before, f.test->path);
	assert_int_equal(size_of(f.test->path), SMALL);
	test_image_free(&before);
	assert_int_equal(pms_stream_grow(NULL, SMALL, &error), PMS_E_INVALID_ARGUMENT);
	end(&f);
}

static void test_grow_where_nothing_can_be_written_is_refused(void **state)
{
	fixture f = begin(state, 20000);
	pms_error error;

	pms_stream *reader = test_open(f.test->path, PMS_OPEN_READ_ONLY);
	grow_fails(reader, 2 * SMALL, PMS_E_READ_ONLY, &error);
	test_close(reader);
	assert_int_equal(pms_stream_close(f.stream), PMS_OK);
	grow_fails(f.stream, 2 * SMALL, PMS_E_CLOSED, &error);
	assert_int_equal(size_of(f.test->path), SMALL);
	end(&f);
}

static void test_grow_damaged_layout_is_refused(void **state)
{
	fixture f = begin(state, 20000);
	pms_error error;

	pms_region_release(f.region);
	test_close(f.stream);
	test_file_flip(f.test->path, PMS_FIXED_BYTES + PMS_REGION_EXTENT, 4);
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.region = test_find(f.stream, "old");
	test_image before = test_image_load(f.test->path);
	grow_fails(f.stream, 2 * SMALL, PMS_E_CORRUPT, &error);
	test_image_expect(&before, f.test->path);
	assert_int_equal(size_of(f.test->path), SMALL);
	test_image_free(&before);
	end(&f);
}

static void test_grow_in_a_forked_child_is_refused(void **state)
{
	fixture f = begin(state, 20000);
	int status;

	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(pms_stream_grow(f.stream, 2 * SMALL, NULL) == PMS_E_FORKED ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(size_of(f.test->path), SMALL);
	grow(f.stream, 2 * SMALL);
	end(&f);
}

static void test_grow_on_a_full_disk_changes_nothing(void **state)
{
	test_case *test = test_begin(state);
	const char *mount_point = test_file(test, "small");
	pms_error error;

	assert_int_equal(mkdir(mount_point, 0700), 0);
	if (mount("none", mount_point, "tmpfs", 0, "size=1280k") != 0)
		TEST_SKIP("allowed: needs the right to mount a small tmpfs");
	const char *path = test_path(mount_point, "stream");
	pms_stream *stream = test_create(path, 4 * SMALL);
	pms_region *region = test_region(stream, "old", 20000, 64);
	test_log log = {0};
	(void)test_log_append(&log, region, 100);

	grow_fails(stream, 2 * TEST_MIB, PMS_E_NO_SPACE, &error);
	assert_int_equal(error.os_error, ENOSPC);
	assert_int_equal(size_of(path), 4 * SMALL);
	assert_int_equal(test_info(stream).stream_bytes, 4 * SMALL);
	assert_int_equal(test_info(stream).state, 0);
	(void)test_log_append(&log, region, 100);
	grow(stream, 7 * SMALL);
	(void)test_log_append(&log, region, 100);
	test_log_expect(&log, region);
	test_check_is_clean(stream);
	test_log_free(&log);
	pms_region_release(region);
	test_close(stream);
	assert_int_equal(umount(mount_point), 0);
}

/* ---- room --------------------------------------------------------------------------------------------------------- */

static void test_grow_beyond_the_room_says_how_far_it_goes(void **state)
{
	const uint64_t least = pms_room_bytes_least;
	pms_error error;

	pms_room_bytes_least = 0; /* eight times the file, and at least 1 MiB more; by 2 MiB */
	fixture f = begin(state, 20000);
	pms_room_bytes_least = least;
	assert_int_equal(f.stream->medium.room_bytes, SMALL);
	grow_fails(f.stream, 2 * SMALL, PMS_E_NO_MEMORY, &error);
	assert_int_equal(error.expected, 2 * SMALL);
	assert_int_equal(error.found, SMALL);
	assert_non_null(strstr(error.message, "open it again"));
	assert_int_equal(size_of(f.test->path), SMALL);
	assert_int_equal(test_info(f.stream).stream_bytes, SMALL);
	(void)test_log_append(&f.log, f.region, 10);
	reopen(&f, SMALL);
	grow(f.stream, 20 * SMALL);
	/* Eight times that. */
	pms_room_bytes_least = 0;
	reopen(&f, 20 * SMALL);
	pms_room_bytes_least = least;
	assert_int_equal(f.stream->medium.room_bytes, 160 * SMALL);
	grow(f.stream, 160 * SMALL);
	grow_fails(f.stream, 160 * SMALL + 1, PMS_E_NO_MEMORY, &error);
	reopen(&f, 160 * SMALL);
	grow(f.stream, 160 * SMALL + 1);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_grow_is_free_space_for_regions),
	    TEST_ON_BOTH(test_grow_behind_a_region_at_the_end),
	    TEST_ON_BOTH(test_grow_keeps_pointers_cursors_and_reservations),
	    TEST_ON_BOTH(test_grow_in_large_blocks),
	    TEST_ON_BOTH(test_grow_drains_the_piece_before_the_size),
	    TEST_ON_BOTH(test_grow_takes_what_an_interrupted_one_left),
	    TEST_ON_BOTH(test_grow_bad_sizes_are_refused),
	    TEST_ON_BOTH(test_grow_where_nothing_can_be_written_is_refused),
	    TEST_ON_BOTH(test_grow_damaged_layout_is_refused),
	    TEST_ON_BOTH(test_grow_in_a_forked_child_is_refused),
	    TEST_ON_TMPFS(test_grow_on_a_full_disk_changes_nothing),
	    TEST_ON_BOTH(test_grow_beyond_the_room_says_how_far_it_goes),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
