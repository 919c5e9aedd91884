/* SPDX-License-Identifier: MIT */
/* What each verb costs in flushes and drains, and in which order it does what it does: on a watched medium. */
#include "engine.h"
#include "support_medium.h"

static pms_stream *create_watched(const test_case *test)
{
	test_medium_watch_next();
	return test_create(test->path, 8 * TEST_MIB);
}

static void close_watched(pms_stream *stream, pms_region *region)
{
	pms_region_release(region);
	test_close(stream);
	test_medium_forget();
}

/* Each line of [from, to) was flushed once. */
static void expect_flushed_once(uint64_t from, uint64_t to)
{
	for (uint64_t line = from & ~(uint64_t)63; line < to; line += 64)
		if (test_medium_count(TEST_EVENT_FLUSH, line, line + 64) != 1)
			fail_msg("the line at %llu was flushed %zu times", (unsigned long long)line,
				 test_medium_count(TEST_EVENT_FLUSH, line, line + 64));
}

/* All that was stored lies in [from, to). */
static void expect_stores_inside(uint64_t from, uint64_t to)
{
	assert_int_equal(test_medium_count(TEST_EVENT_STORE, 0, from), 0);
	assert_int_equal(test_medium_count(TEST_EVENT_STORE, to, UINT64_MAX), 0);
	assert_true(test_medium_count(TEST_EVENT_STORE, from, to) > 0);
}

/* One fence, no line flushed twice, nothing but the entry touched. */
static void test_cost_plain_append_is_one_drain_and_each_line_once(void **state)
{
	static const uint64_t sizes[] = {0, 8, 40, 64, 1000, 4072, 4073, 9000, 70001, 300000};
	static const uint32_t alignments[] = {8, 64, 4096};
	test_case *test = test_begin(state);
	pms_stream *stream = create_watched(test);

	for (size_t i = 0; i < 3; i++) {
		pms_region *region = test_region(stream, NULL, TEST_MIB, alignments[i]);
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			test_medium_reset();
			pms_position at = test_append(region, sizes[j], j);
			uint64_t end = at.offset + PMS_ENTRY_HEADER_BYTES + pms_round_up(sizes[j], 8);
			assert_int_equal(test_medium_drains(), 1);
			expect_flushed_once(at.offset, end);
			expect_stores_inside(at.offset, end);
			assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, 0, at.offset & ~(uint64_t)63), 0);
			assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, pms_round_up(end, 64), UINT64_MAX), 0);
			assert_int_equal(test_medium_first(TEST_EVENT_DRAIN, 0, 0), test_medium_event_count() - 1);
		}
		pms_region_release(region);
	}
	close_watched(stream, NULL);
}

/* R3, R10: reserve flushes nothing; who appends behind it flushes its header under his own fence, and only once. */
static void test_cost_append_behind_open_reservation_is_one_drain(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = create_watched(test);
	pms_region *region = test_region(stream, "region", TEST_MIB, 64);
	pms_reservation *reservation;
	pms_position open;
	void *space;

	test_medium_reset();
	assert_int_equal(pms_region_reserve(region, 1000, &reservation, &space, &open, NULL), PMS_OK);
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, 0, UINT64_MAX), 0);
	assert_int_equal(test_medium_drains(), 0);
	expect_stores_inside(open.offset, open.offset + PMS_ENTRY_HEADER_BYTES);

	test_medium_reset();
	pms_position behind = test_append(region, 100, 1);
	assert_int_equal(test_medium_drains(), 1);
	expect_flushed_once(open.offset, open.offset + PMS_ENTRY_HEADER_BYTES);
	expect_flushed_once(behind.offset, behind.offset + PMS_ENTRY_HEADER_BYTES + 100);
	assert_int_equal(pms_region_committed(region), open.offset);
	assert_int_equal(pms_region_persisted(region), behind.offset + 128);

	test_medium_reset();
	(void)test_append(region, 100, 2);
	assert_int_equal(test_medium_drains(), 1);
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, 0, behind.offset + 128), 0);
	pms_reservation_release(reservation);
	close_watched(stream, region);
}

/* R10: one fence where nobody followed. The header goes last, in front of the only drain. */
static void test_cost_publish_nobody_followed_is_one_drain(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = create_watched(test);
	pms_region *region = test_region(stream, "region", TEST_MIB, 64);
	pms_reservation *reservation;
	pms_position at;
	void *space;

	assert_int_equal(pms_region_reserve(region, 1000, &reservation, &space, &at, NULL), PMS_OK);
	memset(space, 7, 1000);
	test_medium_reset();
	assert_int_equal(pms_reservation_publish(reservation, 500, NULL, NULL), PMS_OK);
	assert_int_equal(test_medium_drains(), 1);
	expect_flushed_once(at.offset, at.offset + PMS_ENTRY_HEADER_BYTES + 504);
	expect_stores_inside(at.offset, at.offset + PMS_ENTRY_HEADER_BYTES + 504);
	pms_reservation_release(reservation);
	close_watched(stream, region);
}

/* R10: two where somebody did: payload and size word are durable before the checksum word is stored. */
static void test_cost_publish_followed_is_two_drains_with_the_checksum_between(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = create_watched(test);
	pms_region *region = test_region(stream, "region", TEST_MIB, 64);
	pms_reservation *reservation;
	pms_position at;
	void *space;

	assert_int_equal(pms_region_reserve(region, 1000, &reservation, &space, &at, NULL), PMS_OK);
	memset(space, 7, 1000);
	(void)test_append(region, 10, 1);
	test_medium_reset();
	assert_int_equal(pms_reservation_publish(reservation, 1000, NULL, NULL), PMS_OK);
	assert_int_equal(test_medium_drains(), 2);
	size_t first_drain = test_medium_first(TEST_EVENT_DRAIN, 0, 0);
	size_t checksum = test_medium_first(TEST_EVENT_STORE, at.offset + 16, at.offset + 24);
	assert_true(test_medium_last(TEST_EVENT_STORE, at.offset, at.offset + 8) < first_drain);
	assert_true(test_medium_last(TEST_EVENT_FLUSH, at.offset + 512, at.offset + 1024) < first_drain);
	assert_true(checksum != SIZE_MAX && checksum > first_drain);
	assert_true(test_medium_last(TEST_EVENT_FLUSH, at.offset + 16, at.offset + 24) > checksum);
	assert_int_equal(test_medium_last(TEST_EVENT_DRAIN, 0, 0), test_medium_event_count() - 1);
	pms_reservation_release(reservation);
	close_watched(stream, region);
}

/* R10: abandon is one store; whoever persists past it flushes its header. */
static void test_cost_abandon_is_one_store_that_the_next_append_flushes(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = create_watched(test);
	pms_region *region = test_region(stream, "region", TEST_MIB, 64);
	pms_reservation *reservation;
	pms_position at;
	void *space;

	assert_int_equal(pms_region_reserve(region, 1000, &reservation, &space, &at, NULL), PMS_OK);
	test_medium_reset();
	assert_int_equal(pms_reservation_abandon(reservation, NULL), PMS_OK);
	assert_int_equal(test_medium_event_count(), 1);
	assert_int_equal(test_medium_count(TEST_EVENT_STORE, at.offset + 16, at.offset + 24), 1);
	assert_int_equal(pms_region_persisted(region), at.offset);
	assert_int_equal(pms_region_committed(region), at.offset + 1024);
	test_medium_reset();
	(void)test_append(region, 10, 1);
	assert_int_equal(test_medium_drains(), 1);
	expect_flushed_once(at.offset, at.offset + PMS_ENTRY_HEADER_BYTES);
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, at.offset + 64, at.offset + 1024), 0);
	pms_reservation_release(reservation);
	close_watched(stream, region);
}

/* R9: the append that crosses a MiB stores the checkpoint, and it rides on that append's fence. */
static void test_cost_checkpoint_rides_on_the_drain_of_an_append(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = create_watched(test);
	pms_region *region = test_region(stream, "region", 6 * TEST_MIB, 64);
	uint64_t word = test_region_info(region).offset + PMS_REGION_CHECKPOINT;
	uint64_t moved = 0, appended = 0, value, previous_start = 0;

	for (int i = 0; i < 80; i++) {
		uint64_t persisted = pms_region_persisted(region);
		test_medium_reset();
		pms_position at = test_append(region, 60000, 1);
		appended += 60000;
		assert_int_equal(test_medium_drains(), 1);
		size_t stored = test_medium_first(TEST_EVENT_STORE, word, word + 8);
		if (stored != SIZE_MAX) {
			moved++;
			assert_int_equal(test_medium_count(TEST_EVENT_STORE, word, word + 8), 1);
			size_t flushed = test_medium_first(TEST_EVENT_FLUSH, word, word + 8);
			assert_true(flushed > stored && flushed < test_medium_first(TEST_EVENT_DRAIN, 0, 0));
			assert_true(pms_word_read(stream, word, PMS_ROLE_CHECKPOINT, &value));
			/* An entry that was committed and persisted whole before this append: the one before it. */
			assert_int_equal(value, previous_start);
			assert_true(value < persisted);
		}
		previous_start = at.offset;
	}
	/* About one for each MiB. */
	assert_in_range(moved, appended / TEST_MIB - 1, appended / TEST_MIB);
	close_watched(stream, region);
}

/* R5: no timestamp at or above the old ceiling is stored before the new one is drained. */
static void test_cost_ceiling_is_drained_before_a_timestamp_above_it_is_stored(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = create_watched(test);
	pms_region *region = test_region(stream, "region", TEST_MIB, 64);
	uint64_t limit = atomic_load(&stream->timestamp_limit), ceiling;
	uint64_t places[] = {PMS_CEILING_A, PMS_CEILING_B};

	atomic_store(&stream->next_timestamp, limit);
	test_medium_reset();
	pms_position at = test_append(region, 10, 1);
	assert_true(at.timestamp >= limit);
	assert_int_equal(test_medium_drains(), 2);
	size_t drained = test_medium_first(TEST_EVENT_DRAIN, 0, 0);
	for (int i = 0; i < 2; i++) {
		size_t stored = test_medium_first(TEST_EVENT_STORE, places[i], places[i] + 8);
		size_t flushed = test_medium_first(TEST_EVENT_FLUSH, places[i], places[i] + 8);
		assert_true(stored < flushed && flushed < drained);
		assert_true(pms_word_read(stream, places[i], PMS_ROLE_CEILING, &ceiling));
		assert_true(at.timestamp < ceiling);
	}
	assert_true(test_medium_first(TEST_EVENT_STORE, at.offset, at.offset + 24) > drained);

	/* Half a leap ahead it is raised early: the append that does it needs none of it yet. */
	limit = atomic_load(&stream->timestamp_limit);
	atomic_store(&stream->next_timestamp, limit - PMS_CEILING_LEAP / 2);
	assert_true(test_append(region, 10, 1).timestamp < limit);
	assert_true(atomic_load(&stream->timestamp_limit) > limit);
	close_watched(stream, region);
}

/* What readers in other processes notice changes of the layout by. */
static uint64_t stored_epoch(const pms_stream *stream)
{
	uint64_t epoch;

	assert_true(pms_word_read(stream, PMS_LAYOUT_EPOCH, PMS_ROLE_LAYOUT_EPOCH, &epoch));
	return epoch;
}

/* R13: checkpoint := none, drain; base := fresh, drain. The layout epoch changes with the first. */
static void test_cost_clear_is_two_drains_in_the_order_of_the_rule(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = create_watched(test);
	pms_region *region = test_region(stream, "region", TEST_MIB, 64);
	uint64_t offset = test_region_info(region).offset;

	(void)test_append(region, 100, 1);
	uint64_t epoch = stored_epoch(stream);
	test_medium_reset();
	assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
	assert_true(stored_epoch(stream) != epoch);
	assert_int_equal(test_medium_drains(), 2);
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, 0, UINT64_MAX), 3);
	size_t first = test_medium_first(TEST_EVENT_DRAIN, 0, 0);
	size_t second = test_medium_last(TEST_EVENT_DRAIN, 0, 0);
	uint64_t checkpoint = offset + PMS_REGION_CHECKPOINT, base = offset + PMS_REGION_BASE;
	assert_true(test_medium_first(TEST_EVENT_STORE, PMS_LAYOUT_EPOCH, PMS_LAYOUT_EPOCH + 8) < first);
	assert_true(test_medium_first(TEST_EVENT_FLUSH, PMS_LAYOUT_EPOCH, PMS_LAYOUT_EPOCH + 8) < first);
	assert_true(test_medium_first(TEST_EVENT_FLUSH, checkpoint, checkpoint + 8) < first);
	assert_true(test_medium_first(TEST_EVENT_STORE, base, base + 8) > first);
	assert_true(test_medium_last(TEST_EVENT_FLUSH, base, base + 8) < second);
	assert_int_equal(second, test_medium_event_count() - 1);
	/* O(1): not one store among the entries. */
	assert_int_equal(test_medium_count(TEST_EVENT_STORE, offset + PMS_REGION_HEADER_BYTES, UINT64_MAX), 0);
	close_watched(stream, region);
}

/* Create: all of the header is drained before the one store that makes it a region. Free: one store. */
static void test_cost_create_and_free_take_effect_by_one_store_behind_a_drain(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = create_watched(test);

	uint64_t epoch = stored_epoch(stream);
	test_medium_reset();
	pms_region *region = test_region(stream, "region", TEST_MIB, 64);
	assert_true(stored_epoch(stream) != epoch);
	uint64_t offset = test_region_info(region).offset, rest = offset + test_region_info(region).total_bytes;
	uint64_t extent = offset + PMS_REGION_EXTENT;
	assert_in_range(test_medium_drains(), 2, 3);
	size_t drain = test_medium_first(TEST_EVENT_DRAIN, 0, 0);
	assert_int_equal(test_medium_count(TEST_EVENT_STORE, extent, extent + 8), 1);
	size_t effect = test_medium_first(TEST_EVENT_STORE, extent, extent + 8);
	assert_true(effect > drain);
	for (uint64_t line = offset; line < offset + PMS_REGION_HEADER_BYTES; line += 64)
		if (line != extent)
			assert_true(test_medium_last(TEST_EVENT_STORE, line, line + 64) < drain);
	assert_true(test_medium_last(TEST_EVENT_FLUSH, rest + PMS_REGION_EXTENT, rest + PMS_REGION_EXTENT + 8) < drain);
	assert_true(test_medium_last(TEST_EVENT_FLUSH, extent, extent + 8) > effect);
	assert_int_equal(test_medium_last(TEST_EVENT_DRAIN, 0, 0), test_medium_event_count() - 1);

	(void)test_append(region, 100, 1);
	epoch = stored_epoch(stream);
	test_medium_reset();
	assert_int_equal(pms_region_free(region, NULL), PMS_OK);
	assert_true(stored_epoch(stream) != epoch);
	assert_in_range(test_medium_drains(), 1, 4);
	assert_int_equal(test_medium_last(TEST_EVENT_DRAIN, 0, 0), test_medium_event_count() - 1);
	assert_int_equal(test_medium_count(TEST_EVENT_STORE, offset + PMS_REGION_HEADER_BYTES, rest), 0);
	close_watched(stream, region);
}

static void test_cost_read_only_session_stores_nothing(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = create_watched(test);
	pms_region *region = test_region(stream, "region", TEST_MIB, 64);
	test_log log = {0};

	for (int i = 0; i < 10; i++)
		(void)test_log_append(&log, region, 100);
	close_watched(stream, region);
	test_medium_watch_next();
	stream = test_open(test->path, PMS_OPEN_READ_ONLY);
	region = test_find(stream, "region");
	test_log_expect(&log, region);
	test_check_is_clean(stream);
	pms_region_release(region);
	test_close(stream);
	assert_int_equal(test_medium_event_count(), 0);
	test_medium_forget();
	test_log_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_cost_plain_append_is_one_drain_and_each_line_once),
	    TEST_ON_BOTH(test_cost_append_behind_open_reservation_is_one_drain),
	    TEST_ON_BOTH(test_cost_publish_nobody_followed_is_one_drain),
	    TEST_ON_BOTH(test_cost_publish_followed_is_two_drains_with_the_checksum_between),
	    TEST_ON_BOTH(test_cost_abandon_is_one_store_that_the_next_append_flushes),
	    TEST_ON_BOTH(test_cost_checkpoint_rides_on_the_drain_of_an_append),
	    TEST_ON_BOTH(test_cost_ceiling_is_drained_before_a_timestamp_above_it_is_stored),
	    TEST_ON_BOTH(test_cost_clear_is_two_drains_in_the_order_of_the_rule),
	    TEST_ON_BOTH(test_cost_create_and_free_take_effect_by_one_store_behind_a_drain),
	    TEST_ON_BOTH(test_cost_read_only_session_stores_nothing),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
