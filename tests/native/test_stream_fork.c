/* SPDX-License-Identifier: MIT */
/* A forked child may release its handles, and nothing else: every call says so, and the parent does not notice. */
#include <sys/wait.h>
#include <unistd.h>

#include "support_image.h"

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	pms_reservation *reservation;
	pms_position reserved;
	pms_cursor *cursor;
	test_log log;
} fixture;

static fixture begin(void **state)
{
	fixture f = {.test = test_begin(state)};
	void *space;

	f.stream = test_create(f.test->path, TEST_STREAM_BYTES);
	f.region = test_region(f.stream, "region", 10000, 64);
	(void)test_log_append(&f.log, f.region, 100);
	assert_int_equal(pms_cursor_open(f.region, NULL, &f.cursor, NULL), PMS_OK);
	assert_int_equal(pms_region_reserve(f.region, 10, &f.reservation, &space, &f.reserved, NULL), PMS_OK);
	test_fill(space, 10, 77);
	return f;
}

/* Waits for the child; 0 is what it found right. */
static void expect_child(pid_t child)
{
	int status;

	assert_true(child >= 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The parent goes on as if nothing had been, and still is the only writer. */
static void expect_parent_goes_on(fixture *f)
{
	pms_entry entry;

	test_open_fails(f->test->path, PMS_OPEN_DEFAULT, PMS_E_LOCKED, NULL);
	assert_int_equal(pms_cursor_next(f->cursor, &entry, NULL), PMS_OK);
	assert_true(test_is_filled(entry.data, entry.bytes, f->log.entries[0].seed));
	assert_int_equal(test_region_info(f->region).open_reservations, 1);
	assert_int_equal(pms_reservation_publish(f->reservation, 10, NULL, NULL), PMS_OK);
	test_log_add(&f->log, f->reserved, 10, 77);
	(void)test_log_append(&f->log, f->region, 100);
	pms_cursor_close(f->cursor);
	pms_reservation_release(f->reservation);
	test_log_expect(&f->log, f->region);
	test_check_is_clean(f->stream);
	pms_region_release(f->region);
	test_close(f->stream);
	pms_stream *stream = test_open(f->test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(stream).flags, 0);
	pms_region *region = test_find(stream, "region");
	test_log_expect(&f->log, region);
	pms_region_release(region);
	test_close(stream);
	test_log_free(&f->log);
}

/* Number of the first call that does not say PMS_E_FORKED, or 0. */
static int first_wrong_call(const fixture *f)
{
	pms_region_options options = test_region_options("new", 100, 0);
	pms_recovery_info recovery = {.struct_bytes = sizeof(recovery)};
	pms_region_info region_info = {.struct_bytes = sizeof(region_info)};
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	const pms_position at = f->log.entries[0].position;
	pms_reservation *reservation;
	pms_region *region;
	pms_cursor *cursor;
	pms_check *check;
	pms_entry entry;
	uint64_t bytes;
	void *space;
	const int32_t statuses[] = {
	    pms_stream_describe(f->stream, &info, NULL),
	    pms_stream_recovery(f->stream, &recovery, NULL),
	    pms_region_create(f->stream, &options, &region, NULL),
	    pms_region_find(f->stream, "region", 6, &region, NULL),
	    pms_region_next(f->stream, 0, &region, NULL),
	    pms_check_run(f->stream, &check, NULL),
	    pms_region_describe(f->region, &region_info, NULL),
	    pms_region_clear(f->region, NULL),
	    pms_region_free(f->region, NULL),
	    pms_region_append(f->region, "x", 1, NULL, NULL),
	    pms_region_reserve(f->region, 1, &reservation, &space, NULL, NULL),
	    pms_region_abandon(f->region, &f->reserved, NULL),
	    pms_region_read(f->region, &at, NULL, 0, 0, &bytes, NULL),
	    pms_cursor_open(f->region, NULL, &cursor, NULL),
	    pms_cursor_next(f->cursor, &entry, NULL),
	    pms_reservation_publish(f->reservation, 10, NULL, NULL),
	    pms_reservation_abandon(f->reservation, NULL),
	};

	for (int i = 0; i < (int)(sizeof(statuses) / sizeof(statuses[0])); i++)
		if (statuses[i] != PMS_E_FORKED)
			return i + 1;
	return 0;
}

static void test_stream_forked_child_is_refused_every_call(void **state)
{
	fixture f = begin(state);
	test_image image = test_image_load(f.test->path);
	pid_t child = fork();

	if (child == 0)
		_exit(first_wrong_call(&f));
	expect_child(child);
	test_image_expect(&image, f.test->path);
	test_image_free(&image);
	expect_parent_goes_on(&f);
}

/* Releasing and closing in the child change nothing: neither the file, nor the lock, nor the parent's reservation. */
static void test_stream_forked_child_may_release_everything(void **state)
{
	fixture f = begin(state);
	test_image image = test_image_load(f.test->path);
	pid_t child = fork();

	if (child == 0) {
		pms_cursor_close(f.cursor);
		pms_reservation_release(f.reservation);
		pms_region_release(f.region);
		int wrong = pms_stream_close(f.stream) != PMS_OK;
		pms_stream_release(f.stream);
		_exit(wrong);
	}
	expect_child(child);
	test_image_expect(&image, f.test->path);
	test_image_free(&image);
	expect_parent_goes_on(&f);
}

/* The child may open streams of its own: the parent's when that has closed it. */
static void test_stream_forked_child_may_open_its_own(void **state)
{
	fixture f = begin(state);
	const char *other = test_file(f.test, "other");
	pid_t child = fork();

	if (child == 0) {
		pms_create_options options = test_create_options(TEST_STREAM_BYTES);
		pms_stream *stream;
		if (pms_stream_open(f.test->path, NULL, &stream, NULL) != PMS_E_LOCKED)
			_exit(1);
		if (pms_stream_create(other, &options, &stream, NULL) != PMS_OK)
			_exit(2);
		if (pms_stream_close(stream) != PMS_OK)
			_exit(3);
		pms_stream_release(stream);
		_exit(0);
	}
	expect_child(child);
	test_close(test_open(other, PMS_OPEN_DEFAULT));
	expect_parent_goes_on(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_stream_forked_child_is_refused_every_call),
	    TEST_ON_BOTH(test_stream_forked_child_may_release_everything),
	    TEST_ON_BOTH(test_stream_forked_child_may_open_its_own),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
