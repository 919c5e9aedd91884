/* SPDX-License-Identifier: MIT */
/* Calls that meet: what one thread does while another one is in its drain. On a watched medium, so that they really do. */
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
	void (*meet)(struct fixture *); /* in the drain of the call under test, once */
	pthread_t thread;
	_Atomic bool thread_returned;
	_Atomic int32_t thread_status;
	pms_position thread_position;
	_Atomic bool in_drain, go_on;
	_Atomic int32_t deferred_status;
} fixture;

static void pause_milliseconds(long milliseconds)
{
	(void)nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

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
}

/* All that was acknowledged survives a power cut in which nothing else does. Then the end. */
static void expect_durable_and_end(fixture *f, const test_log *log)
{
	const char *cut = test_file(f->test, "cut");
	test_image image = test_medium_power_cut(0);

	test_image_save(&image, cut);
	test_image_free(&image);
	pms_stream *stream = test_open(cut, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	test_log_expect(log, region);
	pms_region_release(region);
	test_close(stream);
	test_medium_on_drain(NULL, NULL);
	pms_reservation_release(f->reservation);
	pms_region_release(f->region);
	(void)pms_stream_close(f->stream);
	pms_stream_release(f->stream);
	test_medium_forget();
}

static void *append_in_thread(void *context)
{
	fixture *f = context;
	uint8_t data[50];

	test_fill(data, sizeof(data), 33);
	f->thread_status = pms_region_append(f->region, data, sizeof(data), &f->thread_position, NULL);
	f->thread_returned = true;
	return NULL;
}

/* Another thread appends behind us, comes to the end of its own drain, and must wait for us. */
static void meet_append_behind(fixture *f)
{
	size_t drains = test_medium_drains();
	uint64_t persisted = pms_region_persisted(f->region);

	assert_int_equal(pthread_create(&f->thread, NULL, append_in_thread, f), 0);
	while (test_medium_drains() == drains)
		pause_milliseconds(1);
	pause_milliseconds(20);
	assert_false(f->thread_returned);
	assert_int_equal(pms_region_persisted(f->region), persisted);
}

/* R3: a durable append waits for those in flight before it. */
static void test_meet_append_waits_for_the_one_before_it(void **state)
{
	test_log log = {0};
	fixture f;

	begin(&f, state);
	f.meet = meet_append_behind;
	pms_position first = test_append(f.region, 70, 1);
	assert_int_equal(pthread_join(f.thread, NULL), 0);
	assert_int_equal(f.thread_status, PMS_OK);
	assert_true(f.thread_position.timestamp > first.timestamp && f.thread_position.offset > first.offset);
	test_log_add(&log, first, 70, 1);
	test_log_add(&log, f.thread_position, 50, 33);
	test_log_expect(&log, f.region);
	expect_durable_and_end(&f, &log);
	test_log_free(&log);
}

/* R12: and when that one fails, it fails too, and wakes. */
static void test_meet_append_behind_a_failed_one_fails(void **state)
{
	test_log log = {0};
	pms_error error;
	fixture f;

	begin(&f, state);
	(void)test_log_append(&log, f.region, 10);
	f.meet = meet_append_behind;
	test_medium_fail_drains(1, EIO); /* the other thread's succeeds */
	assert_int_equal(pms_region_append(f.region, "failed", 6, NULL, &error), PMS_E_IO);
	assert_int_equal(pthread_join(f.thread, NULL), 0);
	assert_int_equal(f.thread_status, PMS_E_IO);
	test_log_expect(&log, f.region);
	test_medium_fail_drains(0, 0);
	pms_region_release(f.region);
	f.region = NULL;
	assert_int_equal(pms_stream_close(f.stream), PMS_E_POISONED);
	test_medium_on_drain(NULL, NULL);
	pms_stream_release(f.stream);
	test_medium_forget();
	test_log_free(&log);
}

/* R10: who finds a reservation publishing waits until it is done. */
static void test_meet_follower_waits_for_a_publish_in_mid_store(void **state)
{
	test_log log = {0};
	fixture f;

	begin(&f, state);
	reserve(&f);
	f.meet = meet_append_behind;
	assert_int_equal(pms_reservation_publish(f.reservation, 80, NULL, NULL), PMS_OK);
	assert_int_equal(pthread_join(f.thread, NULL), 0);
	assert_int_equal(f.thread_status, PMS_OK);
	test_log_add(&log, f.reserved, 80, 9);
	test_log_add(&log, f.thread_position, 50, 33);
	test_log_expect(&log, f.region);
	expect_durable_and_end(&f, &log);
	test_log_free(&log);
}

static void meet_publish(fixture *f)
{
	size_t drains = test_medium_drains();

	assert_int_equal(pms_reservation_publish(f->reservation, 80, NULL, NULL), PMS_OK);
	assert_int_equal(test_medium_drains() - drains, 2); /* it was followed */
}

/* R10: a publish that finds its reservation followed does it in two steps, and need not wait for the follower. */
static void test_meet_publish_in_the_drain_of_its_follower(void **state)
{
	test_log log = {0};
	fixture f;

	begin(&f, state);
	reserve(&f);
	f.meet = meet_publish;
	pms_position behind = test_append(f.region, 70, 1);
	test_log_add(&log, f.reserved, 80, 9);
	test_log_add(&log, behind, 70, 1);
	test_log_expect(&log, f.region);
	expect_durable_and_end(&f, &log);
	test_log_free(&log);
}

static void meet_abandon(fixture *f) { assert_int_equal(pms_reservation_abandon(f->reservation, NULL), PMS_OK); }

/* The follower has flushed the pending header: skipped after a crash either way. */
static void test_meet_abandon_in_the_drain_of_a_follower(void **state)
{
	test_log log = {0};
	fixture f;

	begin(&f, state);
	reserve(&f);
	f.meet = meet_abandon;
	(void)test_log_append(&log, f.region, 70);
	assert_int_equal(pms_region_committed(f.region), pms_region_persisted(f.region));
	test_log_expect(&log, f.region);
	expect_durable_and_end(&f, &log);
	test_log_free(&log);
}

/* By the same thread: if it waited for the append whose drain this is, it would wait for ever. */
static void meet_append_to_another_region(fixture *f)
{
	pms_region *other = test_find(f->stream, "other");

	assert_int_equal(pms_region_append(other, "elsewhere", 9, NULL, NULL), PMS_OK);
	assert_int_equal(pms_region_append_deferred(other, "elsewhere", 9, NULL, NULL), PMS_OK);
	assert_int_equal(pms_region_persist(other, NULL, NULL), PMS_OK);
	assert_int_equal(pms_region_persisted(other), pms_region_committed(other));
	pms_region_release(other);
}

/* Regions do not wait for each other. */
static void test_meet_append_to_another_region_does_not_wait(void **state)
{
	test_log log = {0};
	fixture f;

	begin(&f, state);
	pms_region_release(test_region(f.stream, "other", 4096, 64));
	f.meet = meet_append_to_another_region;
	(void)test_log_append(&log, f.region, 70);
	assert_null(f.meet);
	test_log_expect(&log, f.region);
	expect_durable_and_end(&f, &log);
	test_log_free(&log);
}

static void *reserve_in_thread(void *context)
{
	fixture *f = context;

	reserve(f);
	f->thread_returned = true;
	return NULL;
}

static void meet_reserve(fixture *f)
{
	assert_int_equal(pthread_create(&f->thread, NULL, reserve_in_thread, f), 0);
	pause_milliseconds(20);
	assert_false(f->thread_returned);
}

/* A reservation behind an append in flight waits for it: hides nothing before it, and is not made durable by it. */
static void test_meet_reserve_in_the_drain_of_an_append(void **state)
{
	test_log log = {0};
	fixture f;

	begin(&f, state);
	f.meet = meet_reserve;
	(void)test_log_append(&log, f.region, 70);
	assert_int_equal(pthread_join(f.thread, NULL), 0);
	test_log_expect(&log, f.region);
	assert_int_equal(pms_region_persisted(f.region), f.reserved.offset);
	assert_int_equal(pms_region_committed(f.region), f.reserved.offset);
	expect_durable_and_end(&f, &log);
	test_log_free(&log);
}

static void meet_clear_and_free(fixture *f)
{
	pms_error error;

	assert_int_equal(pms_region_clear(f->region, &error), PMS_E_BUSY);
	assert_int_equal(pms_region_free(f->region, &error), PMS_E_BUSY);
	test_error_says(&error, PMS_E_BUSY);
}

/* R13: not while an append is in flight. */
static void test_meet_clear_and_free_in_the_drain_of_an_append_are_busy(void **state)
{
	test_log log = {0};
	fixture f;

	begin(&f, state);
	f.meet = meet_clear_and_free;
	(void)test_log_append(&log, f.region, 70);
	test_log_expect(&log, f.region);
	expect_durable_and_end(&f, &log);
	test_log_free(&log);
}

static void meet_close(fixture *f)
{
	pms_error error;

	assert_int_equal(pms_stream_close(f->stream), PMS_OK);
	assert_int_equal(pms_region_append(f->region, "late", 4, NULL, &error), PMS_E_CLOSED);
	/* The append in flight keeps the lock. */
	test_open_fails(f->test->path, PMS_OPEN_DEFAULT, PMS_E_LOCKED, NULL);
}

/* An append in flight at the close is finished, and only then the lock is given up. */
static void test_meet_close_in_the_drain_of_an_append(void **state)
{
	test_log log = {0};
	fixture f;

	begin(&f, state);
	(void)test_log_append(&log, f.region, 10);
	f.meet = meet_close;
	(void)test_log_append(&log, f.region, 70);
	pms_stream *next = test_open(f.test->path, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(next, "region");
	test_log_expect(&log, region);
	test_check_is_clean(next);
	pms_region_release(region);
	test_close(next);
	expect_durable_and_end(&f, &log);
	test_log_free(&log);
}

/* The same under a publish: it had begun before the close, so it ends as what it is. */
static void test_meet_close_in_the_drain_of_a_publish(void **state)
{
	test_log log = {0};
	fixture f;

	begin(&f, state);
	reserve(&f);
	f.meet = meet_close;
	assert_int_equal(pms_reservation_publish(f.reservation, 80, NULL, NULL), PMS_OK);
	test_log_add(&log, f.reserved, 80, 9);
	expect_durable_and_end(&f, &log);
	test_log_free(&log);
}

/* A second append behind an open reservation, while the first one flushes its header: both survive. */
static void test_meet_two_followers_of_one_reservation(void **state)
{
	test_log log = {0};
	fixture f;

	begin(&f, state);
	reserve(&f);
	f.meet = meet_append_behind;
	(void)test_log_append(&log, f.region, 70);
	assert_int_equal(pthread_join(f.thread, NULL), 0);
	assert_int_equal(f.thread_status, PMS_OK);
	test_log_add(&log, f.thread_position, 50, 33);
	assert_int_equal(pms_region_committed(f.region), f.reserved.offset);
	assert_int_equal(pms_region_persisted(f.region), f.thread_position.offset + 128);
	expect_durable_and_end(&f, &log);
	test_log_free(&log);
}

/* ---- close ------------------------------------------------------------------------------------------------------- */

/* In the drain of the append in the thread: until the test goes on. */
static void meet_test(fixture *f)
{
	f->in_drain = true;
	while (!f->go_on)
		pause_milliseconds(1);
}

static void *append_deferred_in_thread(void *context)
{
	fixture *f = context;

	f->deferred_status = pms_region_append_deferred(f->region, NULL, 0, NULL, NULL);
	return NULL;
}

/*
 * An append gives up spinning and is about to park; the one before it hands over and sees nobody; the stream is closed; and
 * only then does the append park, and hands itself over. It is the last, so the lock has to go with it.
 */
static void test_meet_close_meets_the_last_append_as_it_parks(void **state)
{
	fixture f;
	pthread_t deferred;

	begin(&f, state);
	f.meet = meet_test;
	uint64_t start = pms_region_tail(f.region);
	assert_int_equal(pthread_create(&f.thread, NULL, append_in_thread, &f), 0);
	while (!f.in_drain)
		pause_milliseconds(1);
	uint64_t end_of_first = pms_region_tail(f.region);
	assert_true(end_of_first > start);
	pms_mutex_lock(&f.region->mutex); /* who parks has to wait for us */
	assert_int_equal(pthread_create(&deferred, NULL, append_deferred_in_thread, &f), 0);
	while (pms_region_tail(f.region) == end_of_first)
		pause_milliseconds(1);
	pause_milliseconds(20);
	f.go_on = true;
	pause_milliseconds(20);
	pms_region_retire_locked(f.region, PMS_E_CLOSED); /* as close does it */
	pms_mutex_unlock(&f.region->mutex);
	assert_int_equal(pthread_join(f.thread, NULL), 0);
	assert_int_equal(pthread_join(deferred, NULL), 0);
	assert_int_equal(f.thread_status, PMS_OK);
	assert_int_equal(f.deferred_status, PMS_OK);
	assert_false(f.region->holds_lock_pin);
	test_medium_on_drain(NULL, NULL);
	assert_int_equal(pms_stream_close(f.stream), PMS_OK);
	pms_region_release(f.region);
	pms_stream_release(f.stream);
	test_close(test_open(f.test->path, PMS_OPEN_DEFAULT));
	test_medium_forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_meet_append_waits_for_the_one_before_it),
	    TEST_ON_BOTH(test_meet_append_behind_a_failed_one_fails),
	    TEST_ON_BOTH(test_meet_follower_waits_for_a_publish_in_mid_store),
	    TEST_ON_BOTH(test_meet_publish_in_the_drain_of_its_follower),
	    TEST_ON_BOTH(test_meet_abandon_in_the_drain_of_a_follower),
	    TEST_ON_BOTH(test_meet_append_to_another_region_does_not_wait),
	    TEST_ON_BOTH(test_meet_reserve_in_the_drain_of_an_append),
	    TEST_ON_BOTH(test_meet_clear_and_free_in_the_drain_of_an_append_are_busy),
	    TEST_ON_BOTH(test_meet_close_in_the_drain_of_an_append),
	    TEST_ON_BOTH(test_meet_close_in_the_drain_of_a_publish),
	    TEST_ON_BOTH(test_meet_two_followers_of_one_reservation),
	    TEST_ON_BOTH(test_meet_close_meets_the_last_append_as_it_parks),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
