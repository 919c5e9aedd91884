/* SPDX-License-Identifier: MIT */
/* Recovery of what a kill leaves, and of checkpoints. Torn tails, groups and words have files of their own. */
#include "engine.h"
#include "support_medium.h"

/* A stream with one region, and what it is expected to hold. */
typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	test_log log;
} fixture;

static fixture begin(void **state, uint64_t usable)
{
	fixture f = {.test = test_begin(state)};

	f.stream = test_create(f.test->path, usable + TEST_MIB);
	f.region = test_region(f.stream, "region", usable, 64);
	return f;
}

static void fill(fixture *f, uint64_t total, uint64_t bytes)
{
	for (uint64_t done = 0; done < total; done += bytes)
		(void)test_log_append(&f->log, f->region, bytes);
}

static void close_session(fixture *f)
{
	pms_region_release(f->region);
	test_close(f->stream);
	f->region = NULL;
	f->stream = NULL;
}

static void open_session(fixture *f, const char *path)
{
	f->stream = test_open(path, PMS_OPEN_DEFAULT);
	f->region = test_find(f->stream, "region");
}

/* ---- a kill -------------------------------------------------------------------------------------------------------- */

/* R19: open, kill, open, ... keeps everything and adds to it. */
static void test_recovery_after_each_of_five_kills_keeps_everything(void **state)
{
	fixture f = begin(state, TEST_MIB);

	for (int session = 0; session < 5; session++) {
		const char *copy = test_file(f.test, session % 2 ? "odd" : "even");
		fill(&f, 5000, 500);
		test_image_copy(session ? test_file(f.test, session % 2 ? "even" : "odd") : f.test->path, copy);
		close_session(&f);
		open_session(&f, copy);
		pms_recovery_info recovery = test_recovery(f.stream);
		assert_int_equal(recovery.flags, 0);
		assert_int_equal(recovery.region_count, 1);
		assert_int_equal(recovery.recovered_entries, f.log.count);
		assert_int_equal(recovery.walked_entries, f.log.count);
		assert_int_equal(recovery.cuts_sealed, 0);
		assert_int_equal(pms_region_persisted(f.region), pms_region_committed(f.region));
		test_log_expect(&f.log, f.region);
		test_check_is_clean(f.stream);
	}
	close_session(&f);
	test_log_free(&f.log);
}

/* Opened and killed again before anything was appended. */
static void test_recovery_repeated_without_new_entries_changes_nothing(void **state)
{
	fixture f = begin(state, TEST_MIB);
	const char *copy = test_file(f.test, "copy");

	fill(&f, 20000, 700);
	test_image_copy(f.test->path, copy);
	for (int session = 0; session < 5; session++) {
		close_session(&f);
		open_session(&f, copy);
		test_log_expect(&f.log, f.region);
		assert_int_equal(test_recovery(f.stream).recovered_entries, f.log.count);
		test_image_copy(copy, test_file(f.test, session % 2 ? "odd" : "even"));
		copy = test_file(f.test, session % 2 ? "odd" : "even");
	}
	(void)test_log_append(&f.log, f.region, 10);
	test_log_expect(&f.log, f.region);
	close_session(&f);
	test_log_free(&f.log);
}

/* R16: timestamps go on above everything that was given out, whatever was open. */
static void test_recovery_new_session_has_later_timestamps(void **state)
{
	fixture f = begin(state, TEST_MIB);
	pms_reservation *reservation;
	pms_position open;
	void *space;

	fill(&f, 1000, 500);
	assert_int_equal(pms_region_reserve(f.region, 100, &reservation, &space, &open, NULL), PMS_OK);
	uint64_t next = test_info(f.stream).next_timestamp;
	test_image_copy(f.test->path, test_file(f.test, "copy"));
	pms_reservation_release(reservation);
	close_session(&f);
	open_session(&f, test_file(f.test, "copy"));
	assert_true(test_info(f.stream).next_timestamp >= next);
	assert_true(test_log_append(&f.log, f.region, 10).timestamp > open.timestamp);
	close_session(&f);
	test_log_free(&f.log);
}

/* ---- checkpoints --------------------------------------------------------------------------------------------------- */

static void test_recovery_after_clean_close_walks_nothing(void **state)
{
	fixture f = begin(state, 4 * TEST_MIB);

	fill(&f, 3 * TEST_MIB, 10000);
	close_session(&f);
	open_session(&f, f.test->path);
	pms_recovery_info recovery = test_recovery(f.stream);
	pms_recovery_info expected = {.struct_bytes = sizeof(expected), .region_count = 1};
	assert_memory_equal(&recovery, &expected, sizeof(recovery));
	test_log_expect(&f.log, f.region);
	pms_region_info info = test_region_info(f.region);
	assert_int_equal(info.last_timestamp, f.log.entries[f.log.count - 1].position.timestamp);
	assert_int_equal(info.first_timestamp, f.log.entries[0].position.timestamp);
	close_session(&f);
	test_log_free(&f.log);
}

/* R9, R15: the cost of opening is what was appended since the last checkpoint, not the length of the log. */
static void test_recovery_walks_only_from_the_checkpoint(void **state)
{
	fixture f = begin(state, 12 * TEST_MIB);
	uint64_t walked[3];

	for (int i = 0; i < 3; i++) {
		fill(&f, 3 * TEST_MIB + 500000, 20000);
		test_image_copy(f.test->path, test_file(f.test, "copy"));
		pms_stream *copy = test_open(test_file(f.test, "copy"), PMS_OPEN_DEFAULT);
		pms_recovery_info recovery = test_recovery(copy);
		pms_region *region = test_find(copy, "region");
		walked[i] = recovery.walked_bytes;
		assert_true(recovery.walked_entries * 20000 <= recovery.walked_bytes);
		test_log_expect(&f.log, region);
		pms_region_release(region);
		test_close(copy);
		/* A MiB, and the entries that were in progress when the boundary was crossed. */
		assert_in_range(walked[i], 1, TEST_MIB + 3 * 20100);
	}
	close_session(&f);
	test_log_free(&f.log);
}

/* R9: a reservation left open holds the checkpoint back, since nothing may be committed past it. */
static void test_recovery_open_reservation_holds_the_checkpoint_back(void **state)
{
	fixture f = begin(state, 5 * TEST_MIB);
	pms_reservation *reservation;
	void *space;

	fill(&f, 100000, 10000);
	assert_int_equal(pms_region_reserve(f.region, 100, &reservation, &space, NULL, NULL), PMS_OK);
	fill(&f, 3 * TEST_MIB, 10000);
	test_image_copy(f.test->path, test_file(f.test, "copy"));
	pms_stream *copy = test_open(test_file(f.test, "copy"), PMS_OPEN_DEFAULT);
	pms_region *region = test_find(copy, "region");
	assert_true(test_recovery(copy).walked_bytes >= 3 * TEST_MIB);
	assert_int_equal(test_recovery(copy).pending_skipped, 1);
	test_log_expect(&f.log, region);
	pms_region_release(region);
	test_close(copy);
	/* Once it has ended, the next append moves the checkpoint. */
	assert_int_equal(pms_reservation_abandon(reservation, NULL), PMS_OK);
	pms_reservation_release(reservation);
	fill(&f, 20000, 10000);
	test_image_copy(f.test->path, test_file(f.test, "copy"));
	copy = test_open(test_file(f.test, "copy"), PMS_OPEN_DEFAULT);
	assert_true(test_recovery(copy).walked_bytes < TEST_MIB);
	test_close(copy);
	close_session(&f);
	test_log_free(&f.log);
}

/* Closes the session and gives the image, with the place of the checkpoint word. */
static test_image closed_image(fixture *f, uint64_t *word)
{
	*word = test_region_info(f->region).offset + PMS_REGION_CHECKPOINT;
	close_session(f);
	return test_image_load(f->test->path);
}

static void expect_walk_from_start(fixture *f)
{
	open_session(f, f->test->path);
	pms_recovery_info recovery = test_recovery(f->stream);
	assert_int_equal(recovery.flags, PMS_STATE_CHECKPOINT_DAMAGED);
	assert_int_equal(recovery.recovered_entries, f->log.count);
	assert_int_equal(test_info(f->stream).state, 0);
	assert_int_equal(test_region_info(f->region).state, 0);
	test_log_expect(&f->log, f->region);
	(void)test_log_append(&f->log, f->region, 10);
	test_check_is_clean(f->stream);
	close_session(f);
	open_session(f, f->test->path);
	assert_int_equal(test_recovery(f->stream).flags, 0);
	test_log_expect(&f->log, f->region);
	close_session(f);
}

/* R15: a checkpoint that cannot be used is reported, and the region is walked from its start. */
static void test_recovery_unusable_checkpoint_walks_from_the_start(void **state)
{
	fixture f = begin(state, 2 * TEST_MIB);
	uint64_t word;

	for (int damage = 0; damage < 5; damage++) {
		if (damage)
			open_session(&f, f.test->path);
		fill(&f, 10000, 1000);
		test_image image = closed_image(&f, &word);
		uint64_t checkpoint = test_image_unseal(&image, word, PMS_ROLE_CHECKPOINT);
		assert_int_equal(checkpoint, f.log.entries[f.log.count - 1].position.offset);
		if (damage == 0)
			test_image_flip(&image, word + 3, 0x10); /* the seal does not match */
		else if (damage == 1)
			test_image_seal(&image, word, PMS_ROLE_CHECKPOINT, checkpoint - 64); /* between entries */
		else if (damage == 2)
			test_image_seal(&image, word, PMS_ROLE_CHECKPOINT, checkpoint + 8); /* not aligned */
		else if (damage == 3)
			test_image_seal(&image, word, PMS_ROLE_CHECKPOINT, PMS_VALUE_MAX); /* not in the stream */
		else
			test_image_seal(&image, word, PMS_ROLE_CHECKPOINT, 4096); /* before the region */
		test_image_save(&image, f.test->path);
		expect_walk_from_start(&f);
		test_image_free(&image);
	}
	test_log_free(&f.log);
}

/* R15: the checkpoint says that its entry was durable. When the log ends before it, acknowledged data is damaged. */
static void test_recovery_log_that_ends_before_its_checkpoint_is_refused(void **state)
{
	fixture f = begin(state, 2 * TEST_MIB);
	pms_error error;
	uint64_t word;
	int32_t end;

	fill(&f, 10000, 1000);
	test_image image = closed_image(&f, &word);
	const test_entry *last = &f.log.entries[f.log.count - 1];
	test_image_flip(&image, last->position.offset + PMS_ENTRY_HEADER_BYTES + 500, 1);
	test_image_save(&image, f.test->path);
	test_open_fails(f.test->path, PMS_OPEN_DEFAULT, PMS_E_CORRUPT, &error);
	assert_int_equal(error.position, last->position.offset);
	test_image_expect(&image, f.test->path);

	f.stream = test_open(f.test->path, PMS_OPEN_READ_ONLY);
	f.region = test_find(f.stream, "region");
	assert_true(test_recovery(f.stream).flags & PMS_STATE_ENTRIES_DAMAGED);
	assert_int_equal(test_recovery(f.stream).first_damage, last->position.offset);
	assert_int_equal(test_count_entries(f.region, &end), f.log.count - 1);
	assert_int_equal(end, PMS_E_CORRUPT);
	close_session(&f);
	test_image_expect(&image, f.test->path);

	f.stream = test_open(f.test->path, PMS_OPEN_SALVAGE);
	f.region = test_find(f.stream, "region");
	f.log.count--;
	assert_true(test_recovery(f.stream).flags & PMS_STATE_SALVAGED);
	assert_int_equal(test_recovery(f.stream).damaged_regions, 1);
	test_log_expect(&f.log, f.region);
	(void)test_log_append(&f.log, f.region, 100);
	test_check_is_clean(f.stream);
	close_session(&f);
	open_session(&f, f.test->path);
	assert_int_equal(test_recovery(f.stream).flags, 0);
	test_log_expect(&f.log, f.region);
	close_session(&f);
	test_log_free(&f.log);
	test_image_free(&image);
}

/* ---- what recovery makes durable ----------------------------------------------------------------------------------- */

static void expect_flushed_and_drained(uint64_t from, uint64_t to)
{
	size_t drain = test_medium_last(TEST_EVENT_DRAIN, 0, 0);

	for (uint64_t line = from & ~(uint64_t)63; line < to; line += 64) {
		size_t flushed = test_medium_first(TEST_EVENT_FLUSH, line, line + 64);
		if (flushed == SIZE_MAX || flushed > drain)
			fail_msg("the line at %llu was not made durable", (unsigned long long)line);
	}
}

/* R18: a killed process leaves bytes that are only in the cache. All that is relied upon is made durable first. */
static void test_recovery_makes_durable_all_that_it_relies_upon(void **state)
{
	static const uint64_t words[] = {
	    PMS_CEILING_A, PMS_PERSISTED_TIMESTAMP, PMS_LAYOUT_EPOCH, PMS_STREAM_SIZE,	PMS_CEILING_B,
	    PMS_HEADER_A,  PMS_HEADER_A + 64,	    PMS_HEADER_B,     PMS_HEADER_B + 64};
	fixture f = begin(state, 4 * TEST_MIB);
	uint64_t checkpoint;

	fill(&f, 2 * TEST_MIB + 300000, 20000);
	uint64_t tail = pms_region_committed(f.region), offset = test_region_info(f.region).offset;
	uint64_t rest = offset + test_region_info(f.region).total_bytes;
	test_image_copy(f.test->path, test_file(f.test, "copy"));
	close_session(&f);
	test_medium_watch_next();
	open_session(&f, test_file(f.test, "copy"));
	test_image image = test_image_load(test_file(f.test, "copy"));
	checkpoint = test_image_unseal(&image, offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT);
	assert_true(checkpoint > offset + TEST_MIB && checkpoint < tail);
	expect_flushed_and_drained(checkpoint, tail);
	expect_flushed_and_drained(offset, offset + PMS_REGION_HEADER_BYTES);
	expect_flushed_and_drained(rest + PMS_REGION_EXTENT, rest + PMS_REGION_EXTENT + 8);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		expect_flushed_and_drained(words[i], words[i] + 8);
	/* And nothing that no checkpoint bounds: the log before it was durable already. */
	assert_int_equal(
	    test_medium_count(TEST_EVENT_FLUSH, offset + PMS_REGION_HEADER_BYTES, checkpoint & ~(uint64_t)63), 0);
	test_log_expect(&f.log, f.region);
	close_session(&f);
	test_medium_forget();
	test_image_free(&image);
	test_log_free(&f.log);
}

/* A reader calls durable only what a checkpoint proves (R20), and shows everything. */
static void test_recovery_reader_claims_only_what_the_checkpoint_proves(void **state)
{
	fixture f = begin(state, 4 * TEST_MIB);

	fill(&f, 2 * TEST_MIB + 300000, 20000);
	uint64_t tail = pms_region_committed(f.region);
	test_image_copy(f.test->path, test_file(f.test, "copy"));
	close_session(&f);
	f.stream = test_open(test_file(f.test, "copy"), PMS_OPEN_READ_ONLY);
	f.region = test_find(f.stream, "region");
	assert_int_equal(pms_region_committed(f.region), tail);
	assert_in_range(pms_region_persisted(f.region), tail - TEST_MIB - 40000, tail - 1);
	test_log_expect(&f.log, f.region);
	close_session(&f);
	test_log_free(&f.log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_recovery_after_each_of_five_kills_keeps_everything),
	    TEST_ON_BOTH(test_recovery_repeated_without_new_entries_changes_nothing),
	    TEST_ON_BOTH(test_recovery_new_session_has_later_timestamps),
	    TEST_ON_BOTH(test_recovery_after_clean_close_walks_nothing),
	    TEST_ON_BOTH(test_recovery_walks_only_from_the_checkpoint),
	    TEST_ON_BOTH(test_recovery_open_reservation_holds_the_checkpoint_back),
	    TEST_ON_BOTH(test_recovery_unusable_checkpoint_walks_from_the_start),
	    TEST_ON_BOTH(test_recovery_log_that_ends_before_its_checkpoint_is_refused),
	    TEST_ON_BOTH(test_recovery_makes_durable_all_that_it_relies_upon),
	    TEST_ON_BOTH(test_recovery_reader_claims_only_what_the_checkpoint_proves),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
