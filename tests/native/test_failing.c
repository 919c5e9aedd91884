/* SPDX-License-Identifier: MIT */
/* A failing medium and a failing system (R12): every verb, with each call that it makes failing in turn. */
#include <errno.h>
#include <unistd.h>

#include "engine.h"
#include "failing_fixture.h"

/* ---- verbs ------------------------------------------------------------------------------------------------------- */

static int32_t append_attempt(failing_fixture *f, uint64_t bytes, pms_error *error)
{
	static uint8_t data[8192];

	f->attempted = bytes;
	test_fill(data, bytes, ATTEMPT_SEED);
	return pms_region_append(f->region, data, bytes, NULL, error);
}

static int32_t append_small(failing_fixture *f, pms_error *error) { return append_attempt(f, 100, error); }

static int32_t append_large(failing_fixture *f, pms_error *error) { return append_attempt(f, 8000, error); }

/* The next timestamp needs a higher ceiling. */
static void use_up_timestamps(failing_fixture *f)
{
	atomic_store(&f->stream->next_timestamp, atomic_load(&f->stream->timestamp_limit));
}

static void reserve_space(failing_fixture *f)
{
	assert_int_equal(pms_region_reserve(f->region, 100, &f->reservation, &f->space, NULL, NULL), PMS_OK);
}

static int32_t reserve(failing_fixture *f, pms_error *error)
{
	return pms_region_reserve(f->region, 100, &f->reservation, &f->space, NULL, error);
}

static int32_t publish(failing_fixture *f, pms_error *error)
{
	f->attempted = 77;
	test_fill(f->space, 77, ATTEMPT_SEED);
	return pms_reservation_publish(f->reservation, 77, NULL, error);
}

/* Somebody relies on the reservation: its publish takes two drains. */
static void reserve_and_follow(failing_fixture *f)
{
	reserve_space(f);
	(void)test_log_append(&f->log, f->region, 40);
}

static int32_t abandon(failing_fixture *f, pms_error *error) { return pms_reservation_abandon(f->reservation, error); }

static int32_t create_region(failing_fixture *f, pms_error *error)
{
	pms_region_options options = test_region_options("made", 5000, 0);
	pms_region *made;
	int32_t status = pms_region_create(f->stream, &options, &made, error);

	if (status == PMS_OK)
		pms_region_release(made);
	return status;
}

static int32_t clear(failing_fixture *f, pms_error *error)
{
	f->clears = true;
	return pms_region_clear(f->region, error);
}

static int32_t free_region(failing_fixture *f, pms_error *error)
{
	f->frees = true;
	return pms_region_free(f->region, error);
}

/* Free space on both sides: two merges. */
static void free_neighbours(failing_fixture *f)
{
	pms_region *between = test_region(f->stream, "between", 100, 0);

	assert_int_equal(pms_region_free(f->region, NULL), PMS_OK);
	pms_region_release(f->region);
	test_log_free(&f->log);
	f->region = between;
	f->frees = true;
}

static int32_t grow(failing_fixture *f, pms_error *error) { return pms_stream_grow(f->stream, 400 * TEST_KIB, error); }

/* Nothing is free at the end: nothing to merge. */
static void fill_up(failing_fixture *f)
{
	pms_region_release(test_region(f->stream, "last", test_info(f->stream).largest_free_bytes, 0));
}

static void let_go(failing_fixture *f)
{
	pms_region_release(f->region);
	pms_region_release(f->other);
	f->region = f->other = NULL;
}

static int32_t close_stream(failing_fixture *f, pms_error *error)
{
	int32_t status = pms_stream_close(f->stream);

	(void)error;
	let_go(f);
	pms_stream_release(f->stream);
	f->stream = NULL;
	return status;
}

static int32_t read_all(failing_fixture *f, pms_error *error)
{
	uint8_t data[200];
	pms_cursor *cursor;
	pms_check *check;
	pms_dump *dump;
	uint64_t bytes;

	int32_t status = pms_cursor_open(f->region, NULL, &cursor, error);
	if (status == PMS_OK)
		pms_cursor_close(cursor);
	if (status == PMS_OK)
		status = pms_region_read(f->region, &f->log.entries[1].position, data, sizeof(data), PMS_READ_VERIFIED,
					 &bytes, error);
	if (status == PMS_OK)
		status = pms_dump_open(f->stream, &dump, error);
	if (status != PMS_OK)
		return status;
	pms_dump_close(dump);
	status = pms_check_run(f->stream, &check, error);
	if (status == PMS_OK)
		pms_check_release(check);
	return status;
}

static void close_cleanly(failing_fixture *f)
{
	let_go(f);
	test_close(f->stream);
	f->stream = NULL;
}

/* A torn entry behind an open reservation, and free pieces that are not merged: recovery has work in each step. */
static void leave_as_killed(failing_fixture *f)
{
	reserve_and_follow(f);
	(void)test_log_append(&f->log, f->region, 300);
	test_image image = test_image_load(f->test->path);
	uint64_t at = pms_region_persisted(f->region);
	test_image_set_word(&image, at + 8, f->log.entries[f->log.count - 1].position.timestamp + 1);
	test_image_flip(&image, PMS_HEADER_B + 40, 1);
	test_image_flip(&image, PMS_STREAM_SPARE_0, 1);
	pms_reservation_release(f->reservation);
	f->reservation = NULL;
	close_cleanly(f);
	test_image_save(&image, f->test->path);
	test_image_free(&image);
}

static int32_t open_for(failing_fixture *f, uint32_t flags, pms_error *error)
{
	pms_open_options options = test_open_options(flags);
	int32_t status = pms_stream_open(f->test->path, &options, &f->stream, error);

	assert_int_equal(status == PMS_OK, f->stream != NULL);
	if (!f->stream)
		return status;
	/* Closed again at once: what follows looks at what is stored. */
	faults_end();
	test_close(f->stream);
	f->stream = NULL;
	return status;
}

static int32_t open_writing(failing_fixture *f, pms_error *error) { return open_for(f, PMS_OPEN_DEFAULT, error); }

static int32_t open_reading(failing_fixture *f, pms_error *error) { return open_for(f, PMS_OPEN_READ_ONLY, error); }

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static const failing_verb verbs[] = {
    {"append", NULL, append_small, false},
    {"append of two chunks", NULL, append_large, false},
    {"append that needs a higher ceiling", use_up_timestamps, append_small, false},
    {"append behind an open reservation", reserve_space, append_small, false},
    {"reserve", NULL, reserve, false},
    {"reserve that needs a higher ceiling", use_up_timestamps, reserve, false},
    {"publish", reserve_space, publish, false},
    {"publish of what somebody relies on", reserve_and_follow, publish, false},
    {"abandon", reserve_space, abandon, false},
    {"create a region", NULL, create_region, false},
    {"create a region that needs a higher ceiling", use_up_timestamps, create_region, false},
    {"clear", NULL, clear, false},
    {"clear that needs a higher ceiling", use_up_timestamps, clear, false},
    {"free", NULL, free_region, false},
    {"free between free neighbours", free_neighbours, free_region, false},
    {"grow", NULL, grow, false},
    {"grow behind a region", fill_up, grow, false},
    {"read, check and list", NULL, read_all, false},
    {"close", NULL, close_stream, false},
    {"open for writing", close_cleanly, open_writing, true},
    {"open for reading", close_cleanly, open_reading, true},
    {"open after a kill", leave_as_killed, open_writing, true},
    {"open for reading after a kill", leave_as_killed, open_reading, true},
};

static void try_all(void **state, unsigned kinds, int os_error)
{
	test_case *test = test_begin(state);

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		failing_try_each_call(test, &verbs[i], kinds, os_error);
}

static void test_failing_system_and_drains_lose_nothing(void **state)
{
	try_all(state, FAULT_SYSTEM | FAULT_DRAIN, EIO);
}

static void test_failing_memory_loses_nothing(void **state) { try_all(state, FAULT_MEMORY, ENOMEM); }

static void test_failing_sync_loses_nothing(void **state) { try_all(state, FAULT_SYNC, EIO); }

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_failing_system_and_drains_lose_nothing),
	    TEST_ON_TMPFS(test_failing_memory_loses_nothing),
	    TEST_ON_BOTH(test_failing_sync_loses_nothing),
	};

	(void)alarm(300); /* a waiter that is left behind */
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
