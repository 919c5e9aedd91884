/* SPDX-License-Identifier: MIT */
/* Deferred appends: visible on return, durable by what comes later, and until then a prefix of their order. */
#include "engine.h"
#include "support_medium.h"

#define BATCH 64

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	test_log log;
} fixture;

static fixture begin_sized(void **state, uint32_t alignment, uint64_t region_bytes)
{
	fixture f = {.test = test_begin(state)};

	test_medium_watch_next();
	f.stream = test_create(f.test->path, 2 * region_bytes);
	f.region = test_region(f.stream, "region", region_bytes, alignment);
	return f;
}

static fixture begin(void **state, uint32_t alignment) { return begin_sized(state, alignment, 4 * TEST_MIB); }

static pms_position defer(fixture *f, uint64_t bytes)
{
	uint64_t seed = 1000 + f->log.count;
	uint8_t *data = malloc(bytes + 1);
	pms_position position;
	pms_error error;

	assert_non_null(data);
	test_fill(data, bytes, seed);
	assert_int_equal(pms_region_append_deferred(f->region, data, bytes, &position, &error), PMS_OK);
	assert_int_equal(error.status, PMS_OK);
	test_log_add(&f->log, position, bytes, seed);
	free(data);
	return position;
}

static void end(fixture *f)
{
	pms_region_release(f->region);
	test_close(f->stream);
	test_medium_forget();
	test_log_free(&f->log);
}

/* The image holds the first entries of the log, at least `least`, and goes on from there. Returns how many. */
static size_t expect_prefix(const fixture *f, test_image *image, size_t least)
{
	const char *path = test_file(f->test, "image");
	size_t all = f->log.count;
	test_log found = f->log;
	int32_t ended;

	test_image_save(image, path);
	test_image_free(image);
	pms_stream *stream = test_open(path, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	assert_int_equal(test_recovery(stream).flags, 0);
	found.count = test_count_entries(region, &ended);
	assert_int_equal(ended, PMS_E_END);
	assert_in_range(found.count, least, all);
	test_log_expect(&found, region);
	(void)test_append(region, 100, 5);
	assert_int_equal(test_count_entries(region, &ended), found.count + 1);
	test_check_is_clean(stream);
	pms_region_release(region);
	test_close(stream);
	return found.count;
}

/* Not one flush, no drain, nothing stored but the entry; visible at once. */
static void test_deferred_is_visible_on_return_and_costs_no_flush(void **state)
{
	static const uint64_t sizes[] = {0, 1, 8, 40, 64, 1000, 4072, 4073, 9000, 70001, 300000};

	for (uint32_t alignment = 8; alignment <= 4096; alignment *= 8) {
		fixture f = begin(state, alignment);
		uint64_t persisted = pms_region_persisted(f.region);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			test_medium_reset();
			pms_position at = defer(&f, sizes[i]);
			uint64_t stored_end = at.offset + PMS_ENTRY_HEADER_BYTES + pms_round_up(sizes[i], 8);
			assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, 0, UINT64_MAX), 0);
			assert_int_equal(test_medium_drains(), 0);
			assert_int_equal(test_medium_count(TEST_EVENT_STORE, 0, at.offset), 0);
			assert_int_equal(test_medium_count(TEST_EVENT_STORE, stored_end, UINT64_MAX), 0);
			assert_true(test_medium_count(TEST_EVENT_STORE, at.offset, stored_end) > 0);
			assert_int_equal(pms_region_persisted(f.region), persisted);
			assert_true(pms_region_committed(f.region) >= stored_end);
		}
		test_log_expect(&f.log, f.region);
		assert_int_equal(test_region_info(f.region).last_timestamp,
				 f.log.entries[f.log.count - 1].position.timestamp);
		end(&f);
		(void)remove(f.test->path);
	}
}

static void expect_each_line_once(uint64_t from, uint64_t to)
{
	for (uint64_t line = from & ~(uint64_t)63; line < to; line += 64)
		assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, line, line + 64), 1);
}

/* A batch costs one drain, and one flush of each of its lines. */
static void test_deferred_batch_and_persist_is_one_drain_and_each_line_once(void **state)
{
	for (uint32_t alignment = 8; alignment <= 64; alignment *= 8) {
		fixture f = begin(state, alignment);
		for (int round = 0; round < 3; round++) {
			uint64_t first = pms_region_committed(f.region);
			test_medium_reset();
			for (int i = 0; i < BATCH; i++)
				(void)defer(&f, 40);
			assert_int_equal(test_medium_drains(), 0);
			assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
			uint64_t last = pms_region_committed(f.region);
			assert_int_equal(test_medium_drains(), 1);
			assert_int_equal(pms_region_persisted(f.region), last);
			expect_each_line_once(first, last);
			assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, 0, first & ~(uint64_t)63), 0);
			/* And nothing at all when there is nothing left. */
			test_medium_reset();
			assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
			assert_int_equal(test_medium_event_count(), 0);
		}
		end(&f);
		(void)remove(f.test->path);
	}
}

/* R3: who appends durably behind deferred entries flushes them under his own, single drain. */
static void test_deferred_before_a_durable_append_goes_under_its_drain(void **state)
{
	fixture f = begin(state, 64);
	uint64_t first = pms_region_committed(f.region);

	for (int i = 0; i < 5; i++)
		(void)defer(&f, 100);
	test_medium_reset();
	(void)test_log_append(&f.log, f.region, 200);
	uint64_t last = pms_region_committed(f.region);
	assert_int_equal(test_medium_drains(), 1);
	assert_int_equal(pms_region_persisted(f.region), last);
	expect_each_line_once(first, last);
	test_image image = test_medium_power_cut(0);
	assert_int_equal(expect_prefix(&f, &image, 6), 6);
	/* The next one has nothing to do with them. */
	test_medium_reset();
	(void)test_append(f.region, 10, 1);
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, 0, last), 0);
	end(&f);
}

/* Behind an open reservation: its header is flushed, the space that is written to meanwhile is left alone. */
static void test_deferred_around_an_open_reservation_is_persisted_past_it(void **state)
{
	fixture f = begin(state, 64);
	pms_reservation *reservation;
	pms_position open;
	void *space;
	int32_t ended;

	(void)defer(&f, 50);
	assert_int_equal(pms_region_reserve(f.region, 1000, &reservation, &space, &open, NULL), PMS_OK);
	pms_position behind = defer(&f, 60);
	assert_int_equal(test_count_entries(f.region, &ended), 1);
	test_medium_reset();
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
	assert_int_equal(test_medium_drains(), 1);
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, open.offset, open.offset + PMS_ENTRY_HEADER_BYTES), 1);
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, open.offset + 64, behind.offset), 0);
	assert_int_equal(pms_region_committed(f.region), open.offset);
	assert_int_equal(pms_region_persisted(f.region), behind.offset + 128);
	test_image image = test_medium_power_cut(0);
	assert_int_equal(expect_prefix(&f, &image, 2), 2);
	pms_reservation_release(reservation);
	end(&f);
}

/* A power cut leaves a prefix: any of it, and after a persist at least what that promised. A kill leaves everything. */
static void test_deferred_after_a_crash_is_a_prefix(void **state)
{
	uint64_t random = test_seed();
	size_t shortest = SIZE_MAX, longest = 0;
	const int rounds = TEST_ROUNDS(30);

	for (int round = 0; round < rounds; round++) {
		/* Small: its image is written again and again. */
		fixture f = begin_sized(state, round % 2 ? 64 : 8, 32 * TEST_KIB);
		size_t promised = 0;
		for (int i = 0; i < 12; i++) {
			/* The first that nobody persists is small, so that some cuts leave it whole. */
			(void)defer(&f, i == 6 ? 0 : test_random_below(&random, 300));
			if (i != 5)
				continue;
			assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
			promised = f.log.count;
			test_image old = test_medium_power_cut(0);
			assert_int_equal(expect_prefix(&f, &old, promised), promised);
		}
		test_image killed = test_medium_kill();
		assert_int_equal(expect_prefix(&f, &killed, 12), 12);
		/* On in the last round, while none has cut otherwise than the others. */
		for (int cut = 0; cut < 4 || (round + 1 == rounds && shortest == longest && cut < 1000); cut++) {
			test_image image = test_medium_power_cut(1 + test_random(&random) / 2);
			size_t count = expect_prefix(&f, &image, promised);
			shortest = count < shortest ? count : shortest;
			longest = count > longest ? count : longest;
		}
		end(&f);
		(void)remove(f.test->path);
	}
	assert_true(shortest < longest); /* the cuts did cut */
}

/* Close makes them durable, and its checkpoint does not lie. */
static void test_deferred_is_there_after_a_close(void **state)
{
	fixture f = begin(state, 64);

	for (int i = 0; i < 40; i++)
		(void)defer(&f, 50000);
	pms_cursor *cursor;
	assert_int_equal(pms_cursor_open(f.region, NULL, &cursor, NULL), PMS_OK); /* keeps the mapping */
	assert_int_equal(pms_stream_close(f.stream), PMS_OK);
	test_image image = test_medium_power_cut(0);
	assert_int_equal(expect_prefix(&f, &image, 40), 40);
	pms_cursor_close(cursor);
	end(&f);
}

/* R9: deferred entries hold the checkpoint back, and a persist lets it move on. */
static void test_deferred_entries_hold_the_checkpoint_back(void **state)
{
	fixture f = begin(state, 64);
	uint64_t word = test_region_info(f.region).offset + PMS_REGION_CHECKPOINT, value = 0;

	test_medium_reset();
	for (int i = 0; i < 30; i++)
		(void)defer(&f, 60000);
	assert_int_equal(test_medium_count(TEST_EVENT_STORE, word, word + 8), 0);
	uint64_t last = f.log.entries[29].position.offset;
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
	(void)test_log_append(&f.log, f.region, 10);
	assert_true(test_medium_count(TEST_EVENT_STORE, word, word + 8) > 0);
	assert_true(pms_word_read(f.stream, word, PMS_ROLE_CHECKPOINT, &value));
	assert_int_equal(value, last);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_deferred_is_visible_on_return_and_costs_no_flush),
	    TEST_ON_BOTH(test_deferred_batch_and_persist_is_one_drain_and_each_line_once),
	    TEST_ON_BOTH(test_deferred_before_a_durable_append_goes_under_its_drain),
	    TEST_ON_BOTH(test_deferred_around_an_open_reservation_is_persisted_past_it),
	    TEST_ON_BOTH(test_deferred_after_a_crash_is_a_prefix),
	    TEST_ON_BOTH(test_deferred_is_there_after_a_close),
	    TEST_ON_BOTH(test_deferred_entries_hold_the_checkpoint_back),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
