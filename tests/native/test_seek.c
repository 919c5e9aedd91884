/* SPDX-License-Identifier: MIT */
/*
 * Seeking by timestamp, with the index that cursors fill on their way: whatever it holds, right or wrong, a seek finds what a
 * walk from the first entry finds; and once somebody came past, it visits few entries. Threads are in test_seek_threads.c.
 */
#include "engine.h"
#include "support_image.h"

#define REGION_BYTES (12 * TEST_MIB)
#define HAND_BYTES (200 * TEST_KIB)

/* ---- what is visited: the program is linked with --wrap=pms_entry_parse --------------------------------------------- */

static uint64_t visited;

bool __real_pms_entry_parse(const void *header, uint64_t offset, uint64_t end, uint32_t alignment,
			    pms_parsed_entry *entry);
bool __wrap_pms_entry_parse(const void *header, uint64_t offset, uint64_t end, uint32_t alignment,
			    pms_parsed_entry *entry);
bool __wrap_pms_entry_parse(const void *header, uint64_t offset, uint64_t end, uint32_t alignment,
			    pms_parsed_entry *entry)
{
	visited++;
	return __real_pms_entry_parse(header, offset, end, alignment, entry);
}

/* ---- streams -------------------------------------------------------------------------------------------------------- */

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	test_log log;
	uint64_t random;
} fixture;

static fixture begin(void **state, uint64_t region_bytes, uint32_t alignment)
{
	fixture f = {.test = test_begin(state), .random = test_seed()};

	(void)remove(f.test->path); /* some tests begin several times */
	f.stream = test_create(f.test->path, region_bytes + 4 * TEST_MIB);
	f.region = test_region(f.stream, "region", region_bytes, alignment);
	return f;
}

static void end(fixture *f)
{
	pms_region_release(f->region);
	test_close(f->stream);
	test_log_free(&f->log);
}

static pms_cursor *seek(pms_region *region, uint64_t timestamp)
{
	pms_cursor_options options = {.struct_bytes = sizeof(options), .start = PMS_CURSOR_FROM_TIMESTAMP};
	pms_cursor *cursor;
	pms_error error;

	options.position.timestamp = timestamp;
	int32_t status = pms_cursor_open(region, &options, &cursor, &error);
	if (status != PMS_OK)
		fail_msg("%d: %s", status, error.message);
	return cursor;
}

/* What a walk over the plain list finds first. */
static size_t first_at_or_above(const test_log *log, uint64_t timestamp)
{
	size_t i = 0;

	while (i < log->count && log->entries[i].position.timestamp < timestamp)
		i++;
	return i;
}

/* The cursor finds the entries from there on; `most` of them are looked at. */
static void expect_seek(const test_log *log, pms_region *region, uint64_t timestamp, size_t most)
{
	pms_cursor *cursor = seek(region, timestamp);
	size_t index = first_at_or_above(log, timestamp);
	pms_entry entry;

	for (; most-- > 0 && index < log->count; index++) {
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
		assert_memory_equal(&entry.position, &log->entries[index].position, sizeof(pms_position));
		assert_true(test_is_filled(entry.data, entry.bytes, log->entries[index].seed));
	}
	if (index == log->count)
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
	pms_cursor_close(cursor);
}

static void seek_here_and_there(fixture *f, int count)
{
	uint64_t last = f->log.count ? f->log.entries[f->log.count - 1].position.timestamp : 0;

	expect_seek(&f->log, f->region, 0, 3);
	expect_seek(&f->log, f->region, last + 1, 1);
	expect_seek(&f->log, f->region, UINT64_MAX, 1);
	for (int i = 0; i < count; i++)
		expect_seek(&f->log, f->region, test_random_below(&f->random, last + 3),
			    test_random_below(&f->random, 8));
}

/* A walk from some entry on, which leaves notes in the middle. */
static void walk_from_somewhere(fixture *f, uint64_t steps)
{
	pms_cursor_options options = {.struct_bytes = sizeof(options), .start = PMS_CURSOR_AT};
	pms_cursor *cursor;
	pms_entry entry;

	options.position = f->log.entries[test_random_below(&f->random, f->log.count)].position;
	assert_int_equal(pms_cursor_open(f->region, &options, &cursor, NULL), PMS_OK);
	while (steps-- > 0 && pms_cursor_next(cursor, &entry, NULL) == PMS_OK)
		;
	pms_cursor_close(cursor);
}

/* ---- against a plain list ------------------------------------------------------------------------------------------- */

/*
 * A region written by hand: data of many sizes, skipped entries, reservations of a dead session, groups, gaps in the
 * timestamps. Opened, it is the log of the fixture.
 */
static fixture begin_by_hand(void **state, uint32_t alignment)
{
	fixture f = begin(state, TEST_MIB, alignment);
	pms_region_info info = test_region_info(f.region);
	uint64_t at = info.offset + PMS_REGION_HEADER_BYTES, timestamp = info.base_timestamp;
	test_image image = test_image_load(f.test->path);
	pms_life life = test_image_life(&image, info.offset);
	uint64_t members = 0; /* of a group that are to come */

	while (at < info.offset + HAND_BYTES || members) {
		uint64_t kind = members ? 0 : test_random_below(&f.random, 10);
		timestamp += members ? 1 : 1 + test_random_below(&f.random, 4);
		if (members)
			members--;
		else if (kind == 9)
			members = 1 + test_random_below(&f.random, 4);
		test_raw_entry entry = {.offset = at,
					.timestamp = timestamp,
					.payload_bytes = test_random_below(&f.random, 600),
					.seed = timestamp,
					.kind = kind == 1   ? PMS_KIND_SKIP
						: kind == 2 ? PMS_KIND_PENDING
							    : PMS_KIND_DATA,
					.group_continues = members > 0,
					.lag = PMS_LAG_UNKNOWN};
		entry.extent_bytes =
		    pms_entry_extent(entry.payload_bytes + test_random_below(&f.random, 100), alignment);
		if (entry.kind == PMS_KIND_DATA)
			test_log_add(&f.log, (pms_position){.offset = at, .timestamp = timestamp}, entry.payload_bytes,
				     entry.seed);
		at = test_image_put(&image, &life, &entry);
	}
	pms_region_release(f.region);
	test_close(f.stream);
	test_image_save(&image, f.test->path);
	test_image_free(&image);
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.region = test_find(f.stream, "region");
	return f;
}

/* Entries go on to be written, some of them behind an open reservation: hidden until that ends. */
static void append_some(fixture *f)
{
	pms_reservation *reservation;
	pms_position position;
	void *data;

	for (uint64_t i = 0; i < 20; i++) {
		uint64_t bytes = test_random_below(&f->random, 2000);
		assert_int_equal(pms_region_reserve(f->region, bytes, &reservation, &data, &position, NULL), PMS_OK);
		test_fill(data, bytes, i);
		pms_position behind = test_append(f->region, 5000, 7);
		seek_here_and_there(f, 3);
		if (test_random_below(&f->random, 2)) {
			assert_int_equal(pms_reservation_publish(reservation, bytes, NULL, NULL), PMS_OK);
			test_log_add(&f->log, position, bytes, i);
		}
		pms_reservation_release(reservation);
		test_log_add(&f->log, behind, 5000, 7);
	}
}

static void test_seek_finds_what_a_walk_finds(void **state)
{
	static const uint32_t alignments[] = {8, 64, 256};

	for (int round = 0; round < 12; round++) {
		fixture f = begin_by_hand(state, alignments[round % 3]);
		assert_int_equal(f.region->seek.count, 0);
		seek_here_and_there(&f, 40);
		walk_from_somewhere(&f, 200);
		assert_true(f.region->seek.count > 0);
		for (int i = 0; i < 10; i++) {
			walk_from_somewhere(&f, test_random_below(&f.random, 300));
			seek_here_and_there(&f, 20);
		}
		append_some(&f);
		seek_here_and_there(&f, 100);
		test_log_expect(&f.log, f.region);
		end(&f);
	}
}

/* ---- how much is visited -------------------------------------------------------------------------------------------- */

#define SMALL_ENTRIES 100000u

static uint64_t visited_by_seek(fixture *f, size_t index)
{
	pms_cursor *cursor;

	visited = 0;
	cursor = seek(f->region, f->log.entries[index].position.timestamp);
	uint64_t count = visited;
	pms_cursor_close(cursor);
	return count;
}

/* What the index leaves to be walked, in entries that take `extent` bytes: the entry it names, and up to two strides. */
static uint64_t visits_max(const fixture *f, uint64_t extent) { return 2 * f->region->seek.stride / extent + 3; }

static void test_seek_visits_few_entries_once_somebody_came_past(void **state)
{
	fixture f = begin(state, REGION_BYTES, 64);

	for (uint64_t i = 0; i < SMALL_ENTRIES; i++)
		(void)test_log_append(&f.log, f.region, 30);
	/* The control: nobody came past, so the first seek walks over everything. */
	assert_true(visited_by_seek(&f, SMALL_ENTRIES - 10) >= SMALL_ENTRIES - 10);
	/* 6.4 MB, 4 KiB apart, were more pairs than there are: the stride has doubled. */
	assert_int_equal(f.region->seek.stride, 2 * PMS_SEEK_STRIDE_MIN);
	assert_true(f.region->seek.count >= PMS_SEEK_PAIRS_MAX / 2 && f.region->seek.count < PMS_SEEK_PAIRS_MAX);
	assert_true(visited_by_seek(&f, SMALL_ENTRIES - 1) <= visits_max(&f, 64));
	for (int i = 0; i < 2000; i++)
		assert_true(visited_by_seek(&f, test_random_below(&f.random, SMALL_ENTRIES)) <= visits_max(&f, 64));
	/* Without it the walk is as long as it was. */
	pms_seek_index_forget(&f.region->seek);
	assert_true(visited_by_seek(&f, SMALL_ENTRIES - 10) >= SMALL_ENTRIES - 10);
	seek_here_and_there(&f, 100);
	end(&f);
}

static void test_seek_index_grows_with_what_is_appended(void **state)
{
	fixture f = begin(state, TEST_MIB, 64);

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 500; i++)
			(void)test_log_append(&f.log, f.region, 10);
		/* What came since is walked over, and what one seek has walked the next one does not. */
		assert_true(visited_by_seek(&f, f.log.count - 1) <= 500 + visits_max(&f, 64));
		assert_true(visited_by_seek(&f, f.log.count - 1) <= visits_max(&f, 64));
	}
	end(&f);
}

/* A large entry would have to be hashed before it is trusted: the index has small ones alone. */
static void test_seek_large_entries_are_not_in_the_index(void **state)
{
	fixture f = begin(state, REGION_BYTES, 64);

	for (int i = 0; i < 4; i++) {
		(void)test_log_append(&f.log, f.region, 2 * TEST_MIB);
		(void)test_log_append(&f.log, f.region, 5000);
	}
	seek_here_and_there(&f, 30);
	assert_int_equal(f.region->seek.count, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(f.region->seek.pairs[i].offset, f.log.entries[2 * i + 1].position.offset);
	end(&f);
}

/* ---- lives ---------------------------------------------------------------------------------------------------------- */

static void fill_and_walk(fixture *f, int entries, uint64_t bytes)
{
	for (int i = 0; i < entries; i++)
		(void)test_log_append(&f->log, f->region, bytes);
	seek_here_and_there(f, 20);
	assert_true(f->region->seek.count > 0);
}

static void forget_log(fixture *f)
{
	test_log_free(&f->log);
	f->log = (test_log){0};
}

static void test_seek_after_clear_knows_the_new_life_alone(void **state)
{
	fixture f = begin(state, TEST_MIB, 8);

	for (int life = 0; life < 5; life++) {
		uint64_t base = test_region_info(f.region).base_timestamp;
		fill_and_walk(&f, 300, 100 + (uint64_t)life * 40);
		assert_int_equal(f.region->seek.base, base);
		assert_int_equal(pms_region_clear(f.region, NULL), PMS_OK);
		assert_int_equal(f.region->seek.count, 0);
		assert_null(f.region->seek.pairs);
		forget_log(&f);
		expect_seek(&f.log, f.region, 0, 1);
		expect_seek(&f.log, f.region, base, 1);
	}
	end(&f);
}

static void test_seek_in_reused_space_knows_the_new_region_alone(void **state)
{
	fixture f = begin(state, TEST_MIB, 64);

	for (int life = 0; life < 4; life++) {
		uint64_t offset = test_region_info(f.region).offset;
		fill_and_walk(&f, 300, 100 + (uint64_t)life * 40);
		assert_int_equal(pms_region_free(f.region, NULL), PMS_OK);
		pms_region_release(f.region);
		forget_log(&f);
		f.region = test_region(f.stream, "region", TEST_MIB, life % 2 ? 64 : 8);
		assert_int_equal(test_region_info(f.region).offset, offset);
		assert_int_equal(f.region->seek.count, 0);
	}
	fill_and_walk(&f, 300, 30);
	end(&f);
}

/* A reader has an index of its own, and must notice by itself that the region begins anew. */
static void test_seek_beside_a_writer_that_clears(void **state)
{
	fixture f = begin(state, TEST_MIB, 64);
	pms_stream *reader = test_open(f.test->path, PMS_OPEN_READ_ONLY);
	pms_region *mine = f.region, *read = test_find(reader, "region");

	for (int life = 0; life < 5; life++) {
		fill_and_walk(&f, 200, 60 + (uint64_t)life * 64);
		f.region = read;
		seek_here_and_there(&f, 50);
		assert_true(read->seek.count > 0);
		assert_int_equal(read->seek.base, test_region_info(mine).base_timestamp);
		f.region = mine;
		assert_int_equal(pms_region_clear(mine, NULL), PMS_OK);
		forget_log(&f);
	}
	pms_region_release(read);
	test_close(reader);
	end(&f);
}

/* ---- hints that are wrong ------------------------------------------------------------------------------------------- */

static void test_seek_does_not_believe_the_index(void **state)
{
	fixture f = begin(state, TEST_MIB, 64);
	uint64_t lies = 0;

	fill_and_walk(&f, 2000, 100);
	for (int round = 0; round < 200; round++) {
		pms_seek_index *index = &f.region->seek;
		uint64_t last = f.log.entries[f.log.count - 1].position.timestamp;
		for (uint32_t i = 0; i < index->count;
		     i++) { /* sorted, as the real ones, and wrong nearly everywhere */
			index->pairs[i].timestamp = i * last / index->count + test_random_below(&f.random, 2);
			index->pairs[i].offset =
			    test_random_below(&f.random, 3) == 0
				? test_random(&f.random)
				: f.log.entries[test_random_below(&f.random, f.log.count)].position.offset;
		}
		/* The control: the index does give the lie. */
		pms_seek_pair pair;
		uint64_t wanted = 1 + test_random_below(&f.random, last);
		if (pms_seek_index_find(index, index->base, wanted, &pair)) {
			size_t truth = first_at_or_above(&f.log, pair.timestamp);
			lies += f.log.entries[truth].position.offset != pair.offset;
		}
		expect_seek(&f.log, f.region, wanted, 5);
		if (round % 10 == 0)
			pms_seek_index_forget(index);
		seek_here_and_there(&f, 5);
	}
	assert_true(lies > 100);
	end(&f);
}

/* An entry that the index names is damaged since: the walk from the start says what it always said. */
static void test_seek_over_a_damaged_hint_is_a_walk_from_the_start(void **state)
{
	fixture f = begin(state, TEST_MIB, 64);
	pms_cursor *cursor;
	pms_entry entry;

	fill_and_walk(&f, 2000, 100);
	pms_seek_pair hint = f.region->seek.pairs[f.region->seek.count / 2];
	size_t index = first_at_or_above(&f.log, hint.timestamp);
	assert_int_equal(f.log.entries[index].position.offset, hint.offset);
	test_file_flip(f.test->path, hint.offset + PMS_ENTRY_HEADER_BYTES + 5, 4);
	/* Behind it: found, as payloads are not hashed on the way. */
	expect_seek(&f.log, f.region, hint.timestamp + 1, 10);
	assert_true(visited_by_seek(&f, index + 1) > index);
	/* At it: damage. */
	cursor = seek(f.region, hint.timestamp);
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_CORRUPT);
	pms_cursor_close(cursor);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_seek_finds_what_a_walk_finds),
	    TEST_ON_TMPFS(test_seek_visits_few_entries_once_somebody_came_past),
	    TEST_ON_TMPFS(test_seek_index_grows_with_what_is_appended),
	    TEST_ON_TMPFS(test_seek_large_entries_are_not_in_the_index),
	    TEST_ON_TMPFS(test_seek_after_clear_knows_the_new_life_alone),
	    TEST_ON_TMPFS(test_seek_in_reused_space_knows_the_new_region_alone),
	    TEST_ON_TMPFS(test_seek_beside_a_writer_that_clears),
	    TEST_ON_TMPFS(test_seek_does_not_believe_the_index),
	    TEST_ON_TMPFS(test_seek_over_a_damaged_hint_is_a_walk_from_the_start),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
