/* SPDX-License-Identifier: MIT */
/* Cursors and reads by position: where they start, what they refuse, what they follow. Damage is in test_cursor_damage.c. */
#include "engine.h"
#include "support_stream.h"

#define ENTRIES 20u

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	test_log log;
} fixture;

static fixture begin(void **state, uint32_t alignment)
{
	fixture f = {.test = test_begin(state)};

	f.stream = test_create(f.test->path, TEST_STREAM_BYTES);
	f.region = test_region(f.stream, "region", TEST_MIB, alignment);
	for (uint64_t i = 0; i < ENTRIES; i++)
		(void)test_log_append(&f.log, f.region, i * 13);
	return f;
}

static void end(fixture *f)
{
	pms_region_release(f->region);
	test_close(f->stream);
	test_log_free(&f->log);
}

static pms_cursor_options options(pms_cursor_start start, pms_position position)
{
	return (pms_cursor_options){.struct_bytes = sizeof(pms_cursor_options), .start = start, .position = position};
}

static int32_t try_open(pms_region *region, pms_cursor_start start, pms_position position, pms_cursor **cursor)
{
	pms_cursor_options at = options(start, position);
	pms_error error;
	int32_t status = pms_cursor_open(region, &at, cursor, &error);

	if (status == PMS_OK) {
		assert_int_equal(error.status, PMS_OK);
		assert_non_null(*cursor);
	} else {
		test_error_says(&error, status);
		assert_null(*cursor);
	}
	return status;
}

/* A cursor that starts there finds the entries of the log from that index on. */
static void expect_from(fixture *f, pms_cursor_start start, pms_position position, size_t index)
{
	pms_cursor *cursor;
	pms_entry entry;

	assert_int_equal(try_open(f->region, start, position, &cursor), PMS_OK);
	for (; index < f->log.count; index++) {
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
		assert_memory_equal(&entry.position, &f->log.entries[index].position, sizeof(pms_position));
		assert_true(test_is_filled(entry.data, entry.bytes, f->log.entries[index].seed));
		assert_int_equal((uintptr_t)entry.data % 8, 0);
	}
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
	pms_cursor_close(cursor);
}

static void test_cursor_starts_where_it_is_told(void **state)
{
	static const uint32_t alignments[] = {8, 64, 512};

	for (int a = 0; a < 3; a++) {
		fixture f = begin(state, alignments[a]);
		expect_from(&f, PMS_CURSOR_FIRST, (pms_position){0}, 0);
		expect_from(&f, PMS_CURSOR_FIRST, (pms_position){12345, 67}, 0); /* the position is for the others */
		expect_from(&f, PMS_CURSOR_AFTER, (pms_position){0}, 0);
		expect_from(&f, PMS_CURSOR_FROM_TIMESTAMP, (pms_position){0}, 0);
		for (size_t i = 0; i < ENTRIES; i++) {
			pms_position at = f.log.entries[i].position;
			expect_from(&f, PMS_CURSOR_AT, at, i);
			expect_from(&f, PMS_CURSOR_AFTER, at, i + 1);
			expect_from(&f, PMS_CURSOR_FROM_TIMESTAMP, (pms_position){.timestamp = at.timestamp}, i);
			expect_from(&f, PMS_CURSOR_FROM_TIMESTAMP, (pms_position){.timestamp = at.timestamp + 1},
				    i + 1);
		}
		test_log_expect(&f.log, f.region);
		end(&f);
		(void)remove(f.test->path);
	}
}

/* Timestamps between those of this region: the counter is the stream's, and gaps are everywhere. */
static void test_cursor_from_timestamp_in_a_gap_starts_at_the_next(void **state)
{
	fixture f = begin(state, 64);
	pms_region *other = test_region(f.stream, "other", TEST_MIB, 64);

	for (uint64_t i = 0; i < ENTRIES; i++) {
		uint64_t between = test_append(other, 10, i).timestamp;
		(void)test_log_append(&f.log, f.region, 10);
		expect_from(&f, PMS_CURSOR_FROM_TIMESTAMP, (pms_position){.timestamp = between}, ENTRIES + i);
	}
	pms_region_release(other);
	end(&f);
}

/* "At the first entry whose timestamp is at or above the given one": also where that one is still to come. */
static void test_cursor_from_later_timestamp_waits_for_it(void **state)
{
	fixture f = begin(state, 64);
	uint64_t last = f.log.entries[ENTRIES - 1].position.timestamp;
	pms_cursor *cursor;
	pms_entry entry;

	assert_int_equal(try_open(f.region, PMS_CURSOR_FROM_TIMESTAMP, (pms_position){.timestamp = last + 5}, &cursor),
			 PMS_OK);
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
	for (uint64_t i = 1; i < 10; i++) {
		pms_position at = test_log_append(&f.log, f.region, 10);
		assert_int_equal(at.timestamp, last + i);
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), i < 5 ? PMS_E_END : PMS_OK);
		if (i >= 5)
			assert_int_equal(entry.position.timestamp, at.timestamp);
	}
	pms_cursor_close(cursor);
	end(&f);
}

/* ---- wrong positions ----------------------------------------------------------------------------------------------- */

static void expect_no_entry(pms_region *region, uint64_t offset, uint64_t timestamp)
{
	pms_position position = {.offset = offset, .timestamp = timestamp};
	uint64_t bytes = 7;
	pms_cursor *cursor;
	uint8_t copy[8];
	pms_error error;

	assert_int_equal(try_open(region, PMS_CURSOR_AT, position, &cursor), PMS_E_NO_ENTRY);
	assert_int_equal(try_open(region, PMS_CURSOR_AFTER, position, &cursor), PMS_E_NO_ENTRY);
	for (uint32_t flags = 0; flags <= PMS_READ_UNVERIFIED; flags++) {
		assert_int_equal(pms_region_read(region, &position, copy, sizeof(copy), flags, &bytes, &error),
				 PMS_E_NO_ENTRY);
		test_error_says(&error, PMS_E_NO_ENTRY);
		assert_int_equal(error.position, offset);
		assert_int_equal(bytes, 0);
	}
}

static void test_cursor_wrong_position_is_refused(void **state)
{
	static const uint32_t alignments[] = {8, 64};

	for (int a = 0; a < 2; a++) {
		fixture f = begin(state, alignments[a]);
		pms_region_info info = test_region_info(f.region);
		pms_region *other = test_region(f.stream, "other", 10000, alignments[a]);
		pms_position elsewhere = test_append(other, 100, 1), first = f.log.entries[0].position;
		pms_position middle = f.log.entries[ENTRIES / 2].position;
		uint64_t committed = pms_region_committed(f.region);

		expect_no_entry(f.region, elsewhere.offset, elsewhere.timestamp);
		expect_no_entry(other, middle.offset, middle.timestamp);
		for (uint64_t step = 1; step < 64; step++) { /* between entries, aligned or not */
			expect_no_entry(f.region, middle.offset + step, middle.timestamp);
			expect_no_entry(f.region, first.offset - step, first.timestamp);
		}
		expect_no_entry(f.region, middle.offset, middle.timestamp + 1);
		expect_no_entry(f.region, middle.offset, middle.timestamp - 1);
		expect_no_entry(f.region, middle.offset, 0);
		expect_no_entry(f.region, 0, middle.timestamp);
		expect_no_entry(f.region, info.offset, middle.timestamp);
		expect_no_entry(f.region, committed, middle.timestamp); /* the future */
		expect_no_entry(f.region, committed + 64, info.last_timestamp + 1);
		expect_no_entry(f.region, info.offset + info.total_bytes - 8, middle.timestamp);
		expect_no_entry(f.region, info.offset + info.total_bytes, middle.timestamp);
		expect_no_entry(f.region, UINT64_MAX, middle.timestamp);
		expect_no_entry(f.region, UINT64_MAX - 7, UINT64_MAX);
		expect_no_entry(f.region, 1ull << 63, 1);
		pms_region_release(other);
		end(&f);
		(void)remove(f.test->path);
	}
}

/* Less than a header before the end of what is visible: nothing of it may be looked at, nor left over from before. */
static void test_cursor_position_in_the_last_words_is_refused(void **state)
{
	fixture f = begin(state, 8);
	uint64_t committed = pms_region_committed(f.region);

	for (int round = 0; round < 3; round++)
		for (uint64_t back = 8; back < PMS_ENTRY_HEADER_BYTES; back += 8)
			for (size_t i = 0; i < ENTRIES; i++) {
				/* A good one first, which leaves its timestamp wherever the next one will look. */
				expect_from(&f, PMS_CURSOR_AT, f.log.entries[i].position, i);
				expect_no_entry(f.region, committed - back, f.log.entries[i].position.timestamp);
			}
	end(&f);
}

static void test_cursor_position_of_reservation_is_refused_until_published(void **state)
{
	fixture f = begin(state, 64);
	pms_reservation *published, *abandoned;
	pms_position one, two;
	void *space;

	assert_int_equal(pms_region_reserve(f.region, 100, &published, &space, &one, NULL), PMS_OK);
	test_fill(space, 100, 5);
	assert_int_equal(pms_region_reserve(f.region, 100, &abandoned, &space, &two, NULL), PMS_OK);
	expect_no_entry(f.region, one.offset, one.timestamp);
	expect_no_entry(f.region, two.offset, two.timestamp);
	assert_int_equal(pms_reservation_abandon(abandoned, NULL), PMS_OK);
	assert_int_equal(pms_reservation_publish(published, 90, NULL, NULL), PMS_OK);
	expect_no_entry(f.region, two.offset, two.timestamp);
	test_log_add(&f.log, one, 90, 5);
	expect_from(&f, PMS_CURSOR_AT, one, ENTRIES);
	(void)test_log_append(&f.log, f.region, 10);
	expect_from(&f, PMS_CURSOR_AFTER, one, ENTRIES + 1); /* over the skipped one */
	expect_from(&f, PMS_CURSOR_FROM_TIMESTAMP, (pms_position){.timestamp = two.timestamp}, ENTRIES + 1);
	pms_reservation_release(abandoned);
	pms_reservation_release(published);
	end(&f);
}

/* ---- following ----------------------------------------------------------------------------------------------------- */

static void test_cursor_at_the_end_finds_what_is_appended_later(void **state)
{
	fixture f = begin(state, 64);
	pms_cursor *cursor;
	pms_entry entry;

	assert_int_equal(try_open(f.region, PMS_CURSOR_AFTER, f.log.entries[ENTRIES - 1].position, &cursor), PMS_OK);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
		pms_position a = test_log_append(&f.log, f.region, 10), b = test_log_append(&f.log, f.region, 0);
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
		assert_memory_equal(&entry.position, &a, sizeof(a));
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
		assert_memory_equal(&entry.position, &b, sizeof(b));
		assert_int_equal(entry.bytes, 0);
	}
	pms_cursor_close(cursor);
	end(&f);
}

/* After the close a cursor says so, and what it pointed at can still be looked at: old bytes or zeros. */
static void test_cursor_after_close_says_so_and_its_data_does_not_fault(void **state)
{
	fixture f = begin(state, 64);
	const test_entry *last = &f.log.entries[ENTRIES - 1];
	const uint8_t *data;
	pms_cursor *cursor;
	pms_entry entry;
	pms_error error;

	assert_int_equal(try_open(f.region, PMS_CURSOR_AT, last->position, &cursor), PMS_OK);
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
	data = entry.data;
	assert_int_equal(pms_stream_close(f.stream), PMS_OK);
	assert_int_equal(pms_cursor_next(cursor, &entry, &error), PMS_E_CLOSED);
	test_error_says(&error, PMS_E_CLOSED);
	/* The open cursor keeps the mapping, though not the lock: somebody else may write by now. */
	assert_true(test_is_filled(data, last->bytes, last->seed));
	pms_stream *next = test_open(f.test->path, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(next, "region");
	test_log_expect(&f.log, region);
	pms_region_release(region);
	test_close(next);
	assert_int_equal(pms_cursor_next(cursor, &entry, &error), PMS_E_CLOSED);
	pms_cursor_close(cursor);
	for (uint64_t i = 0; i < last->bytes; i++)
		assert_int_equal(((const volatile uint8_t *)data)[i], 0);
	assert_int_equal(pms_cursor_open(f.region, NULL, &cursor, &error), PMS_E_CLOSED);
	end(&f);
}

/* ---- reads by position --------------------------------------------------------------------------------------------- */

static void test_cursor_read_says_how_much_room_is_needed(void **state)
{
	fixture f = begin(state, 64);
	uint8_t copy[ENTRIES * 13 + 1];
	pms_error error;
	uint64_t bytes;

	for (size_t i = 1; i < ENTRIES; i++) {
		const test_entry *entry = &f.log.entries[i];
		memset(copy, 0xEE, sizeof(copy));
		assert_int_equal(pms_region_read(f.region, &entry->position, NULL, 0, 0, &bytes, &error),
				 PMS_E_TOO_SMALL);
		assert_int_equal(bytes, entry->bytes);
		assert_int_equal(pms_region_read(f.region, &entry->position, copy, bytes - 1, 0, &bytes, &error),
				 PMS_E_TOO_SMALL);
		test_error_says(&error, PMS_E_TOO_SMALL);
		assert_int_equal(error.expected, entry->bytes);
		assert_int_equal(error.found, entry->bytes - 1);
		assert_int_equal(copy[0], 0xEE);
		assert_int_equal(pms_region_read(f.region, &entry->position, copy, sizeof(copy), 0, &bytes, &error),
				 PMS_OK);
		assert_true(test_is_filled(copy, bytes, entry->seed));
		assert_int_equal(copy[bytes], 0xEE);
	}
	/* Nothing is needed for nothing. */
	assert_int_equal(pms_region_read(f.region, &f.log.entries[0].position, NULL, 0, 0, &bytes, &error), PMS_OK);
	assert_int_equal(bytes, 0);
	end(&f);
}

static void test_cursor_bad_arguments_are_refused(void **state)
{
	fixture f = begin(state, 64);
	const pms_cursor_options good = options(PMS_CURSOR_FIRST, (pms_position){0});
	pms_cursor_options bad[8];
	pms_position at = f.log.entries[0].position;
	uint8_t copy[8];
	pms_cursor *cursor;
	pms_entry entry;
	pms_error error;
	uint64_t bytes;

	for (int i = 0; i < 8; i++)
		bad[i] = good;
	bad[0].struct_bytes++;
	bad[1].flags = 4;
	bad[2].start = 4;
	bad[3].reserved0 = 1;
	for (int i = 0; i < 4; i++)
		bad[4 + i].reserved[i] = 1;
	for (int i = 0; i < 8; i++) {
		cursor = (pms_cursor *)copy;
		assert_int_equal(pms_cursor_open(f.region, &bad[i], &cursor, &error), PMS_E_INVALID_ARGUMENT);
		assert_null(cursor);
		test_error_says(&error, PMS_E_INVALID_ARGUMENT);
	}
	assert_int_equal(pms_cursor_open(NULL, &good, &cursor, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_cursor_open(f.region, &good, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_cursor_open(f.region, &good, &cursor, &error), PMS_OK);
	assert_int_equal(pms_cursor_next(cursor, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_cursor_next(NULL, &entry, &error), PMS_E_INVALID_ARGUMENT);
	pms_cursor_close(cursor);
	pms_cursor_close(NULL);
	assert_int_equal(pms_region_read(NULL, &at, copy, 8, 0, &bytes, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_read(f.region, NULL, copy, 8, 0, &bytes, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_read(f.region, &at, NULL, 8, 0, &bytes, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_read(f.region, &at, copy, 8, 2, &bytes, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_read(f.region, &at, copy, 8, 0, NULL, &error), PMS_E_INVALID_ARGUMENT);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_cursor_starts_where_it_is_told),
	    TEST_ON_BOTH(test_cursor_from_timestamp_in_a_gap_starts_at_the_next),
	    TEST_ON_TMPFS(test_cursor_from_later_timestamp_waits_for_it),
	    TEST_ON_BOTH(test_cursor_wrong_position_is_refused),
	    TEST_ON_TMPFS(test_cursor_position_in_the_last_words_is_refused),
	    TEST_ON_TMPFS(test_cursor_position_of_reservation_is_refused_until_published),
	    TEST_ON_BOTH(test_cursor_at_the_end_finds_what_is_appended_later),
	    TEST_ON_BOTH(test_cursor_after_close_says_so_and_its_data_does_not_fault),
	    TEST_ON_BOTH(test_cursor_read_says_how_much_room_is_needed),
	    TEST_ON_TMPFS(test_cursor_bad_arguments_are_refused),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
