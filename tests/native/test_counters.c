/* SPDX-License-Identifier: MIT */
/* pms_stream_counters, and what it shows of the group commit: threads that append to the page cache share syncs. */
#include <pthread.h>
#include <unistd.h>

#include "engine.h"
#include "medium_internal.h"
#include "support_stream.h"

#define APPENDERS 8u

static pms_counters counters_of(pms_stream *stream)
{
	pms_counters counters = {.struct_bytes = sizeof(counters)};
	pms_error error;

	assert_int_equal(pms_stream_counters(stream, &counters, &error), PMS_OK);
	return counters;
}

/* ---- what is counted --------------------------------------------------------------------------------------------- */

static void test_counters_every_verb_counts_its_entries(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "region", 100000, 64);
	pms_part parts[3] = {{.data = "a", .bytes = 1}, {.data = "b", .bytes = 1}, {.data = "c", .bytes = 1}};
	pms_reservation *reservation;
	pms_position at;
	void *data;

	assert_int_equal(counters_of(stream).entries, 0);
	assert_int_equal(counters_of(stream).appended_bytes, 0);
	assert_int_equal(pms_region_append(region, "x", 1, NULL, NULL), PMS_OK);
	assert_int_equal(counters_of(stream).entries, 1);
	assert_int_equal(counters_of(stream).appended_bytes, 64);
	assert_int_equal(pms_region_append_deferred(region, "x", 1, &at, NULL), PMS_OK);
	assert_int_equal(pms_region_append_group(region, parts, 3, PMS_APPEND_DURABLE, NULL, NULL), PMS_OK);
	assert_int_equal(counters_of(stream).entries, 5);
	assert_int_equal(pms_region_reserve(region, 100, &reservation, &data, NULL, NULL), PMS_OK);
	assert_int_equal(counters_of(stream).entries, 6);
	memset(data, 1, 100);
	assert_int_equal(pms_reservation_publish(reservation, 100, NULL, NULL), PMS_OK);
	pms_reservation_release(reservation);
	assert_int_equal(counters_of(stream).entries, 6);
	assert_int_equal(counters_of(stream).appended_bytes, 5 * 64 + 128);

	/* Cleared, freed, created again: nothing is forgotten, and nothing counted twice. */
	assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
	assert_int_equal(counters_of(stream).appended_bytes, 5 * 64 + 128);
	assert_int_equal(pms_region_append(region, "x", 1, NULL, NULL), PMS_OK);
	assert_int_equal(pms_region_free(region, NULL), PMS_OK);
	pms_region_release(region);
	assert_int_equal(counters_of(stream).entries, 7);
	region = test_region(stream, "region", 100000, 64);
	assert_int_equal(pms_region_append(region, "x", 1, NULL, NULL), PMS_OK);
	assert_int_equal(counters_of(stream).entries, 8);
	assert_int_equal(counters_of(stream).appended_bytes, 7 * 64 + 128);
	pms_region_release(region);
	test_close(stream);

	/* What an earlier session left is not this one's; a reader appends nothing. */
	stream = test_open(test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(counters_of(stream).entries, 0);
	assert_int_equal(counters_of(stream).appended_bytes, 0);
	region = test_find(stream, "region");
	assert_int_equal(pms_region_append(region, "x", 1, NULL, NULL), PMS_OK);
	assert_int_equal(counters_of(stream).entries, 1);
	assert_int_equal(counters_of(stream).appended_bytes, 64);
	pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY);
	pms_region *read = test_find(reader, "region");
	pms_region_info info = test_region_info(read);
	assert_true(info.used_bytes > 0);
	assert_int_equal(counters_of(reader).entries, 0);
	assert_int_equal(counters_of(reader).appended_bytes, 0);
	pms_region_release(read);
	test_close(reader);
	pms_region_release(region);
	test_close(stream);
}

static void test_counters_persists_and_syncs_are_told_apart(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "region", 100000, 64);
	uint64_t timestamp, syncs = counters_of(stream).syncs;
	uint64_t per_drain = test->kind == PMS_MEDIUM_PAGE_CACHE;

	/* An append persists by its own drain. */
	assert_int_equal(pms_region_append(region, "x", 1, NULL, NULL), PMS_OK);
	assert_int_equal(counters_of(stream).persists, 0);
	assert_int_equal(counters_of(stream).syncs, syncs + per_drain);
	for (int i = 0; i < 10; i++)
		assert_int_equal(pms_region_append_deferred(region, "x", 1, NULL, NULL), PMS_OK);
	assert_int_equal(counters_of(stream).syncs, syncs + per_drain);
	assert_int_equal(pms_region_persist(region, NULL, NULL), PMS_OK);
	assert_int_equal(counters_of(stream).persists, 1);
	assert_int_equal(counters_of(stream).syncs, syncs + 2 * per_drain);
	assert_int_equal(pms_region_persist(region, NULL, NULL), PMS_OK); /* nothing to do */
	assert_int_equal(counters_of(stream).persists, 1);
	assert_int_equal(pms_stream_persist(stream, &timestamp, NULL), PMS_OK);
	assert_int_equal(counters_of(stream).persists, 2);
	pms_region_release(region);
	test_close(stream);
}

static void test_counters_bad_arguments_are_refused(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_counters counters = {.struct_bytes = sizeof(counters) - 8};
	pms_error error;

	assert_int_equal(pms_stream_counters(NULL, &counters, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_counters(stream, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_counters(stream, &counters, &error), PMS_E_INVALID_ARGUMENT);
	counters.struct_bytes = sizeof(counters);
	assert_int_equal(pms_stream_close(stream), PMS_OK);
	assert_int_equal(pms_stream_counters(stream, &counters, &error), PMS_E_CLOSED);
	pms_stream_release(stream);
}

/* ---- threads share syncs ----------------------------------------------------------------------------------------- */

static pms_page_cache *cache;
static int (*real_sync)(void *address, uint64_t bytes);
static atomic_bool first_sync;

/* The first one lasts until everybody has stored what he waits for. */
static int sync_with_all(void *address, uint64_t bytes)
{
	if (atomic_exchange(&first_sync, false)) {
		unsigned waiting;
		do {
			waiting = 0;
			pms_mutex_lock(&cache->mutex);
			for (unsigned i = 0; i < cache->note_count; i++)
				waiting += cache->notes[i].thread != NULL;
			pms_mutex_unlock(&cache->mutex);
			(void)usleep(100);
		} while (waiting < APPENDERS);
	}
	return real_sync(address, bytes);
}

static void *append_one(void *region)
{
	static int32_t failed = 1;

	return pms_region_append(region, "entry", 5, NULL, NULL) == PMS_OK ? NULL : &failed;
}

static void test_append_by_threads_shares_syncs(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "region", 100000, 64);
	pthread_t threads[APPENDERS];
	void *result;

	cache = stream->medium.context;
	real_sync = cache->sync;
	atomic_store(&first_sync, true);
	cache->sync = sync_with_all;
	uint64_t before = counters_of(stream).syncs;
	for (unsigned i = 0; i < APPENDERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, append_one, region), 0);
	for (unsigned i = 0; i < APPENDERS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
	pms_counters counters = counters_of(stream);
	assert_int_equal(counters.entries, APPENDERS);
	assert_int_equal(counters.appended_bytes, APPENDERS * 64);
	/* The first sync took those who came before it began; all others went into the next one. */
	assert_in_range(counters.syncs - before, 1, 2);
	cache->sync = real_sync;
	pms_region_release(region);
	test_close(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_counters_every_verb_counts_its_entries),
	    TEST_ON_BOTH(test_counters_persists_and_syncs_are_told_apart),
	    TEST_ON_TMPFS(test_counters_bad_arguments_are_refused),
	    TEST_ON_DISK(test_append_by_threads_shares_syncs),
	};

	return cmocka_run_group_tests_name("counters", tests, test_folders_create, test_folders_remove);
}
