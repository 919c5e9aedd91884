/* SPDX-License-Identifier: MIT */
/* Several threads at work, and then a kill, a power cut, or a drain that fails. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "support_medium.h"
#include "support_workers.h"

static const char *const names[2] = {"zero", "one"};

static void set_up(worker *workers, uint64_t random, pms_region *regions[2], uint32_t region_count)
{
	for (uint32_t i = 0; i < WORKERS_MAX; i++) {
		worker *w = &workers[i];
		*w = (worker){.id = i,
			      .random = random + i,
			      .rounds = UINT32_MAX,
			      .reserve_percent = 40,
			      .region_count = region_count};
		memcpy(w->regions, regions, sizeof(w->regions));
	}
}

static void wait_for(const worker *workers, uint64_t entries)
{
	uint64_t sum;

	do {
		(void)sched_yield();
		sum = 0;
		for (int i = 0; i < WORKERS_MAX; i++)
			sum += workers[i].acknowledged;
	} while (sum < entries);
}

/*
 * What is in the regions of the stream at `path`: of each worker all that was acknowledged, in order, and at most one entry
 * more, which was in progress.
 */
static void expect_acknowledged(const char *path, const uint32_t before[WORKERS_MAX], const uint32_t *after,
				uint32_t regions)
{
	pms_stream *stream = test_open(path, PMS_OPEN_DEFAULT);
	uint32_t count[WORKERS_MAX] = {0}, next[WORKERS_MAX];

	assert_int_equal(test_recovery(stream).flags, 0);
	for (uint32_t r = 0; r < regions; r++) {
		pms_region *region = test_find(stream, names[r]);
		pms_cursor *cursor;
		pms_entry entry;
		uint64_t last = 0;
		memset(next, 0, sizeof(next));
		assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
		worker_follow(cursor, &last, next, regions > 1);
		pms_cursor_close(cursor);
		assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
		while (pms_cursor_next(cursor, &entry, NULL) == PMS_OK) {
			uint32_t id, sequence;
			assert_true(worker_recognize(entry.data, entry.bytes, &id, &sequence));
			count[id]++;
		}
		pms_cursor_close(cursor);
		int32_t status = pms_region_append(region, "more", 4, NULL, NULL);
		assert_true(status == PMS_OK || status == PMS_E_REGION_FULL);
		pms_region_release(region);
	}
	for (int i = 0; i < WORKERS_MAX; i++)
		if (count[i] < before[i] || (after && count[i] > after[i] + 1))
			fail_msg("worker %d: %u entries were acknowledged, %u are there", i, before[i], count[i]);
	test_check_is_clean(stream);
	test_close(stream);
}

/* ---- a kill -------------------------------------------------------------------------------------------------------- */

/* The child: opens the stream, lets its threads write, and waits to be killed. */
static void write_until_killed(const char *path, worker *workers, uint64_t random, uint32_t region_count)
{
	pms_region *regions[2];
	pms_stream *stream;

	WORKER_CHECK(pms_stream_open(path, NULL, &stream, NULL) == PMS_OK);
	for (int r = 0; r < 2; r++)
		WORKER_CHECK(pms_region_find(stream, names[r], strlen(names[r]), &regions[r], NULL) == PMS_OK);
	set_up(workers, random, regions, region_count);
	for (int i = 0; i < WORKERS_MAX; i++)
		WORKER_CHECK(pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]) == 0);
	for (;;)
		(void)pause();
}

static void create_stream(const char *path)
{
	pms_stream *stream = test_create(path, 24 * TEST_MIB);

	for (int r = 0; r < 2; r++)
		pms_region_release(test_region(stream, names[r], 11 * TEST_MIB, r ? 8 : 64));
	test_close(stream);
}

/* A process is killed while its threads append, reserve and publish: nothing that was acknowledged is missing. */
static void test_threads_killed_process_loses_nothing_acknowledged(void **state)
{
	test_case *test = test_begin(state);
	uint64_t random = test_seed();
	worker *workers =
	    mmap(NULL, sizeof(worker) * WORKERS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(workers != MAP_FAILED);
	for (uint32_t round = 0; round < 12; round++) {
		uint32_t acknowledged[WORKERS_MAX];
		int status;
		create_stream(test->path);
		memset(workers, 0, sizeof(worker) * WORKERS_MAX);
		uint64_t seed = test_random(&random), entries = test_random_below(&random, 1000);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			write_until_killed(test->path, workers, seed, 1 + round % 2);
		wait_for(workers, test->kind == PMS_MEDIUM_PAGE_CACHE ? entries / 5 : entries);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		for (int i = 0; i < WORKERS_MAX; i++)
			acknowledged[i] = workers[i].acknowledged;
		expect_acknowledged(test->path, acknowledged, acknowledged, 1 + round % 2);
		assert_int_equal(remove(test->path), 0);
	}
	assert_int_equal(munmap(workers, sizeof(worker) * WORKERS_MAX), 0);
}

/* ---- a power cut --------------------------------------------------------------------------------------------------- */

/* Now and then a drain takes long, so that others are met in the middle of theirs. */
static void dawdle(void *context)
{
	static _Atomic uint32_t drains;

	(void)context;
	if (++drains % 5 == 0)
		(void)nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

/* Durable bytes, and of the others any, while the threads work on: whose call had returned, his entry is there. */
static void test_threads_power_cut_loses_nothing_acknowledged(void **state)
{
	test_case *test = test_begin(state);
	uint64_t random = test_seed();
	worker workers[WORKERS_MAX];
	pms_region *regions[2];

	for (uint32_t region_count = 1; region_count <= 2; region_count++) {
		test_medium_watch_next();
		pms_stream *stream = test_create(test->path, 8 * TEST_MIB);
		for (int r = 0; r < 2; r++)
			regions[r] = test_region(stream, names[r], 3 * TEST_MIB, r ? 8 : 64);
		test_medium_on_drain(dawdle, NULL);
		set_up(workers, test_random(&random), regions, region_count);
		workers_start(workers, WORKERS_MAX, worker_run);
		for (int cut = 0; cut < 25; cut++) {
			uint32_t before[WORKERS_MAX];
			wait_for(workers, (uint64_t)(cut + 1) * 60);
			for (int i = 0; i < WORKERS_MAX; i++)
				before[i] = workers[i].acknowledged;
			test_image image = test_medium_power_cut(cut % 3 ? test_random(&random) : 0);
			test_image_save(&image, test_file(test, "cut"));
			test_image_free(&image);
			expect_acknowledged(test_file(test, "cut"), before, NULL, region_count);
		}
		assert_int_equal(pms_stream_close(stream), PMS_OK);
		workers_join(workers, WORKERS_MAX);
		for (int i = 0; i < WORKERS_MAX; i++)
			assert_true(workers[i].status == PMS_E_CLOSED || workers[i].status == PMS_E_REGION_FULL);
		for (int r = 0; r < 2; r++)
			pms_region_release(regions[r]);
		pms_stream_release(stream);
		test_medium_forget();
		(void)remove(test->path);
	}
}

/* ---- a failing drain ----------------------------------------------------------------------------------------------- */

/* R12: every thread gets an error and wakes; what was acknowledged before is there, even after a power cut. */
static void test_threads_failed_drain_ends_all_of_them(void **state)
{
	test_case *test = test_begin(state);
	uint64_t random = test_seed();
	worker workers[WORKERS_MAX];
	pms_region *regions[2];

	for (int round = 0; round < 20; round++) {
		uint32_t acknowledged[WORKERS_MAX];
		uint32_t region_count = 1 + (uint32_t)round % 2, failed = 0;
		test_medium_watch_next();
		pms_stream *stream = test_create(test->path, 8 * TEST_MIB);
		for (int r = 0; r < 2; r++)
			regions[r] = test_region(stream, names[r], 3 * TEST_MIB, r ? 8 : 64);
		set_up(workers, test_random(&random), regions, region_count);
		test_medium_fail_drains(test_random_below(&random, 300), EIO);
		workers_start(workers, WORKERS_MAX, worker_run);
		workers_join(workers, WORKERS_MAX); /* none is left waiting */
		for (int i = 0; i < WORKERS_MAX; i++) {
			assert_true(workers[i].status == PMS_E_IO || workers[i].status == PMS_E_POISONED);
			failed += workers[i].status == PMS_E_IO;
			acknowledged[i] = workers[i].acknowledged;
		}
		assert_true(failed > 0);
		test_image image = test_medium_power_cut(round % 2 ? test_random(&random) : 0);
		test_image_save(&image, test_file(test, "cut"));
		test_image_free(&image);
		for (int r = 0; r < 2; r++)
			pms_region_release(regions[r]);
		assert_int_equal(pms_stream_close(stream), PMS_E_POISONED);
		pms_stream_release(stream);
		test_medium_forget();
		expect_acknowledged(test_file(test, "cut"), acknowledged, acknowledged, region_count);
		(void)remove(test->path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_threads_killed_process_loses_nothing_acknowledged),
	    TEST_ON_TMPFS(test_threads_power_cut_loses_nothing_acknowledged),
	    TEST_ON_TMPFS(test_threads_failed_drain_ends_all_of_them),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
