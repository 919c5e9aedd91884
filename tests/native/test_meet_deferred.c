/* SPDX-License-Identifier: MIT */
/* Persist, deferred appends and groups in place, met by other calls in the middle of a drain. On a watched medium. */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "engine.h"
#include "support_medium.h"

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	pms_reservation *reservation;
	pms_position reserved;
	pms_group *group;
	pms_position members[2];
	void (*meet)(struct fixture *); /* in the drain of the call under test, once */
	int32_t (*call)(struct fixture *);
	pthread_t thread;
	_Atomic bool thread_returned;
	_Atomic int32_t thread_status;
	test_log log;
} fixture;

static void in_drain(void *context)
{
	fixture *f = context;
	void (*meet)(fixture *) = f->meet;

	f->meet = NULL; /* drains of those whom we meet go on */
	if (meet)
		meet(f);
}

static void begin(fixture *f, void **state)
{
	*f = (fixture){.test = test_begin(state)};
	test_medium_watch_next();
	f->stream = test_create(f->test->path, TEST_STREAM_BYTES);
	f->region = test_region(f->stream, "region", TEST_MIB, 64);
	test_medium_on_drain(in_drain, f);
}

static void reserve(fixture *f)
{
	void *space;

	assert_int_equal(pms_region_reserve(f->region, 100, &f->reservation, &space, &f->reserved, NULL), PMS_OK);
	test_fill(space, 100, 9);
	test_log_add(&f->log, f->reserved, 100, 9);
}

static void defer(fixture *f, uint64_t bytes, uint64_t seed)
{
	uint8_t data[500];
	pms_position position;

	test_fill(data, bytes, seed);
	assert_int_equal(pms_region_append_deferred(f->region, data, bytes, &position, NULL), PMS_OK);
	test_log_add(&f->log, position, bytes, seed);
}

static void begin_group(fixture *f)
{
	uint64_t room;
	void *data;

	assert_int_equal(pms_region_begin_group(f->region, 2, 100, &f->group, NULL), PMS_OK);
	for (uint64_t i = 0; i < 2; i++) {
		assert_int_equal(pms_group_next(f->group, &data, &room, NULL), PMS_OK);
		assert_true(room >= 50);
		test_fill(data, 50, 70 + i);
		assert_int_equal(pms_group_add(f->group, 50, NULL), PMS_OK);
	}
}

/* What a power cut leaves in which nothing survives but what is durable is what the log says. */
static void expect_durable(fixture *f)
{
	const char *cut = test_file(f->test, "cut");
	test_image image = test_medium_power_cut(0);

	test_image_save(&image, cut);
	test_image_free(&image);
	pms_stream *stream = test_open(cut, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	test_log_expect(&f->log, region);
	pms_region_release(region);
	test_close(stream);
}

static void end(fixture *f)
{
	test_medium_on_drain(NULL, NULL);
	pms_reservation_release(f->reservation);
	pms_group_release(f->group);
	pms_region_release(f->region);
	(void)pms_stream_close(f->stream);
	pms_stream_release(f->stream);
	test_medium_forget();
	test_log_free(&f->log);
}

/* ---- another thread, which has to wait ----------------------------------------------------------------------------- */

static void *run_thread(void *context)
{
	fixture *f = context;

	f->thread_status = f->call(f);
	f->thread_returned = true;
	return NULL;
}

static void pause_milliseconds(long milliseconds)
{
	(void)nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

/* Runs `call` in a thread of its own, which does not come back as long as this drain lasts. */
static void meet_waiting_call(fixture *f)
{
	size_t drains = test_medium_drains();

	assert_int_equal(pthread_create(&f->thread, NULL, run_thread, f), 0);
	while (test_medium_drains() == drains)
		pause_milliseconds(1);
	pause_milliseconds(20);
	assert_false(f->thread_returned);
}

static int32_t join(fixture *f)
{
	assert_int_equal(pthread_join(f->thread, NULL), 0);
	return f->thread_status;
}

static int32_t persist_region(fixture *f) { return pms_region_persist(f->region, NULL, NULL); }

static int32_t persist_stream(fixture *f) { return pms_stream_persist(f->stream, NULL, NULL); }

static int32_t close_stream(fixture *f) { return pms_stream_close(f->stream); }

/* R3: whoever persists past a publish in mid-store waits for it: it may be a hole until it is drained. */
static void persist_meets_publish(void **state, int32_t (*persist)(fixture *))
{
	fixture f;

	begin(&f, state);
	reserve(&f);
	defer(&f, 60, 1);
	f.call = persist;
	f.meet = meet_waiting_call;
	assert_int_equal(pms_reservation_publish(f.reservation, 100, NULL, NULL), PMS_OK);
	assert_int_equal(join(&f), PMS_OK);
	test_log_expect(&f.log, f.region);
	expect_durable(&f);
	end(&f);
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
	fixture f;

	begin(&f, state);
	reserve(&f);
	defer(&f, 60, 1);
	f.call = persist_region;
	f.meet = meet_waiting_call;
	test_medium_fail_drains(1, EIO); /* the other thread's succeeds */
	assert_int_equal(pms_reservation_publish(f.reservation, 100, NULL, NULL), PMS_E_IO);
	assert_int_equal(join(&f), PMS_E_IO);
	assert_true(pms_region_persisted(f.region) <= f.reserved.offset);
	test_medium_fail_drains(0, 0);
	end(&f);
}

/* Close promises what was deferred, too: it waits for a publish that could take that with it. */
static void test_close_waits_for_a_publish_before_deferred_entries(void **state)
{
	pms_cursor *cursor;
	fixture f;

	begin(&f, state);
	reserve(&f);
	defer(&f, 60, 1);
	assert_int_equal(pms_cursor_open(f.region, NULL, &cursor, NULL), PMS_OK); /* keeps the mapping */
	f.call = close_stream;
	f.meet = meet_waiting_call;
	assert_int_equal(pms_reservation_publish(f.reservation, 100, NULL, NULL), PMS_OK);
	assert_int_equal(join(&f), PMS_OK);
	expect_durable(&f);
	pms_cursor_close(cursor);
	end(&f);
}

static void meet_close(fixture *f) { assert_int_equal(pms_stream_close(f->stream), PMS_OK); }

/* And else for nobody: it returns in the middle of this thread's own drain. */
static void test_close_in_a_publish_without_deferred_entries_does_not_wait(void **state)
{
	pms_cursor *cursor;
	fixture f;

	begin(&f, state);
	defer(&f, 60, 1);
	reserve(&f);
	assert_int_equal(pms_cursor_open(f.region, NULL, &cursor, NULL), PMS_OK);
	f.meet = meet_close;
	assert_int_equal(pms_reservation_publish(f.reservation, 100, NULL, NULL), PMS_OK);
	expect_durable(&f);
	pms_cursor_close(cursor);
	end(&f);
}

static void test_close_in_the_drain_of_a_persist_lets_it_end(void **state)
{
	pms_cursor *cursor;
	fixture f;

	begin(&f, state);
	defer(&f, 60, 1);
	assert_int_equal(pms_cursor_open(f.region, NULL, &cursor, NULL), PMS_OK);
	f.meet = meet_close;
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_E_CLOSED);
	expect_durable(&f);
	pms_cursor_close(cursor);
	end(&f);
}

/* ---- groups -------------------------------------------------------------------------------------------------------- */

static int32_t publish_group(fixture *f) { return pms_group_publish(f->group, f->members, NULL); }

/* Its follower is in the middle of its drain, so the group moves behind it: one place in the order later. */
static void test_group_published_in_its_followers_drain_moves_behind(void **state)
{
	fixture f;

	begin(&f, state);
	begin_group(&f);
	uint64_t first = pms_region_committed(f.region);
	f.call = publish_group;
	f.meet = meet_waiting_call;
	pms_position behind = test_append(f.region, 60, 1);
	assert_int_equal(join(&f), PMS_OK);
	test_log_add(&f.log, behind, 60, 1);
	for (uint64_t i = 0; i < 2; i++)
		test_log_add(&f.log, f.members[i], 50, 70 + i);
	assert_true(behind.offset > first && f.members[0].offset > behind.offset);
	assert_int_equal(f.members[1].timestamp, f.members[0].timestamp + 1);
	test_log_expect(&f.log, f.region);
	expect_durable(&f);
	end(&f);
}

static void meet_abandon_by_position(fixture *f)
{
	pms_error error;

	assert_int_equal(pms_region_abandon(f->region, &f->reserved, &error), PMS_E_NO_ENTRY);
	test_error_says(&error, PMS_E_NO_ENTRY);
}

static void begin_followed_group(fixture *f)
{
	begin_group(f);
	f->reserved = test_region_info(f->region).oldest_reservation;
	test_log_add(&f->log, test_append(f->region, 60, 1), 60, 1);
}

/* It is on its way to its new place: nobody can abandon it and be told that it has no entries. */
static void test_group_that_moves_cannot_be_abandoned_by_position(void **state)
{
	fixture f;

	begin(&f, state);
	begin_followed_group(&f);
	f.meet = meet_abandon_by_position;
	assert_int_equal(publish_group(&f), PMS_OK);
	assert_null(f.meet);
	for (uint64_t i = 0; i < 2; i++)
		test_log_add(&f.log, f.members[i], 50, 70 + i);
	test_log_expect(&f.log, f.region);
	expect_durable(&f);
	end(&f);
}

/* Closed while it raises the ceiling, before it has taken its new place: abandoned, as if closed before. */
static void test_group_closed_while_it_moves_is_abandoned(void **state)
{
	fixture f;

	begin(&f, state);
	begin_followed_group(&f);
	atomic_store(&f.stream->next_timestamp, atomic_load(&f.stream->timestamp_limit));
	f.meet = meet_close;
	assert_int_equal(publish_group(&f), PMS_E_CLOSED);
	assert_null(f.meet);
	assert_int_equal(publish_group(&f), PMS_E_ENDED);
	test_medium_on_drain(NULL, NULL);
	pms_stream *stream = test_open(f.test->path, PMS_OPEN_DEFAULT); /* nobody holds the lock any more */
	pms_region *region = test_find(stream, "region");
	test_log_expect(&f.log, region);
	pms_region_release(region);
	test_close(stream);
	end(&f);
}

/* The other way round: who appends behind a group that is being published waits for it. */
static int32_t append_in_thread(fixture *f)
{
	uint8_t data[60];
	pms_position position;

	test_fill(data, sizeof(data), 1);
	int32_t status = pms_region_append(f->region, data, sizeof(data), &position, NULL);
	test_log_add(&f->log, position, sizeof(data), 1);
	return status;
}

static void test_append_behind_a_group_in_mid_store_waits_for_it(void **state)
{
	test_log members = {0};
	fixture f;

	begin(&f, state);
	begin_group(&f);
	f.call = append_in_thread;
	f.meet = meet_waiting_call;
	assert_int_equal(publish_group(&f), PMS_OK);
	assert_int_equal(join(&f), PMS_OK);
	for (uint64_t i = 0; i < 2; i++)
		test_log_add(&members, f.members[i], 50, 70 + i);
	test_log_add(&members, f.log.entries[0].position, 60, 1);
	test_log_free(&f.log);
	f.log = members;
	test_log_expect(&f.log, f.region);
	expect_durable(&f);
	end(&f);
}

/* ---- what a persist does not wait for ------------------------------------------------------------------------------ */

static void meet_clear_and_free(fixture *f)
{
	pms_error error;

	assert_int_equal(pms_region_clear(f->region, &error), PMS_E_BUSY);
	test_error_says(&error, PMS_E_BUSY);
	assert_int_equal(pms_region_free(f->region, &error), PMS_E_BUSY);
	test_error_says(&error, PMS_E_BUSY);
}

static void test_clear_and_free_in_the_drain_of_a_persist_are_busy(void **state)
{
	fixture f;

	begin(&f, state);
	defer(&f, 60, 1);
	f.meet = meet_clear_and_free;
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
	assert_null(f.meet);
	expect_durable(&f);
	assert_int_equal(pms_region_clear(f.region, NULL), PMS_OK);
	end(&f);
}

static void meet_deferred(fixture *f) { defer(f, 70, 2); }

/* It came behind the flush: visible, and the next persist's. */
static void test_deferred_in_the_drain_of_a_persist_is_left_to_the_next(void **state)
{
	fixture f;

	begin(&f, state);
	defer(&f, 60, 1);
	f.meet = meet_deferred;
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
	test_log_expect(&f.log, f.region);
	assert_int_equal(f.log.count, 2);
	assert_int_equal(pms_region_persisted(f.region), f.log.entries[1].position.offset);
	f.log.count = 1;
	expect_durable(&f);
	f.log.count = 2;
	assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
	expect_durable(&f);
	end(&f);
}

static void meet_both_appends(fixture *f)
{
	defer(f, 70, 2);
	test_log_add(&f->log, test_append(f->region, 80, 3), 80, 3);
}

/* R14: what comes in the drain of a persist of the stream has a later timestamp than the one it stores. */
static void test_appends_in_the_drain_of_a_stream_persist_are_later(void **state)
{
	uint64_t timestamp;
	fixture f;

	begin(&f, state);
	defer(&f, 60, 1);
	f.meet = meet_both_appends;
	assert_int_equal(pms_stream_persist(f.stream, &timestamp, NULL), PMS_OK);
	assert_int_equal(f.log.count, 3);
	assert_true(f.log.entries[0].position.timestamp <= timestamp);
	assert_true(f.log.entries[1].position.timestamp > timestamp);
	test_log_expect(&f.log, f.region);
	expect_durable(&f); /* the durable append has taken the deferred one along */
	end(&f);
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
	    TEST_ON_BOTH(test_group_published_in_its_followers_drain_moves_behind),
	    TEST_ON_BOTH(test_group_that_moves_cannot_be_abandoned_by_position),
	    TEST_ON_BOTH(test_group_closed_while_it_moves_is_abandoned),
	    TEST_ON_BOTH(test_append_behind_a_group_in_mid_store_waits_for_it),
	    TEST_ON_BOTH(test_clear_and_free_in_the_drain_of_a_persist_are_busy),
	    TEST_ON_BOTH(test_deferred_in_the_drain_of_a_persist_is_left_to_the_next),
	    TEST_ON_BOTH(test_appends_in_the_drain_of_a_stream_persist_are_later),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
