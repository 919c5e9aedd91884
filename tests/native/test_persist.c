/* SPDX-License-Identifier: MIT */
/* Persist of a region and of the stream (R14): what it promises, what it costs, what it refuses. */
#include "engine.h"
#include "support_medium.h"

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *regions[2];
} fixture;

static fixture begin(void **state)
{
	fixture f = {.test = test_begin(state)};

	test_medium_watch_next();
	f.stream = test_create(f.test->path, TEST_STREAM_BYTES);
	f.regions[0] = test_region(f.stream, "zero", TEST_MIB, 64);
	f.regions[1] = test_region(f.stream, "one", TEST_MIB, 8);
	return f;
}

static pms_position defer(pms_region *region, uint64_t bytes)
{
	uint8_t data[500] = {0};
	pms_position position;

	assert_int_equal(pms_region_append_deferred(region, data, bytes, &position, NULL), PMS_OK);
	return position;
}

static uint64_t persist_stream(fixture *f)
{
	uint64_t timestamp = 0;
	pms_error error;

	assert_int_equal(pms_stream_persist(f->stream, &timestamp, &error), PMS_OK);
	assert_int_equal(error.status, PMS_OK);
	assert_int_equal(pms_stream_persisted_timestamp(f->stream), timestamp);
	return timestamp;
}

static void end(fixture *f)
{
	for (int i = 0; i < 2; i++)
		pms_region_release(f->regions[i]);
	test_close(f->stream);
	test_medium_forget();
}

/* ---- a region ------------------------------------------------------------------------------------------------------ */

static void test_persist_to_a_position_is_that_entry_at_least(void **state)
{
	fixture f = begin(state);
	pms_position at[4];

	for (int i = 0; i < 4; i++)
		at[i] = defer(f.regions[0], 40);
	test_medium_reset();
	assert_int_equal(pms_region_persist(f.regions[0], &at[1], NULL), PMS_OK);
	assert_int_equal(test_medium_drains(), 1);
	assert_true(pms_region_persisted(f.regions[0]) > at[1].offset);
	/* What is durable costs nothing, whatever is not. */
	(void)defer(f.regions[0], 40);
	test_medium_reset();
	assert_int_equal(pms_region_persist(f.regions[0], &at[0], NULL), PMS_OK);
	assert_int_equal(pms_region_persist(f.regions[0], &at[1], NULL), PMS_OK);
	assert_int_equal(test_medium_event_count(), 0);
	end(&f);
}

static void test_persist_to_no_entry_is_refused(void **state)
{
	fixture f = begin(state);
	pms_position before = defer(f.regions[0], 40);
	pms_error error;

	assert_int_equal(pms_region_clear(f.regions[0], NULL), PMS_OK);
	pms_position at = defer(f.regions[0], 40), other = defer(f.regions[1], 40);
	const pms_position wrong[] = {
	    before, /* of the life before, at the same place */
	    other,
	    {.offset = at.offset, .timestamp = at.timestamp + 1},
	    {.offset = at.offset + 64, .timestamp = at.timestamp},
	    {.offset = at.offset + 8, .timestamp = at.timestamp},
	    {.offset = at.offset - 8, .timestamp = at.timestamp},
	    {.offset = 0, .timestamp = at.timestamp},
	    {.offset = UINT64_MAX, .timestamp = at.timestamp},
	    {0},
	};
	test_medium_reset();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(pms_region_persist(f.regions[0], &wrong[i], &error), PMS_E_NO_ENTRY);
		test_error_says(&error, PMS_E_NO_ENTRY);
	}
	assert_int_equal(test_medium_event_count(), 0);
	assert_int_equal(pms_region_persist(f.regions[0], &at, NULL), PMS_OK);
	assert_int_equal(pms_region_clear(f.regions[0], NULL), PMS_OK); /* and nobody is counted any more */
	end(&f);
}

/* R10: an abandoned reservation needs no flush of its own; who persists past it flushes its header. */
static void test_persist_past_an_abandoned_reservation_flushes_its_header(void **state)
{
	fixture f = begin(state);
	pms_reservation *reservation;
	pms_position at;
	void *space;

	assert_int_equal(pms_region_reserve(f.regions[0], 1000, &reservation, &space, &at, NULL), PMS_OK);
	assert_int_equal(pms_reservation_abandon(reservation, NULL), PMS_OK);
	pms_reservation_release(reservation);
	test_medium_reset();
	assert_int_equal(pms_region_persist(f.regions[0], NULL, NULL), PMS_OK);
	assert_int_equal(test_medium_drains(), 1);
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, at.offset, at.offset + PMS_ENTRY_HEADER_BYTES), 1);
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, at.offset + 64, UINT64_MAX), 0);
	assert_int_equal(pms_region_persisted(f.regions[0]), pms_region_committed(f.regions[0]));
	end(&f);
}

/* ---- the stream ---------------------------------------------------------------------------------------------------- */

/* One drain for all regions, one for the timestamp, which is stored behind the first. */
static void test_stream_persist_is_two_drains_and_stores_what_it_returns(void **state)
{
	fixture f = begin(state);
	uint64_t stored;

	pms_position first = defer(f.regions[0], 40), last = defer(f.regions[1], 40);
	test_medium_reset();
	uint64_t timestamp = persist_stream(&f);
	assert_true(first.timestamp <= timestamp && last.timestamp <= timestamp);
	assert_int_equal(test_medium_drains(), 2);
	size_t word = test_medium_first(TEST_EVENT_STORE, PMS_PERSISTED_TIMESTAMP, PMS_PERSISTED_TIMESTAMP + 8);
	assert_true(word != SIZE_MAX && word > test_medium_first(TEST_EVENT_DRAIN, 0, 0));
	assert_true(test_medium_last(TEST_EVENT_FLUSH, last.offset, last.offset + 8) <
		    test_medium_first(TEST_EVENT_DRAIN, 0, 0));
	assert_true(pms_word_read(f.stream, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, &stored));
	assert_int_equal(stored, timestamp);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pms_region_persisted(f.regions[i]), pms_region_committed(f.regions[i]));
	/* The next session knows it, and has later timestamps. */
	end(&f);
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(pms_stream_persisted_timestamp(f.stream), timestamp);
	f.regions[0] = test_find(f.stream, "zero");
	assert_true(test_append(f.regions[0], 10, 1).timestamp > timestamp);
	pms_region_release(f.regions[0]);
	test_close(f.stream);
}

/* It stops before the first open reservation of any region, and never goes back. */
static void test_stream_persist_stops_before_the_first_open_reservation(void **state)
{
	fixture f = begin(state);
	pms_reservation *reservation;
	pms_position open;
	void *space;

	pms_position before = defer(f.regions[0], 40);
	uint64_t earlier = persist_stream(&f);
	assert_int_equal(pms_region_reserve(f.regions[0], 100, &reservation, &space, &open, NULL), PMS_OK);
	pms_position behind = defer(f.regions[1], 40);
	uint64_t timestamp = persist_stream(&f);
	assert_true(timestamp >= before.timestamp && timestamp >= earlier && timestamp < open.timestamp);
	assert_int_equal(pms_region_persisted(f.regions[1]), pms_region_committed(f.regions[1])); /* all the same */
	assert_int_equal(persist_stream(&f), timestamp);
	assert_int_equal(pms_reservation_publish(reservation, 50, NULL, NULL), PMS_OK);
	timestamp = persist_stream(&f);
	assert_true(timestamp >= open.timestamp && timestamp >= behind.timestamp);
	pms_reservation_release(reservation);
	assert_int_equal(pms_stream_persist(f.stream, NULL, NULL), PMS_OK);
	end(&f);
}

/* R16: threads that found too few timestamps left have moved the counter beyond the ceiling; what is stored stays below. */
static void test_stream_persist_stays_below_the_ceiling(void **state)
{
	fixture f = begin(state);
	uint64_t ceiling;

	(void)defer(f.regions[0], 40);
	atomic_store(&f.stream->next_timestamp, atomic_load(&f.stream->timestamp_limit) + 3);
	uint64_t timestamp = persist_stream(&f);
	assert_true(pms_word_read(f.stream, PMS_CEILING_A, PMS_ROLE_CEILING, &ceiling));
	assert_int_equal(timestamp, ceiling - 1);
	assert_true(test_append(f.regions[0], 10, 1).timestamp > timestamp);
	assert_true(persist_stream(&f) > timestamp);
	end(&f);
}

/* What a power cut leaves has everything at or below the timestamp. */
static void test_stream_persist_survives_a_power_cut(void **state)
{
	static const char *const names[] = {"zero", "one"};
	fixture f = begin(state);
	uint64_t random = test_seed();
	int32_t ended;

	for (int round = 1; round <= 20; round++) {
		for (int i = 0; i < 2; i++)
			(void)defer(f.regions[i], test_random_below(&random, 400));
		uint64_t timestamp = persist_stream(&f);
		(void)defer(f.regions[round % 2], 100); /* after it */
		test_image image = test_medium_power_cut(round % 3 ? 1 + test_random(&random) / 2 : 0);
		test_image_save(&image, test_file(f.test, "cut"));
		test_image_free(&image);
		pms_stream *stream = test_open(test_file(f.test, "cut"), PMS_OPEN_DEFAULT);
		assert_int_equal(pms_stream_persisted_timestamp(stream), timestamp);
		for (int i = 0; i < 2; i++) {
			pms_region *region = test_find(stream, names[i]);
			uint64_t least = (uint64_t)(round + (round - 1 + i) / 2);
			uint64_t count = test_count_entries(region, &ended);
			assert_int_equal(ended, PMS_E_END);
			assert_in_range(count, least, least + 1);
			pms_region_release(region);
		}
		test_close(stream);
	}
	end(&f);
}

static void test_stream_persist_refused(void **state)
{
	fixture f = begin(state);
	uint64_t timestamp = 7;
	pms_error error;

	(void)test_append(f.regions[0], 10, 1);
	uint64_t stored = persist_stream(&f);
	assert_int_equal(pms_stream_persist(NULL, &timestamp, &error), PMS_E_INVALID_ARGUMENT);
	test_error_says(&error, PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_persisted_timestamp(NULL), 0);
	pms_stream *reader = test_open(f.test->path, PMS_OPEN_READ_ONLY);
	assert_int_equal(pms_stream_persist(reader, &timestamp, &error), PMS_E_READ_ONLY);
	test_error_says(&error, PMS_E_READ_ONLY);
	assert_int_equal(pms_stream_persisted_timestamp(reader), stored);
	test_close(reader);
	assert_int_equal(pms_stream_close(f.stream), PMS_OK);
	assert_int_equal(pms_stream_persist(f.stream, &timestamp, &error), PMS_E_CLOSED);
	test_error_says(&error, PMS_E_CLOSED);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_persist_to_a_position_is_that_entry_at_least),
	    TEST_ON_BOTH(test_persist_to_no_entry_is_refused),
	    TEST_ON_BOTH(test_persist_past_an_abandoned_reservation_flushes_its_header),
	    TEST_ON_BOTH(test_stream_persist_is_two_drains_and_stores_what_it_returns),
	    TEST_ON_BOTH(test_stream_persist_stops_before_the_first_open_reservation),
	    TEST_ON_BOTH(test_stream_persist_stays_below_the_ceiling),
	    TEST_ON_BOTH(test_stream_persist_survives_a_power_cut),
	    TEST_ON_BOTH(test_stream_persist_refused),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
