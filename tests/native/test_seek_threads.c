/* SPDX-License-Identifier: MIT */
/*
 * Seeks from several threads at once, beside a thread that appends and clears: in the process of the writer, and through a
 * mapping of their own. One thread appends to one region alone, so that the timestamps of a life have no gaps, and each seek
 * has one right answer.
 */
#include <sched.h>

#include "cursor.h"
#include "support_workers.h"

#define SEEKERS 3
#define LIVES 1000u
#define PAYLOAD_BYTES 200u

typedef struct fixture {
	test_case *test;
	pms_stream *stream, *read_only;
	pms_region *region;
	_Atomic uint64_t base;	    /* of the life that is written; 0: it is being cleared */
	_Atomic uint64_t last;	    /* timestamp of the last entry in it that was acknowledged */
	_Atomic uint64_t seeks_hit; /* that found what they were looking for */
	_Atomic uint64_t seeks_stale;
	_Atomic bool stop;
} fixture;

static void clear(fixture *f)
{
	f->base = 0;
	while (pms_region_clear(f->region, NULL) != PMS_OK) /* busy: somebody has a cursor on it */
		(void)sched_yield();
	pms_region_info info = {.struct_bytes = sizeof(info)};
	WORKER_CHECK(pms_region_describe(f->region, &info, NULL) == PMS_OK);
	f->last = info.base_timestamp;
	f->base = info.base_timestamp;
}

static void *append_and_clear(void *context)
{
	worker *w = context;
	fixture *f = w->context;
	uint8_t data[PAYLOAD_BYTES];
	pms_position position;

	for (uint32_t life = 0; life < LIVES; life++) {
		uint64_t entries = test_random_below(&w->random, 400);
		clear(f);
		for (uint64_t i = 0; i < entries; i++) {
			test_fill(data, sizeof(data), f->last + 1);
			WORKER_CHECK(pms_region_append(f->region, data, sizeof(data), &position, NULL) == PMS_OK);
			WORKER_CHECK(position.timestamp == f->last + 1);
			f->last = position.timestamp;
		}
	}
	f->stop = true;
	return NULL;
}

/* The cursor shows the entry of that very timestamp, and those behind it without a gap. */
static void expect_from(fixture *f, pms_cursor *cursor, uint64_t timestamp, bool is_reader)
{
	pms_entry entry;

	for (int i = 0; i < 5; i++, timestamp++) {
		int32_t status = pms_cursor_next(cursor, &entry, NULL);
		if (is_reader && status == PMS_E_STALE) {
			f->seeks_stale++;
			return;
		}
		WORKER_CHECK(status == PMS_OK || (i > 0 && status == PMS_E_END));
		if (status == PMS_E_END)
			return;
		WORKER_CHECK(entry.position.timestamp == timestamp);
		/* A reader's bytes may be overwritten behind its back once the region is cleared: see the header. */
		WORKER_CHECK(is_reader || test_is_filled(entry.data, entry.bytes, timestamp));
	}
	f->seeks_hit++;
}

static void *seek_along(void *context)
{
	worker *w = context;
	fixture *f = w->context;
	pms_region *region = f->region;
	bool is_reader = w->id == 0;

	if (is_reader)
		WORKER_CHECK(pms_region_find(f->read_only, "region", 6, &region, NULL) == PMS_OK);
	while (!f->stop) {
		uint64_t base = f->base, last = f->last;
		pms_cursor_options options = {.struct_bytes = sizeof(options), .start = PMS_CURSOR_FROM_TIMESTAMP};
		pms_cursor *cursor;
		if (base == 0 || last <= base) {
			(void)sched_yield();
			continue;
		}
		options.position.timestamp = base + 1 + test_random_below(&w->random, last - base);
		int32_t status = pms_cursor_open(region, &options, &cursor, NULL);
		WORKER_CHECK(status == PMS_OK || (is_reader && status == PMS_E_STALE));
		if (status != PMS_OK)
			continue;
		/* Before it was open somebody may have cleared the region; now only a reader meets that. */
		if (cursor->life.base == base)
			expect_from(f, cursor, options.position.timestamp, is_reader);
		pms_cursor_close(cursor);
	}
	if (is_reader)
		pms_region_release(region);
	return NULL;
}

static void test_seek_threads_find_what_was_acknowledged(void **state)
{
	fixture f = {.test = test_begin(state)};
	uint64_t random = test_seed();
	worker workers[SEEKERS + 1] = {0};

	f.stream = test_create(f.test->path, TEST_STREAM_BYTES);
	f.region = test_region(f.stream, "region", TEST_MIB, 8);
	f.read_only = test_open(f.test->path, PMS_OPEN_READ_ONLY);
	for (uint32_t i = 0; i <= SEEKERS; i++) {
		workers[i].id = i;
		workers[i].context = &f;
		workers[i].random = test_random(&random);
	}
	workers_start(workers, SEEKERS, seek_along);
	workers_start(workers + SEEKERS, 1, append_and_clear);
	workers_join(workers, SEEKERS + 1);
	assert_true(f.seeks_hit > LIVES);
	test_check_is_clean(f.stream);
	pms_region_release(f.region);
	test_close(f.read_only);
	test_close(f.stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_TMPFS(test_seek_threads_find_what_was_acknowledged),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
