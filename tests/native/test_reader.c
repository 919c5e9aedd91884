/* SPDX-License-Identifier: MIT */
/* Reading what somebody else is writing (R20): a stream opened for reading only beside its writer, in the same process,
 * with a mapping of its own. */
#include <sys/stat.h>

#include "cursor.h"
#include "engine.h"
#include "support_image.h"

typedef struct fixture {
	test_case *test;
	pms_stream *writer, *reader;
	pms_region *written, *read;
	test_log log;
} fixture;

/* `alone`: a folder stands where the coordination file would be, so the reader has nothing but the stream. */
static fixture begin_as(void **state, bool alone)
{
	fixture f = {.test = test_begin(state)};
	char path[sizeof(f.test->path) + 8];

	(void)snprintf(path, sizeof(path), "%s-shm", f.test->path);
	if (alone)
		assert_int_equal(mkdir(path, 0700), 0);
	f.writer = test_create(f.test->path, TEST_STREAM_BYTES);
	f.written = test_region(f.writer, "region", TEST_MIB, 64);
	for (int i = 0; i < 5; i++)
		(void)test_log_append(&f.log, f.written, 100);
	f.reader = test_open(f.test->path, PMS_OPEN_READ_ONLY);
	f.read = test_find(f.reader, "region");
	return f;
}

static fixture begin(void **state) { return begin_as(state, false); }

static void end(fixture *f)
{
	pms_region_release(f->read);
	pms_region_release(f->written);
	test_close(f->reader);
	test_close(f->writer);
	test_log_free(&f->log);
}

static void expect_next(pms_cursor *cursor, pms_position expected)
{
	pms_entry entry;
	pms_error error;
	int32_t status = pms_cursor_next(cursor, &entry, &error);

	if (status != PMS_OK)
		fail_msg("%d: %s", status, error.message);
	assert_memory_equal(&entry.position, &expected, sizeof(expected));
}

static void expect_end(pms_cursor *cursor)
{
	pms_entry entry;

	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
}

static pms_cursor *open_cursor(pms_region *region)
{
	pms_cursor *cursor;

	assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
	return cursor;
}

static void test_reader_follows_what_is_appended(void **state)
{
	fixture f = begin(state);
	pms_cursor *cursor = open_cursor(f.read);

	test_log_expect(&f.log, f.read);
	for (size_t i = 0; i < 5; i++)
		expect_next(cursor, f.log.entries[i].position);
	for (int round = 0; round < 20; round++) {
		expect_end(cursor);
		pms_position one = test_log_append(&f.log, f.written, 10),
			     two = test_log_append(&f.log, f.written, 3000);
		expect_next(cursor, one);
		expect_next(cursor, two);
		assert_int_equal(test_region_info(f.read).last_timestamp, two.timestamp);
	}
	expect_end(cursor);
	pms_cursor_close(cursor);
	test_log_expect(&f.log, f.read);
	test_check_is_clean(f.reader);
	end(&f);
}

/* Visible is what is committed: not an open reservation, nor what lies behind it. */
static void test_reader_stops_at_an_open_reservation(void **state)
{
	for (int abandon = 0; abandon < 2; abandon++) {
		fixture f = begin(state);
		pms_cursor *cursor = open_cursor(f.read);
		pms_reservation *reservation;
		pms_position reserved;
		uint64_t bytes;
		void *space;
		for (size_t i = 0; i < 5; i++)
			expect_next(cursor, f.log.entries[i].position);
		assert_int_equal(pms_region_reserve(f.written, 100, &reservation, &space, &reserved, NULL), PMS_OK);
		test_fill(space, 100, 7);
		pms_position behind = test_append(f.written, 10, 8);
		expect_end(cursor);
		test_log_expect(&f.log, f.read);
		assert_int_equal(pms_region_read(f.read, &behind, NULL, 0, 0, &bytes, NULL), PMS_E_NO_ENTRY);
		if (abandon) {
			assert_int_equal(pms_reservation_abandon(reservation, NULL), PMS_OK);
		} else {
			assert_int_equal(pms_reservation_publish(reservation, 60, NULL, NULL), PMS_OK);
			test_log_add(&f.log, reserved, 60, 7);
			expect_next(cursor, reserved);
		}
		test_log_add(&f.log, behind, 10, 8);
		expect_next(cursor, behind);
		expect_end(cursor);
		pms_cursor_close(cursor);
		pms_reservation_release(reservation);
		test_log_expect(&f.log, f.read);
		end(&f);
		(void)remove(f.test->path);
	}
}

/* When nobody writes any more, a reservation that was left open is passed over. */
static void test_reader_passes_over_a_reservation_of_a_dead_writer(void **state)
{
	fixture f = begin(state);
	pms_cursor *cursor = open_cursor(f.read);
	pms_reservation *reservation;
	void *space;

	assert_int_equal(pms_region_reserve(f.written, 100, &reservation, &space, NULL, NULL), PMS_OK);
	pms_position behind = test_append(f.written, 10, 8);
	for (size_t i = 0; i < 5; i++)
		expect_next(cursor, f.log.entries[i].position);
	expect_end(cursor);
	test_image killed = test_image_load(f.test->path);
	assert_int_equal(pms_stream_close(f.writer), PMS_OK);
	expect_end(cursor); /* the reservation keeps the writer alive */
	pms_reservation_release(reservation);
	expect_next(cursor, behind);
	expect_end(cursor);
	pms_cursor_close(cursor);
	/* The same of a kill. */
	test_log_add(&f.log, behind, 10, 8);
	test_image_save(&killed, test_file(f.test, "killed"));
	pms_stream *stream = test_open(test_file(f.test, "killed"), PMS_OPEN_READ_ONLY);
	pms_region *region = test_find(stream, "region");
	test_log_expect(&f.log, region);
	pms_region_release(region);
	test_close(stream);
	test_image_free(&killed);
	end(&f);
}

/*
 * Beside a writer who came later it is not known to be dead, as long as the reader does not begin anew: but below the
 * persisted timestamp it must be, since that never passes an open one (R14).
 */
static void test_reader_passes_over_a_dead_reservation_below_the_persisted_timestamp(void **state)
{
	fixture f = begin_as(state, true);
	pms_cursor *cursor = open_cursor(f.read);
	pms_reservation *reservation;
	pms_position reserved;
	void *space;

	assert_int_equal(pms_region_reserve(f.written, 100, &reservation, &space, &reserved, NULL), PMS_OK);
	test_log_add(&f.log, test_append(f.written, 10, 8), 10, 8);
	for (size_t i = 0; i < 5; i++)
		expect_next(cursor, f.log.entries[i].position);
	expect_end(cursor); /* it is open, and the reader is before it */
	/* The writer dies: as it is abandoned, the pending header is put back, as a kill would have left it. */
	pms_stored_entry pending = *(const pms_stored_entry *)pms_at(&f.writer->medium, reserved.offset);
	pms_reservation_release(reservation);
	pms_store64(&f.writer->medium, reserved.offset + offsetof(pms_stored_entry, checksum), pending.checksum);
	pms_region_release(f.written);
	test_close(f.writer);
	f.writer = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.written = test_find(f.writer, "region");
	expect_end(cursor);
	/* The control: one below it does not say so. */
	pms_word_write(f.writer, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, reserved.timestamp - 1);
	expect_end(cursor);
	pms_word_write(f.writer, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, reserved.timestamp);
	expect_next(cursor, f.log.entries[5].position);
	expect_end(cursor);
	pms_cursor_close(cursor);
	test_log_expect(&f.log, f.read);
	end(&f);
}

/* A clear is seen at the next call: what comes then is of another life. */
static void test_reader_cursor_of_a_cleared_region_is_stale(void **state)
{
	fixture f = begin(state);
	pms_position old = f.log.entries[0].position;
	pms_cursor *at_start = open_cursor(f.read), *at_end = open_cursor(f.read);
	pms_entry entry;
	pms_error error;
	uint64_t bytes;

	for (size_t i = 0; i < 5; i++)
		expect_next(at_end, f.log.entries[i].position);
	expect_next(at_start, old);
	expect_end(at_end);
	assert_int_equal(pms_region_clear(f.written, NULL), PMS_OK); /* not busy: the reader is somebody else */
	for (int round = 0; round < 2; round++) {
		assert_int_equal(pms_cursor_next(at_start, &entry, &error), PMS_E_STALE);
		test_error_says(&error, PMS_E_STALE);
		assert_int_equal(pms_cursor_next(at_end, &entry, &error), PMS_E_STALE);
		f.log.count = 0;
		for (int i = 0; i < 3; i++)
			(void)test_log_append(&f.log, f.written, 100);
	}
	pms_cursor_close(at_start);
	pms_cursor_close(at_end);
	/* The handle is good: the region is the same, its life another. */
	assert_int_equal(test_region_info(f.read).base_timestamp, test_region_info(f.written).base_timestamp);
	f.log.count = 0;
	assert_int_equal(pms_region_clear(f.written, NULL), PMS_OK);
	test_log_expect(&f.log, f.read);
	(void)test_log_append(&f.log, f.written, 100);
	test_log_expect(&f.log, f.read);
	assert_int_equal(f.log.entries[0].position.offset, old.offset);
	assert_int_equal(pms_region_read(f.read, &old, NULL, 0, 0, &bytes, NULL), PMS_E_NO_ENTRY);
	end(&f);
}

/* What a writer does just before a reader looks at an entry. The program is linked with --wrap=pms_cursor_load. */
static void (*before_load)(void *context);
static void *before_load_context;
int32_t __real_pms_cursor_load(const pms_region *region, const pms_life *life, uint64_t offset, uint64_t end,
			       bool verified, pms_parsed_entry *entry, pms_entry_kind *kind, pms_error *error);
int32_t __wrap_pms_cursor_load(const pms_region *region, const pms_life *life, uint64_t offset, uint64_t end,
			       bool verified, pms_parsed_entry *entry, pms_entry_kind *kind, pms_error *error);
int32_t __wrap_pms_cursor_load(const pms_region *region, const pms_life *life, uint64_t offset, uint64_t end,
			       bool verified, pms_parsed_entry *entry, pms_entry_kind *kind, pms_error *error)
{
	void (*call)(void *context) = before_load;

	before_load = NULL;
	if (call)
		call(before_load_context);
	return __real_pms_cursor_load(region, life, offset, end, verified, entry, kind, error);
}

/* Clears the region, and is in the middle of the next append: its payload is there, its header is not. */
static void clear_and_begin_to_append(void *context)
{
	fixture *f = context;
	uint64_t offset = f->log.entries[0].position.offset + PMS_ENTRY_HEADER_BYTES;

	assert_int_equal(pms_region_clear(f->written, NULL), PMS_OK);
	pms_store64(&f->writer->medium, offset, 0x6e65657774656221u);
}

static void test_reader_position_in_a_life_that_ends_meanwhile_is_stale(void **state)
{
	fixture f = begin(state);
	pms_cursor_options options = {
	    .struct_bytes = sizeof(options), .start = PMS_CURSOR_AFTER, .position = f.log.entries[0].position};
	pms_cursor *cursor;
	pms_error error;

	before_load = clear_and_begin_to_append;
	before_load_context = &f;
	assert_int_equal(pms_cursor_open(f.read, &options, &cursor, &error), PMS_E_STALE);
	test_error_says(&error, PMS_E_STALE);
	assert_null(before_load);
	assert_int_equal(pms_cursor_open(f.read, &options, &cursor, &error), PMS_E_NO_ENTRY);
	f.log.count = 0;
	test_log_expect(&f.log, f.read);
	end(&f);
}

/* Whether something comes behind a position is asked for as long as the region is there: a clear in the middle ends no wait as if
 * the region were gone. */
static void test_reader_waiting_for_what_is_cleared_meanwhile_learns_of_the_clear(void **state)
{
	fixture f = begin(state);
	pms_error error;

	before_load = clear_and_begin_to_append;
	before_load_context = &f;
	assert_int_equal(pms_entry_is_behind(f.read, &f.log.entries[0].position, &error), PMS_E_NO_ENTRY);
	test_error_says(&error, PMS_E_NO_ENTRY);
	assert_null(before_load);
	assert_int_equal(pms_entry_is_behind(f.read, &(pms_position){0}, &error), PMS_E_END);
	end(&f);
}

/* In a life that goes on it is damage. */
static void scribble(void *context)
{
	fixture *f = context;

	pms_store64(&f->writer->medium, f->log.entries[0].position.offset + PMS_ENTRY_HEADER_BYTES, 0);
}

static void test_reader_position_of_a_damaged_entry_is_corrupt(void **state)
{
	fixture f = begin(state);
	pms_cursor_options options = {
	    .struct_bytes = sizeof(options), .start = PMS_CURSOR_AFTER, .position = f.log.entries[0].position};
	pms_cursor *cursor;

	before_load = scribble;
	before_load_context = &f;
	assert_int_equal(pms_cursor_open(f.read, &options, &cursor, NULL), PMS_E_CORRUPT);
	end(&f);
}

static void test_reader_handle_of_a_freed_region_is_stale(void **state)
{
	fixture f = begin(state);
	pms_cursor *cursor = open_cursor(f.read);
	pms_region *found;
	pms_entry entry;
	pms_error error;

	assert_int_equal(pms_region_free(f.written, NULL), PMS_OK);
	assert_int_equal(pms_cursor_next(cursor, &entry, &error), PMS_E_STALE);
	pms_cursor_close(cursor);
	assert_int_equal(pms_cursor_open(f.read, NULL, &cursor, &error), PMS_E_STALE);
	test_error_says(&error, PMS_E_STALE);
	assert_int_equal(pms_region_find(f.reader, "region", 6, &found, NULL), PMS_E_NOT_FOUND);
	assert_int_equal(pms_region_next(f.reader, 0, &found, NULL), PMS_E_END);
	/* The same name at the same place is another region. */
	pms_region_release(f.written);
	f.written = test_region(f.writer, "region", TEST_MIB, 64);
	f.log.count = 0;
	(void)test_log_append(&f.log, f.written, 100);
	assert_int_equal(pms_cursor_open(f.read, NULL, &cursor, &error), PMS_E_STALE);
	found = test_find(f.reader, "region");
	test_log_expect(&f.log, found);
	assert_int_equal(pms_cursor_open(f.read, NULL, &cursor, &error), PMS_E_STALE);
	pms_region_release(found);
	end(&f);
}

/* What is created later is found, and handles to what was there before stay good. */
static void test_reader_finds_regions_that_are_created_later(void **state)
{
	fixture f = begin(state);
	pms_region *made, *found;
	char name[24];

	for (int i = 0; i < 10; i++) {
		test_log log = {0};
		(void)snprintf(name, sizeof(name), "number %d", i);
		assert_int_equal(pms_region_find(f.reader, name, strlen(name), &found, NULL), PMS_E_NOT_FOUND);
		made = test_region(f.writer, name, 10000, 64);
		(void)test_log_append(&log, made, 100);
		found = test_find(f.reader, name);
		test_log_expect(&log, found);
		(void)test_log_append(&log, made, 10);
		test_log_expect(&log, found);
		test_log_expect(&f.log, f.read);
		pms_region_release(found);
		pms_region_release(made);
		test_log_free(&log);
	}
	end(&f);
}

/* R20: what a reader sees is found again when it is opened after the writer has closed. */
static void test_reader_opened_before_and_after_the_close_sees_the_same(void **state)
{
	fixture f = begin(state);

	for (int i = 0; i < 100; i++)
		(void)test_log_append(&f.log, f.written, 1000);
	test_log_expect(&f.log, f.read);
	assert_int_equal(pms_stream_close(f.writer), PMS_OK);
	test_log_expect(&f.log, f.read);
	test_check_is_clean(f.reader);
	/* The next writer, with the reader still there. */
	pms_stream *next = test_open(f.test->path, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(next, "region");
	(void)test_log_append(&f.log, region, 1000);
	test_log_expect(&f.log, f.read);
	pms_region_release(region);
	test_close(next);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_reader_follows_what_is_appended),
	    TEST_ON_BOTH(test_reader_stops_at_an_open_reservation),
	    TEST_ON_BOTH(test_reader_passes_over_a_reservation_of_a_dead_writer),
	    TEST_ON_BOTH(test_reader_passes_over_a_dead_reservation_below_the_persisted_timestamp),
	    TEST_ON_BOTH(test_reader_cursor_of_a_cleared_region_is_stale),
	    TEST_ON_BOTH(test_reader_position_in_a_life_that_ends_meanwhile_is_stale),
	    TEST_ON_BOTH(test_reader_waiting_for_what_is_cleared_meanwhile_learns_of_the_clear),
	    TEST_ON_BOTH(test_reader_position_of_a_damaged_entry_is_corrupt),
	    TEST_ON_BOTH(test_reader_handle_of_a_freed_region_is_stale),
	    TEST_ON_BOTH(test_reader_finds_regions_that_are_created_later),
	    TEST_ON_BOTH(test_reader_opened_before_and_after_the_close_sees_the_same),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
