/* SPDX-License-Identifier: MIT */
/* Persist, deferred appends and close, met by other calls in the middle of a drain. On a watched medium. */
#include <errno.h>

#include "engine.h"
#include "support_meeting.h"

static int32_t persist_region(meeting *f) { return pms_region_persist(f->region, NULL, NULL); }

static int32_t persist_stream(meeting *f) { return pms_stream_persist(f->stream, NULL, NULL); }

static int32_t close_stream(meeting *f) { return pms_stream_close(f->stream); }

/* R3: whoever persists past a publish in mid-store waits for it: it may be a hole until it is drained. */
static void persist_meets_publish(void **state, int32_t (*persist)(meeting *))
{
	meeting f;

	meeting_begin(&f, state);
	meeting_reserve(&f);
	meeting_defer(&f, 60, 1);
	f.call = persist;
	f.meet = meeting_waiting_call;
	assert_int_equal(pms_reservation_publish(f.reservation, 100, NULL, NULL), PMS_OK);
	assert_int_equal(meeting_join(&f), PMS_OK);
	test_log_expect(&f.log, f.region);
	meeting_expect_durable(&f);
	meeting_end(&f);
}

static void test_persist_waits_for_a_publish_in_mid_store(void **state)
{
	persist_meets_publish(state, persist_region);
}

static void test_stream_persist_waits_for_a_publish_in_mid_store(void **state)
{
	persist_meets_publish(state, persist_stream);
}

/* R12: when that publish fails, so does the persist, and wakes. */
static void test_persist_behind_a_failed_publish_fails(void **state)
{
	meeting f;

	meeting_begin(&f, state);
	meeting_reserve(&f);
	meeting_defer(&f, 60, 1);
	f.call = persist_region;
	f.meet = meeting_waiting_call;
	test_medium_fail_drains(1, EIO); /* the other thread's succeeds */
	assert_int_equal(pms_reservation_publish(f.reservation, 100, NULL, NULL), PMS_E_IO);
	assert_int_equal(meeting_join(&f), PMS_E_IO);
	assert_true(pms_region_persisted(f.region) <= f.reserved.offset);
	test_medium_fail_drains(0, 0);
	meeting_end(&f);
}

/* Close promises what was deferred, too: it waits for a publish that could take that with it. */
static void test_close_waits_for_a_publish_before_deferred_entries(void **state)
{
	pms_cursor *cursor;
	meeting f;

	meeting_begin(&f, state);
	meeting_reserve(&f);
	meeting_defer(&f, 60, 1);
	assert_int_equal(pms_cursor_open(f.region, NULL, &cursor, NULL), PMS_OK); /* keeps the mapping */
	f.call = close_stream;
	f.meet = meeting_waiting_call;
	assert_int_equal(pms_reservation_publish(f.reservation, 100, NULL, NULL), PMS_OK);
	assert_int_equal(meeting_join(&f), PMS_OK);
	meeting_expect_durable(&f);
	pms_cursor_close(cursor);
	meeting_end(&f);
}

/* And else for nobody: it returns in the middle of this thread's own drain. */
static void test_close_in_a_publish_without_deferred_entries_does_not_wait(void **state)
{
	pms_cursor *cursor;
	meeting f;

	meeting_begin(&f, state);
	meeting_defer(&f, 60, 1);
	meeting_reserve(&f);
	assert_int_equal(pms_cursor_open(f.region, NULL, &cursor, NULL), PMS_OK);
	f.meet = meeting_close;
	assert_int_equal(pms_reservation_publish(f.reservation, 100, NULL, NULL), PMS_OK);
	meeting_expect_durable(&f);
	pms_cursor_close(cursor);
	meeting_end(&f);
}

static void test_close_in_the_drain_of_a_persist_lets_it_end(void **state)
{
	pms_cursor *cursor;
	meeting f;

	meeting_begin(&f, state);
	meeting_defer(&f, 60, 1);
	assert_int_equal(pms_cursor_open(f.region, NULL, &cursor, NULL), PMS_OK);
	f.meet = meeting_close;
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_E_CLOSED);
	meeting_expect_durable(&f);
	pms_cursor_close(cursor);
	meeting_end(&f);
}

/* ---- what a persist does not wait for ------------------------------------------------------------------------------ */

static void meet_clear_and_free(meeting *f)
{
	pms_error error;

	assert_int_equal(pms_region_clear(f->region, &error), PMS_E_BUSY);
	test_error_says(&error, PMS_E_BUSY);
	assert_int_equal(pms_region_free(f->region, &error), PMS_E_BUSY);
	test_error_says(&error, PMS_E_BUSY);
}

static void test_clear_and_free_in_the_drain_of_a_persist_are_busy(void **state)
{
	meeting f;

	meeting_begin(&f, state);
	meeting_defer(&f, 60, 1);
	f.meet = meet_clear_and_free;
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
	assert_null(f.meet);
	meeting_expect_durable(&f);
	assert_int_equal(pms_region_clear(f.region, NULL), PMS_OK);
	meeting_end(&f);
}

static void meet_deferred(meeting *f) { meeting_defer(f, 70, 2); }

/* It came behind the flush: visible, and the next persist's. */
static void test_deferred_in_the_drain_of_a_persist_is_left_to_the_next(void **state)
{
	meeting f;

	meeting_begin(&f, state);
	meeting_defer(&f, 60, 1);
	f.meet = meet_deferred;
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
	test_log_expect(&f.log, f.region);
	assert_int_equal(f.log.count, 2);
	assert_int_equal(pms_region_persisted(f.region), f.log.entries[1].position.offset);
	f.log.count = 1;
	meeting_expect_durable(&f);
	f.log.count = 2;
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
	meeting_expect_durable(&f);
	meeting_end(&f);
}

static void meet_both_appends(meeting *f)
{
	meeting_defer(f, 70, 2);
	test_log_add(&f->log, test_append(f->region, 80, 3), 80, 3);
}

/* R14: what comes in the drain of a persist of the stream has a later timestamp than the one it stores. */
static void test_appends_in_the_drain_of_a_stream_persist_are_later(void **state)
{
	uint64_t timestamp;
	meeting f;

	meeting_begin(&f, state);
	meeting_defer(&f, 60, 1);
	f.meet = meet_both_appends;
	assert_int_equal(pms_stream_persist(f.stream, &timestamp, NULL), PMS_OK);
	assert_int_equal(f.log.count, 3);
	assert_true(f.log.entries[0].position.timestamp <= timestamp);
	assert_true(f.log.entries[1].position.timestamp > timestamp);
	test_log_expect(&f.log, f.region);
	meeting_expect_durable(&f); /* the durable append has taken the deferred one along */
	meeting_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_persist_waits_for_a_publish_in_mid_store),
	    TEST_ON_BOTH(test_stream_persist_waits_for_a_publish_in_mid_store),
	    TEST_ON_BOTH(test_persist_behind_a_failed_publish_fails),
	    TEST_ON_BOTH(test_close_waits_for_a_publish_before_deferred_entries),
	    TEST_ON_BOTH(test_close_in_a_publish_without_deferred_entries_does_not_wait),
	    TEST_ON_BOTH(test_close_in_the_drain_of_a_persist_lets_it_end),
	    TEST_ON_BOTH(test_clear_and_free_in_the_drain_of_a_persist_are_busy),
	    TEST_ON_BOTH(test_deferred_in_the_drain_of_a_persist_is_left_to_the_next),
	    TEST_ON_BOTH(test_appends_in_the_drain_of_a_stream_persist_are_later),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
