/* SPDX-License-Identifier: MIT */
/*
 * Threads that write by every verb, persist, read, clear, free and close against each other. Only what is documented may be
 * returned, and the log is what the calls have returned. More threads than processors, so that they stop each other anywhere.
 */
#include <sched.h>
#include <time.h>

#include "support_racers.h"

#define BOUNDS_MAX 64

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *regions[2];
	racer racers[RACERS_MAX];
	_Atomic bool stop;
	/* What persists of the stream have returned, and how many entries at or below that were visible then. */
	uint64_t bounds[BOUNDS_MAX], counts[BOUNDS_MAX];
	uint32_t bound_count;
	uint32_t abandoned; /* reservations that were ended by somebody else */
	uint64_t random;
} fixture;

static const char *const names[] = {"zero", "one"};

static void begin(fixture *f, void **state, uint64_t usable_bytes, uint32_t rounds, uint32_t durable_percent)
{
	test_case *test = test_begin(state);

	*f = (fixture){.test = test, .random = test_seed()};
	f->stream = test_create(test->path, 2 * usable_bytes + TEST_MIB);
	for (int i = 0; i < 2; i++)
		f->regions[i] = test_region(f->stream, names[i], usable_bytes, i ? 8 : 64);
	for (uint32_t i = 0; i < RACERS_MAX; i++)
		f->racers[i] = (racer){.id = i,
				       .random = test_random(&f->random),
				       .region = f->regions[0],
				       .rounds = rounds,
				       .durable_percent = durable_percent};
}

static void release(fixture *f)
{
	for (int i = 0; i < 2; i++)
		pms_region_release(f->regions[i]);
	pms_stream_release(f->stream);
}

/* The region holds what each of the racers has written, and of calls that were refused at most one batch. */
static void expect_written(const fixture *f, pms_region *region, int count, uint32_t batch)
{
	racer_tally tally = racer_count(region, 0);

	for (int i = 0; i < count; i++)
		if (f->racers[i].region == region || f->racers[i].region == NULL)
			assert_in_range(tally.next[i], f->racers[i].returned, f->racers[i].returned + batch);
}

/* Closes, and finds the same when it is opened again. */
static void reopen_and_expect_written(fixture *f, int count)
{
	int which[RACERS_MAX];

	for (int i = 0; i < count; i++)
		which[i] = f->racers[i].region == f->regions[1];
	test_close(f->stream);
	for (int i = 0; i < 2; i++)
		pms_region_release(f->regions[i]);
	f->stream = test_open(f->test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_recovery(f->stream).flags, 0);
	for (int i = 0; i < 2; i++)
		f->regions[i] = test_find(f->stream, names[i]);
	for (int i = 0; i < count; i++)
		f->racers[i].region = f->regions[which[i]];
	for (int i = 0; i < 2; i++) {
		expect_written(f, f->regions[i], count, 0);
		assert_int_equal(test_region_info(f->regions[i]).open_reservations, 0);
	}
	test_check_is_clean(f->stream);
	release(f);
}

/* ---- threads that go along ----------------------------------------------------------------------------------------- */

static void *read_along(void *context)
{
	fixture *f = context;
	racer_tally tally = {0};
	pms_cursor *cursor;
	bool stop;

	WORKER_CHECK(pms_cursor_open(f->regions[0], NULL, &cursor, NULL) == PMS_OK);
	do {
		stop = f->stop; /* once more after it is set: to the very end */
		racer_follow(cursor, &tally, false);
		(void)sched_yield();
	} while (!stop);
	for (int i = 0; i < RACERS_MAX; i++)
		WORKER_CHECK(tally.next[i] == f->racers[i].returned || f->racers[i].region != f->regions[0]);
	pms_cursor_close(cursor);
	return NULL;
}

static uint64_t count_up_to(const fixture *f, uint64_t bound)
{
	return racer_count(f->regions[0], bound).at_or_below + racer_count(f->regions[1], bound).at_or_below;
}

/* R14: the timestamp rises, and what is visible at or below it is all there will ever be. */
static void *persist_stream_along(void *context)
{
	fixture *f = context;
	uint64_t last = 0;
	bool stop;

	do {
		uint64_t timestamp = 0;
		stop = f->stop; /* once at least, however soon the others are done */
		WORKER_CHECK(pms_stream_persist(f->stream, &timestamp, NULL) == PMS_OK);
		WORKER_CHECK(timestamp >= last && pms_stream_persisted_timestamp(f->stream) >= timestamp);
		last = timestamp;
		if (f->bound_count < BOUNDS_MAX) {
			f->bounds[f->bound_count] = timestamp;
			f->counts[f->bound_count++] = count_up_to(f, timestamp);
		}
		(void)sched_yield();
	} while (!stop);
	return NULL;
}

static void *persist_regions_along(void *context)
{
	fixture *f = context;

	for (int i = 0; !f->stop; i++) {
		pms_region *region = f->regions[i % 2];
		uint64_t committed = pms_region_committed(region);
		WORKER_CHECK(pms_region_persist(region, NULL, NULL) == PMS_OK);
		WORKER_CHECK(pms_region_persisted(region) >= committed);
		(void)sched_yield();
	}
	return NULL;
}

/* Ends whatever reservation it finds that is written: its owner is told, and writes again. */
static void *abandon_along(void *context)
{
	fixture *f = context;

	for (int i = 0; !f->stop; i++) {
		racer *r = &f->racers[i % RACERS_MAX];
		pms_position position = {.offset = r->written_offset};
		position.timestamp =
		    r->written_timestamp; /* of that one or a later one: then there is no such position */
		int32_t status = pms_region_abandon(f->regions[0], &position, NULL);
		WORKER_CHECK(status == PMS_OK || status == PMS_E_NO_ENTRY);
		f->abandoned += status == PMS_OK;
		(void)sched_yield();
	}
	return NULL;
}

static void run_along(fixture *f, int racers, void *(*const along[])(void *), int count)
{
	pthread_t threads[4];

	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, along[i], f), 0);
	racers_start(f->racers, racers);
	racers_join(f->racers, racers, PMS_OK, PMS_OK);
	f->stop = true;
	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* ---- tests --------------------------------------------------------------------------------------------------------- */

static uint32_t rounds_on(const fixture *f, uint32_t on_tmpfs, uint32_t on_disk)
{
	return f->test->kind == PMS_MEDIUM_VOLATILE ? on_tmpfs : on_disk;
}

static void set_rounds(fixture *f, uint32_t on_tmpfs, uint32_t on_disk)
{
	for (int i = 0; i < RACERS_MAX; i++)
		f->racers[i].rounds = rounds_on(f, on_tmpfs, on_disk);
}

/* Eight threads and four more. */
static void test_threads_every_verb_on_one_region(void **state)
{
	void *(*const along[])(void *) = {read_along, persist_regions_along, abandon_along};
	fixture f;

	begin(&f, state, 8 * TEST_MIB, 0, 30);
	set_rounds(&f, 300, 30);
	run_along(&f, RACERS_MAX, along, 3);
	assert_true(f.abandoned > 0 || f.test->kind != PMS_MEDIUM_VOLATILE); /* on a disk there are few to be met */
	expect_written(&f, f.regions[0], RACERS_MAX, 0);
	assert_int_equal(test_region_info(f.regions[0]).open_reservations, 0);
	assert_int_equal(pms_region_persist(f.regions[0], NULL, NULL), PMS_OK);
	assert_int_equal(pms_region_persisted(f.regions[0]), pms_region_committed(f.regions[0]));
	reopen_and_expect_written(&f, RACERS_MAX);
}

/* Nobody persists but the persists: what is deferred goes over and over again. */
static void test_threads_stream_persist_beside_two_regions(void **state)
{
	void *(*const along[])(void *) = {persist_stream_along, persist_regions_along};
	fixture f;

	begin(&f, state, 4 * TEST_MIB, 0, 10);
	set_rounds(&f, 200, 30);
	for (int i = 1; i < RACERS_MAX; i += 2)
		f.racers[i].region = f.regions[1];
	run_along(&f, RACERS_MAX, along, 2);
	assert_true(f.bound_count > 0);
	for (uint32_t i = 0; i < f.bound_count; i++)
		assert_int_equal(count_up_to(&f, f.bounds[i]), f.counts[i]);
	reopen_and_expect_written(&f, RACERS_MAX);
}

/* Until nothing fits any more; what was refused has left nothing. */
static void test_threads_fill_a_region_to_the_end(void **state)
{
	for (int round = 0; round < TEST_ROUNDS(40); round++) {
		fixture f;
		begin(&f, state, 64 * TEST_KIB, UINT32_MAX, 20);
		racers_start(f.racers, 4);
		racers_join(f.racers, 4, PMS_E_REGION_FULL, PMS_E_REGION_FULL);
		expect_written(&f, f.regions[0], 4, 0);
		reopen_and_expect_written(&f, 4);
		(void)remove(f.test->path);
	}
}

/* Whoever meets the close is told; everything that was returned before is there, deferred or not. */
static void test_threads_close_beside_every_verb(void **state)
{
	for (int round = 0; round < TEST_ROUNDS(200); round++) {
		fixture f;
		begin(&f, state, TEST_MIB, UINT32_MAX, 20);
		racers_start(f.racers, 4);
		(void)nanosleep(&(struct timespec){.tv_nsec = (long)test_random_below(&f.random, 500000)}, NULL);
		int32_t status = pms_stream_close(f.stream);
		assert_int_equal(status, PMS_OK);
		racers_join(f.racers, 4, PMS_E_CLOSED, PMS_E_REGION_FULL);
		release(&f);
		pms_stream *stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
		assert_int_equal(test_recovery(stream).flags, 0);
		pms_region *region = test_find(stream, "zero");
		for (int i = 0; i < 4; i++)
			f.racers[i].region = NULL; /* of the region that it was */
		expect_written(&f, region, 4, 3);
		test_check_is_clean(stream);
		pms_region_release(region);
		test_close(stream);
		(void)remove(f.test->path);
	}
}

/* Busy, or done, and never beside a persist; in the end it is freed under those who are still at it. */
static void test_threads_clear_and_free_beside_every_verb(void **state)
{
	unsigned cleared = 0;

	for (int round = 0; round < TEST_ROUNDS(40); round++) {
		pms_cursor *cursor;
		racer_tally tally = {0};
		int32_t status;
		fixture f;
		begin(&f, state, TEST_MIB, UINT32_MAX, 20);
		racers_start(f.racers, 3);
		/* Until one was done at least: the others end when the region is full. */
		for (int i = 0; i < 50 || cleared == 0; i++) {
			status = pms_region_clear(f.regions[0], NULL);
			assert_true(status == PMS_OK || status == PMS_E_BUSY);
			cleared += status == PMS_OK;
			(void)sched_yield();
		}
		assert_int_equal(pms_cursor_open(f.regions[0], NULL, &cursor, NULL), PMS_OK);
		racer_follow(cursor, &tally, true);
		pms_cursor_close(cursor);
		while ((status = pms_region_free(f.regions[0], NULL)) == PMS_E_BUSY)
			(void)sched_yield();
		assert_int_equal(status, PMS_OK);
		racers_join(f.racers, 3, PMS_E_STALE, PMS_E_REGION_FULL);
		assert_int_equal(pms_region_persist(f.regions[0], NULL, NULL), PMS_E_STALE);
		assert_int_equal(pms_stream_persist(f.stream, NULL, NULL), PMS_OK);
		test_check_is_clean(f.stream);
		test_close(f.stream);
		for (int i = 0; i < 2; i++)
			pms_region_release(f.regions[i]);
		(void)remove(f.test->path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_threads_every_verb_on_one_region),
	    TEST_ON_BOTH(test_threads_stream_persist_beside_two_regions),
	    TEST_ON_TMPFS(test_threads_fill_a_region_to_the_end),
	    TEST_ON_TMPFS(test_threads_close_beside_every_verb),
	    TEST_ON_TMPFS(test_threads_clear_and_free_beside_every_verb),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
