/* SPDX-License-Identifier: MIT */
/*
 * Two and three threads that append, reserve and publish while a drain, a sync or an allocation fails: nobody is left
 * waiting, whoever was told PMS_OK finds his entry, and after a failed drain nothing more is written.
 */
#include <errno.h>
#include <unistd.h>

#include "engine.h"
#include "failing_fixture.h"
#include "support_workers.h"

#define STREAM_BYTES (512 * TEST_KIB)
#define REGION_BYTES (200 * TEST_KIB)
#define ROUNDS 12u
/* How many different calls fail, each second one. */
#define CALLS 14u

typedef struct way {
	unsigned kinds;
	int os_error;
	bool all_later;
	int threads, regions;
} way;

/* Each worker's entries in order, those that were acknowledged without a gap, and nothing else. */
static void expect_acknowledged(pms_stream *stream, const worker *workers, const way *w)
{
	const char *names[] = {"first", "second"};
	uint8_t seen[WORKERS_MAX][ROUNDS + 1] = {{0}};

	for (int r = 0; r < w->regions; r++) {
		pms_region *region = test_find(stream, names[r]);
		uint32_t next[WORKERS_MAX] = {0}, id, sequence;
		pms_cursor *cursor;
		pms_entry entry;
		int32_t status;
		assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
		while ((status = pms_cursor_next(cursor, &entry, NULL)) == PMS_OK) {
			assert_true(worker_recognize(entry.data, entry.bytes, &id, &sequence));
			assert_true(id < (uint32_t)w->threads && sequence < ROUNDS && sequence >= next[id]);
			next[id] = sequence + 1;
			seen[id][sequence]++;
		}
		assert_int_equal(status, PMS_E_END);
		pms_cursor_close(cursor);
		pms_region_release(region);
	}
	for (int i = 0; i < w->threads; i++)
		for (uint32_t sequence = 0; sequence < workers[i].acknowledged; sequence++)
			if (seen[i][sequence] != 1)
				fail_msg("entry %u of thread %d is there %u times", sequence, i, seen[i][sequence]);
}

static void expect_image(const test_case *test, const test_image *image, const worker *workers, const way *w)
{
	char path[700];

	(void)snprintf(path, sizeof(path), "%s", test_file(test, "image"));
	test_image_save(image, path);
	pms_stream *stream = test_open(path, PMS_OPEN_DEFAULT);
	expect_acknowledged(stream, workers, w);
	test_close(stream);
	(void)unlink(path);
}

static void expect_images(const test_case *test, const worker *workers, const way *w)
{
	test_image image = test_image_load(test->path);

	expect_image(test, &image, workers, w);
	test_image_free(&image);
	for (uint64_t seed = 0; (w->kinds & FAULT_DRAIN) && seed < 4; seed++) {
		image = test_medium_power_cut(seed);
		expect_image(test, &image, workers, w);
		test_image_free(&image);
	}
}

static void expect_statuses(pms_stream *stream, const worker *workers, const way *w)
{
	bool poisoned = atomic_load(&stream->poisoned) != PMS_OK;
	pms_region *region = test_find(stream, "first");
	pms_error error;

	for (int i = 0; i < w->threads; i++) {
		int32_t status = workers[i].status;
		if (status == PMS_OK)
			assert_int_equal(workers[i].acknowledged, ROUNDS);
		else if (w->kinds & FAULT_MEMORY)
			assert_int_equal(status, PMS_E_NO_MEMORY);
		else
			assert_true(poisoned && (status == PMS_E_IO || status == PMS_E_POISONED));
	}
	int32_t status = pms_region_append(region, "x", 1, NULL, &error);
	assert_int_equal(status, poisoned ? PMS_E_POISONED : PMS_OK);
	if (poisoned)
		test_error_says(&error, status);
	pms_region_release(region);
}

static void try_once(test_case *test, const way *w, uint64_t index, uint64_t seed)
{
	worker workers[WORKERS_MAX];
	pms_region *regions[2] = {NULL, NULL};

	memset(workers, 0, sizeof(workers));
	if (w->kinds & FAULT_DRAIN)
		test_medium_watch_next();
	pms_stream *stream = test_create(test->path, STREAM_BYTES);
	regions[0] = test_region(stream, "first", REGION_BYTES, 64);
	if (w->regions == 2)
		regions[1] = test_region(stream, "second", REGION_BYTES, 8);
	for (int i = 0; i < w->threads; i++) {
		workers[i].id = (uint32_t)i;
		workers[i].random = seed + (uint64_t)i;
		workers[i].regions[0] = regions[0];
		workers[i].regions[1] = regions[1];
		workers[i].region_count = (uint32_t)w->regions;
		workers[i].rounds = ROUNDS;
		workers[i].reserve_percent = 50;
	}
	faults_begin(w->kinds, index, w->os_error, w->all_later);
	workers_start(workers, w->threads, worker_run);
	workers_join(workers, w->threads);
	(void)faults_end();
	expect_images(test, workers, w);
	expect_statuses(stream, workers, w);
	pms_region_release(regions[0]);
	pms_region_release(regions[1]);
	(void)pms_stream_close(stream);
	pms_stream_release(stream);
	stream = test_open(test->path, PMS_OPEN_DEFAULT);
	test_close(stream);
	test_medium_forget();
	(void)unlink(test->path);
}

static void try_all(void **state, unsigned kinds, int os_error, bool all_later)
{
	test_case *test = test_begin(state);
	uint64_t seed = test_seed();

	for (int threads = 2; threads <= 3; threads++)
		for (int regions = 1; regions <= 2; regions++) {
			way w = {kinds, os_error, all_later, threads, regions};
			for (uint64_t index = 0; index < CALLS; index++)
				try_once(test, &w, 2 * index, seed + index * 10);
		}
}

static void test_failing_threads_one_drain(void **state) { try_all(state, FAULT_DRAIN, EIO, false); }

static void test_failing_threads_all_drains(void **state) { try_all(state, FAULT_DRAIN, EIO, true); }

static void test_failing_threads_one_sync(void **state) { try_all(state, FAULT_SYNC, EIO, false); }

static void test_failing_threads_one_allocation(void **state) { try_all(state, FAULT_MEMORY, ENOMEM, false); }

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_failing_threads_one_drain),
	    TEST_ON_BOTH(test_failing_threads_all_drains),
	    TEST_ON_DISK(test_failing_threads_one_sync),
	    TEST_ON_TMPFS(test_failing_threads_one_allocation),
	};

	(void)alarm(300); /* a waiter that is left behind */
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
