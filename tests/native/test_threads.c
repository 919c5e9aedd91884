/* SPDX-License-Identifier: MIT */
/* Several threads on one stream: order, content and statuses while everything happens at once. Each takes a second or two. */
#include <sched.h>
#include <time.h>

#include "support_workers.h"

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *regions[2];
	worker workers[WORKERS_MAX];
	uint64_t random;
	_Atomic bool stop;
	pms_stream *read_only; /* for readers with a mapping of their own */
} fixture;

static void begin(fixture *f, void **state, uint32_t rounds, uint32_t region_count, uint32_t reserve_percent)
{
	*f = (fixture){.test = test_begin(state), .random = test_seed()};
	if (f->test->kind == PMS_MEDIUM_PAGE_CACHE)
		rounds /= 20;
	f->stream = test_create(f->test->path, 40 * TEST_MIB);
	f->regions[0] = test_region(f->stream, "zero", 19 * TEST_MIB, 64);
	f->regions[1] = test_region(f->stream, "one", 19 * TEST_MIB, 8);
	for (uint32_t i = 0; i < WORKERS_MAX; i++) {
		worker *w = &f->workers[i];
		w->id = i;
		w->random = test_random(&f->random);
		w->context = f;
		w->rounds = rounds;
		w->reserve_percent = reserve_percent;
		w->region_count = region_count;
		memcpy(w->regions, f->regions, sizeof(w->regions));
	}
}

static void end(fixture *f)
{
	for (int i = 0; i < 2; i++)
		pms_region_release(f->regions[i]);
	test_close(f->stream);
}

/* Every acknowledged entry is in the region, in order; with two regions: in one of them. */
static void expect_all(pms_stream *stream, const worker *workers, uint32_t region_count)
{
	static const char *const names[] = {"zero", "one"};
	uint64_t found = 0, expected = 0;

	for (uint32_t r = 0; r < region_count; r++) {
		pms_region *region = test_find(stream, names[r]);
		uint32_t next[WORKERS_MAX] = {0};
		uint64_t last = 0;
		pms_cursor *cursor;
		int32_t ended;
		assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
		worker_follow(cursor, &last, next, region_count > 1);
		pms_cursor_close(cursor);
		found += test_count_entries(region, &ended);
		for (int i = 0; i < WORKERS_MAX && region_count == 1; i++)
			assert_int_equal(next[i], workers[i].acknowledged);
		pms_region_release(region);
	}
	for (int i = 0; i < WORKERS_MAX; i++)
		expected += workers[i].acknowledged;
	assert_int_equal(found, expected);
}

static void reopen_and_expect_all(fixture *f, uint32_t region_count)
{
	end(f);
	f->stream = test_open(f->test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(f->stream).flags, 0);
	expect_all(f->stream, f->workers, region_count);
	test_check_is_clean(f->stream);
	test_close(f->stream);
}

/* A reader that follows a region until it is told to stop; odd ones through a mapping of their own. */
static void *read_along(void *context)
{
	worker *w = context;
	fixture *f = w->context;
	uint32_t next[WORKERS_MAX] = {0};
	pms_region *region = f->regions[0];
	uint64_t last = 0;
	pms_cursor *cursor;
	bool stop;

	if (w->id % 2)
		WORKER_CHECK(pms_region_find(f->read_only, "zero", 4, &region, NULL) == PMS_OK);
	WORKER_CHECK(pms_cursor_open(region, NULL, &cursor, NULL) == PMS_OK);
	do {
		stop = f->stop; /* once more after it is set: to the very end */
		worker_follow(cursor, &last, next, false);
		(void)sched_yield();
	} while (!stop);
	for (int i = 0; i < WORKERS_MAX; i++)
		WORKER_CHECK(next[i] == f->workers[i].acknowledged);
	pms_cursor_close(cursor);
	if (w->id % 2)
		pms_region_release(region);
	return NULL;
}

static void run_with_readers(fixture *f, uint32_t region_count)
{
	worker readers[2] = {{.id = 0, .context = f}, {.id = 1, .context = f}};
	int reader_count = region_count == 1 ? 2 : 0;

	f->read_only = test_open(f->test->path, PMS_OPEN_READ_ONLY);
	workers_start(readers, reader_count, read_along);
	workers_start(f->workers, WORKERS_MAX, worker_run);
	workers_join(f->workers, WORKERS_MAX);
	f->stop = true;
	workers_join(readers, reader_count);
	test_close(f->read_only);
	for (int i = 0; i < WORKERS_MAX; i++) {
		assert_int_equal(f->workers[i].status, PMS_OK);
		assert_int_equal(f->workers[i].acknowledged, f->workers[i].rounds);
	}
	expect_all(f->stream, f->workers, region_count);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(test_region_info(f->regions[i]).open_reservations, 0);
		assert_int_equal(pms_region_committed(f->regions[i]), pms_region_persisted(f->regions[i]));
	}
	reopen_and_expect_all(f, region_count);
}

static void test_threads_append_to_one_region_while_others_read(void **state)
{
	fixture f;

	begin(&f, state, 5000, 1, 0);
	run_with_readers(&f, 1);
}

static void test_threads_append_to_two_regions(void **state)
{
	fixture f;

	begin(&f, state, 5000, 2, 0);
	run_with_readers(&f, 2);
}

static void test_threads_reserve_publish_and_abandon_while_others_read(void **state)
{
	fixture f;

	begin(&f, state, 4000, 1, 60);
	run_with_readers(&f, 1);
}

static void test_threads_mix_everything_on_two_regions(void **state)
{
	fixture f;

	begin(&f, state, 4000, 2, 50);
	run_with_readers(&f, 2);
}

static void wait_until_busy(const fixture *f, uint32_t entries)
{
	for (int i = 0; i < WORKERS_MAX; i++)
		while (f->workers[i].acknowledged < entries)
			(void)sched_yield();
}

/* Close while all append: each call returns PMS_OK or PMS_E_CLOSED, and what was acknowledged is there. */
static void test_threads_close_while_others_append(void **state)
{
	for (int round = 0; round < 5; round++) {
		fixture f;
		begin(&f, state, 1000000, 2, 40);
		workers_start(f.workers, WORKERS_MAX, worker_run);
		wait_until_busy(&f, 20 + (uint32_t)round * 7);
		assert_int_equal(pms_stream_close(f.stream), PMS_OK);
		workers_join(f.workers, WORKERS_MAX);
		for (int i = 0; i < WORKERS_MAX; i++)
			assert_int_equal(f.workers[i].status, PMS_E_CLOSED);
		reopen_and_expect_all(&f, 2); /* nobody holds the lock any more */
		(void)remove(f.test->path);
	}
}

/* ---- clear and free ------------------------------------------------------------------------------------------------ */

/* Appends for ever to a region that others clear: it may be full, and never anything else. */
static void *append_until_stopped(void *context)
{
	worker *w = context;
	fixture *f = w->context;
	uint8_t data[WORKER_PAYLOAD_MAX];

	while (!f->stop) {
		uint64_t bytes = worker_payload(w->id, 0, data);
		int32_t status = pms_region_append(w->regions[0], data, bytes, NULL, NULL);
		WORKER_CHECK(status == PMS_OK || status == PMS_E_REGION_FULL || status == PMS_E_STALE);
		w->acknowledged += status == PMS_OK;
		if (status == PMS_E_STALE) /* for ever */
			break;
	}
	return NULL;
}

static void test_threads_clear_against_appends_is_busy_or_done(void **state)
{
	uint32_t next[WORKERS_MAX] = {0};
	uint64_t cleared = 0, busy = 0, last = 0;
	pms_cursor *cursor;
	fixture f;

	begin(&f, state, 0, 1, 0);
	uint64_t empty = pms_region_committed(f.regions[0]);
	workers_start(f.workers, 3, append_until_stopped);
	for (uint64_t tries = 0; (cleared < 200 || busy < 20) && tries < 20000; tries++) {
		int32_t status = pms_region_clear(f.regions[0], NULL);
		if (status == PMS_OK)
			assert_true(++cleared > 0);
		else
			assert_int_equal(status, PMS_E_BUSY);
		busy += status == PMS_E_BUSY;
		/* A sleep may last until they have filled the region. */
		if (status == PMS_E_BUSY)
			(void)nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
		/* The others must come to append, or there is nothing to be busy with. */
		while (status == PMS_OK && pms_region_committed(f.regions[0]) == empty)
			(void)sched_yield();
	}
	f.stop = true;
	workers_join(f.workers, 3);
	assert_true(cleared > 0 && busy > 0);
	/* Whatever is left is of the last life alone. */
	assert_int_equal(pms_cursor_open(f.regions[0], NULL, &cursor, NULL), PMS_OK);
	pms_entry entry;
	while (pms_cursor_next(cursor, &entry, NULL) == PMS_OK) {
		uint32_t id, sequence;
		assert_true(worker_recognize(entry.data, entry.bytes, &id, &sequence));
		assert_true(entry.position.timestamp > last);
		last = entry.position.timestamp;
		next[id]++;
	}
	pms_cursor_close(cursor);
	test_check_is_clean(f.stream);
	end(&f);
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(f.stream).flags, 0);
	int32_t ended;
	f.regions[0] = test_find(f.stream, "zero");
	assert_int_equal(test_count_entries(f.regions[0], &ended), next[0] + next[1] + next[2]);
	pms_region_release(f.regions[0]);
	test_close(f.stream);
}

static void test_threads_free_against_appends_is_busy_or_done_once(void **state)
{
	for (int round = 0; round < 20; round++) {
		int32_t status;
		fixture f;
		begin(&f, state, 0, 1, 0);
		workers_start(f.workers, 3, append_until_stopped);
		while ((status = pms_region_free(f.regions[0], NULL)) == PMS_E_BUSY)
			(void)sched_yield();
		assert_int_equal(status, PMS_OK);
		assert_int_equal(pms_region_free(f.regions[0], NULL), PMS_E_STALE);
		/* Its space belongs to somebody else at once. */
		pms_region *next = test_region(f.stream, "next", 10 * TEST_MIB, 64);
		test_log log = {0};
		for (int i = 0; i < 20; i++)
			(void)test_log_append(&log, next, 100);
		workers_join(f.workers, 3); /* stale */
		test_log_expect(&log, next);
		test_check_is_clean(f.stream);
		test_log_free(&log);
		pms_region_release(next);
		end(&f);
		(void)remove(f.test->path);
	}
}

/* Creates, fills, clears and frees regions of its own, under one name for all of them. */
static void *churn_regions(void *context)
{
	worker *w = context;
	fixture *f = w->context;
	char name[8];

	(void)snprintf(name, sizeof(name), "%u", w->id % 2); /* two of them fight for each name */
	for (uint32_t i = 0; i < w->rounds; i++) {
		pms_region_options options =
		    test_region_options(name, 1 + test_random_below(&w->random, 100000), 8u << (w->id + 1));
		uint8_t data[WORKER_PAYLOAD_MAX];
		pms_region *region;
		int32_t status = pms_region_create(f->stream, &options, &region, NULL);
		WORKER_CHECK(status == PMS_OK || status == PMS_E_EXISTS || status == PMS_E_STREAM_FULL);
		if (status != PMS_OK)
			continue;
		for (uint32_t j = 0; j < 3; j++) {
			uint64_t bytes = worker_payload(w->id, j, data);
			status = pms_region_append(region, data, bytes, NULL, NULL);
			WORKER_CHECK(status == PMS_OK || status == PMS_E_REGION_FULL);
		}
		WORKER_CHECK(i % 2 || pms_region_clear(region, NULL) == PMS_OK);
		WORKER_CHECK(pms_region_free(region, NULL) == PMS_OK);
		WORKER_CHECK(pms_region_append(region, data, 1, NULL, NULL) == PMS_E_STALE);
		pms_region_release(region);
		w->acknowledged++;
	}
	return NULL;
}

static void test_threads_create_and_free_regions_leave_all_space_free(void **state)
{
	fixture f;

	begin(&f, state, 400, 0, 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pms_region_free(f.regions[i], NULL), PMS_OK);
	workers_start(f.workers, WORKERS_MAX, churn_regions);
	workers_join(f.workers, WORKERS_MAX);
	assert_true(f.workers[0].acknowledged + f.workers[2].acknowledged > 0);
	assert_true(f.workers[1].acknowledged + f.workers[3].acknowledged > 0);
	assert_int_equal(test_info(f.stream).region_count, 0);
	assert_int_equal(test_info(f.stream).largest_free_bytes, 40 * TEST_MIB - 16384 - PMS_REGION_HEADER_BYTES);
	test_check_is_clean(f.stream);
	end(&f);
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_info(f.stream).largest_free_bytes, 40 * TEST_MIB - 16384 - PMS_REGION_HEADER_BYTES);
	test_close(f.stream);
}

/* ---- R6 ------------------------------------------------------------------------------------------------------------ */

static uint8_t shared_buffer[20000];

/* The race is the test. */
__attribute__((no_sanitize("thread"))) static void *scribble(void *context)
{
	worker *w = context;
	fixture *f = w->context;

	while (!f->stop)
		*(volatile uint8_t *)&shared_buffer[test_random_below(&w->random, sizeof(shared_buffer))] += 1;
	return NULL;
}

/* R6: who changes the buffer during the call damages at most his own entry; here not even that: bytes are read once. */
static void test_threads_buffer_changed_during_append_leaves_a_valid_entry(void **state)
{
	test_log log = {0};
	int32_t ended;
	fixture f;

	begin(&f, state, 0, 1, 0);
	workers_start(f.workers, 1, scribble);
	for (int i = 0; i < 400; i++) {
		uint64_t bytes = i % 2 ? sizeof(shared_buffer) : 1000;
		assert_int_equal(pms_region_append(f.regions[0], shared_buffer, bytes, NULL, NULL), PMS_OK);
	}
	f.stop = true;
	workers_join(f.workers, 1);
	assert_int_equal(test_count_entries(f.regions[0], &ended), 400);
	assert_int_equal(ended, PMS_E_END);
	test_check_is_clean(f.stream);
	test_log_free(&log);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_threads_append_to_one_region_while_others_read),
	    TEST_ON_BOTH(test_threads_append_to_two_regions),
	    TEST_ON_BOTH(test_threads_reserve_publish_and_abandon_while_others_read),
	    TEST_ON_BOTH(test_threads_mix_everything_on_two_regions),
	    TEST_ON_BOTH(test_threads_close_while_others_append),
	    TEST_ON_TMPFS(test_threads_clear_against_appends_is_busy_or_done),
	    TEST_ON_TMPFS(test_threads_free_against_appends_is_busy_or_done_once),
	    TEST_ON_BOTH(test_threads_create_and_free_regions_leave_all_space_free),
	    TEST_ON_TMPFS(test_threads_buffer_changed_during_append_leaves_a_valid_entry),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
