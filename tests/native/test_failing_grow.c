/* SPDX-License-Identifier: MIT */
/*
 * Growing, with each call that it makes failing in turn, and with all that follow failing as well: the file cannot be made
 * longer, synced, mapped, drained, cut back. Where nothing was synced or drained, nothing has changed.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "faults.h"
#include "support_image.h"
#include "support_medium.h"

#define SMALL (128 * TEST_KIB)
#define LARGE (4 * SMALL)
#define CALLS_MAX 40

typedef struct attempt {
	test_case *test;
	unsigned kinds;
	uint64_t index;
	int os_error;
	bool all_later;
	/* What became of it. */
	int32_t status;
	const char *failed;
	uint64_t calls;
	bool poisoned;
} attempt;

static uint64_t size_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return (uint64_t)status.st_size;
}

/* The stream as it was, also when it is opened again; and it can grow after all. */
static void expect_unchanged(const attempt *a, pms_stream *stream)
{
	pms_error error;

	assert_int_equal(test_info(stream).stream_bytes, SMALL);
	/* With all later calls failing it could not be cut back; with one failing it was not longer, or is cut. */
	if (!a->all_later)
		assert_int_equal(size_of(a->test->path), SMALL);
	if (strcmp(a->failed, "mremap") == 0) /* below */
		return;
	if (pms_stream_grow(stream, LARGE, &error) != PMS_OK)
		fail_msg("call %llu (%s) failed, and growing again: %s", (unsigned long long)a->index, a->failed,
			 error.message);
	assert_int_equal(test_info(stream).stream_bytes, LARGE);
	test_check_is_clean(stream);
}

/* Nothing is written any more, and what there is can be read. */
static void expect_poisoned(pms_stream *stream, pms_region *region, const test_log *log)
{
	const uint64_t bytes = test_info(stream).stream_bytes;
	pms_error error;

	assert_int_equal(pms_stream_grow(stream, 2 * LARGE, &error), PMS_E_POISONED);
	test_error_says(&error, PMS_E_POISONED);
	assert_int_equal(pms_region_append(region, "x", 1, NULL, &error), PMS_E_POISONED);
	assert_true(bytes == SMALL || bytes == LARGE);
	test_log_expect(log, region);
}

static bool is_sync(const char *call)
{
	return strcmp(call, "fsync") == 0 || strcmp(call, "msync") == 0 || strcmp(call, "drain") == 0;
}

static void expect_after(attempt *a, pms_stream *stream, pms_region *region, const test_log *log)
{
	a->poisoned = atomic_load(&stream->poisoned) != PMS_OK;
	if (a->status == PMS_OK) /* what failed was not needed */
		assert_int_equal(test_info(stream).stream_bytes, LARGE);
	else if (a->poisoned)
		expect_poisoned(stream, region, log);
	else
		expect_unchanged(a, stream);
	if (a->status != PMS_OK)
		assert_int_equal(a->poisoned, is_sync(a->failed));
}

/* Whatever has happened: the old size or the new one, all entries, and it grows. */
static void expect_reopened(const attempt *a, const test_log *log)
{
	pms_stream *stream = test_open(a->test->path, PMS_OPEN_DEFAULT);
	const uint64_t bytes = test_info(stream).stream_bytes;
	pms_region *region = test_find(stream, "old");

	assert_true(bytes == SMALL || bytes == LARGE);
	assert_true(a->status != PMS_OK || bytes == LARGE);
	test_log_expect(log, region);
	assert_int_equal(pms_stream_grow(stream, 2 * LARGE, NULL), PMS_OK);
	test_check_is_clean(stream);
	pms_region_release(region);
	test_close(stream);
}

static void try_grow(attempt *a)
{
	const unsigned descriptors = faults_descriptors();
	test_log log = {0};
	pms_error error;

	if (a->kinds & FAULT_DRAIN)
		test_medium_watch_next();
	pms_stream *stream = test_create(a->test->path, SMALL);
	pms_region *region = test_region(stream, "old", 20000, 64);
	for (uint64_t i = 0; i < 4; i++)
		(void)test_log_append(&log, region, 100 * i);
	faults_begin(a->kinds, a->index, a->os_error, a->all_later);
	a->status = pms_stream_grow(stream, LARGE, &error);
	a->calls = faults_end();
	a->failed = faults_failed();
	if (a->status != PMS_OK) {
		assert_non_null(a->failed);
		test_error_says(&error, a->status);
	}
	expect_after(a, stream, region, &log);
	pms_region_release(region);
	assert_int_equal(pms_stream_close(stream), a->poisoned ? PMS_E_POISONED : PMS_OK);
	pms_stream_release(stream);
	test_medium_forget();
	expect_reopened(a, &log);
	assert_int_equal(faults_descriptors(), descriptors);
	test_log_free(&log);
	(void)unlink(a->test->path);
}

/* Counts the tries in which that function failed, and that ended so. */
typedef struct expectation {
	const char *function;
	int os_error;
	int32_t status;
	bool poisoned;
	unsigned seen;
} expectation;

static void try_each_call(test_case *test, unsigned kinds, bool all_later, expectation *expected, size_t count)
{
	const int os_errors[] = {EIO, ENOSPC, ENOMEM};

	for (size_t e = 0; e < sizeof(os_errors) / sizeof(os_errors[0]); e++) {
		attempt a = {.test = test, .kinds = kinds, .index = UINT64_MAX, .os_error = os_errors[e]};
		try_grow(&a);
		assert_int_equal(a.status, PMS_OK);
		const uint64_t calls = a.calls;
		assert_in_range(calls, 1, CALLS_MAX);
		for (uint64_t index = 0; index < calls; index++) {
			a = (attempt){.test = test,
				      .kinds = kinds,
				      .index = index,
				      .os_error = os_errors[e],
				      .all_later = all_later};
			try_grow(&a);
			for (size_t i = 0; i < count; i++)
				expected[i].seen +=
				    strcmp(expected[i].function, a.failed) == 0 && expected[i].os_error == a.os_error &&
				    expected[i].status == a.status && expected[i].poisoned == a.poisoned;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (expected[i].seen == 0)
			fail_msg("%s, failing with %d, never ended with %d%s", expected[i].function,
				 expected[i].os_error, expected[i].status, expected[i].poisoned ? ", poisoned" : "");
}

static void test_failing_grow_changes_nothing_or_poisons(void **state)
{
	test_case *test = test_begin(state);

	for (int later = 0; later < 2; later++) {
		expectation expected[] = {
		    {.function = "fallocate64", .os_error = ENOSPC, .status = PMS_E_NO_SPACE},
		    {.function = "fallocate64", .os_error = EIO, .status = PMS_E_IO},
		    {.function = "fsync", .os_error = EIO, .status = PMS_E_IO, .poisoned = true},
		    {.function = "fsync", .os_error = ENOSPC, .status = PMS_E_IO, .poisoned = true},
		    {.function = "mmap64", .os_error = ENOMEM, .status = PMS_E_NO_MEMORY},
		    {.function = "drain", .os_error = EIO, .status = PMS_E_IO, .poisoned = true},
		};
		try_each_call(test, FAULT_SYSTEM | FAULT_DRAIN, later, expected,
			      sizeof(expected) / sizeof(expected[0]));
	}
}

/* On the page cache a sync of the mapping is a drain. */
static void test_failing_grow_of_the_page_cache_poisons(void **state)
{
	expectation expected[] = {{.function = "msync", .os_error = EIO, .status = PMS_E_IO, .poisoned = true}};

	try_each_call(test_begin(state), FAULT_SYNC, false, expected, 1);
}

/* The addresses are not touched any more, so it has no more room until it is opened again. */
static void test_failing_move_of_the_new_part_ends_the_room(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, SMALL);
	unsigned tried = 0;
	pms_error error;

	for (uint64_t index = 0; tried == 0; index++) {
		assert_in_range(index, 0, CALLS_MAX);
		faults_begin(FAULT_SYSTEM, index, ENOMEM, false);
		int32_t status = pms_stream_grow(stream, LARGE, &error);
		(void)faults_end();
		const char *failed = faults_failed();
		assert_true(status != PMS_OK);
		if (strcmp(failed, "fsync") == 0) { /* poisons it */
			assert_int_equal(pms_stream_close(stream), PMS_E_POISONED);
			pms_stream_release(stream);
			stream = test_open(test->path, PMS_OPEN_DEFAULT);
		}
		if (strcmp(failed, "mremap") != 0)
			continue;
		assert_int_equal(status, PMS_E_NO_MEMORY);
		tried++;
	}
	assert_int_equal(size_of(test->path), SMALL);
	assert_int_equal(pms_stream_grow(stream, LARGE, &error), PMS_E_NO_MEMORY);
	assert_int_equal(error.found, SMALL);
	pms_region_release(test_region(stream, "old", 100, 64));
	test_close(stream);
	stream = test_open(test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(pms_stream_grow(stream, LARGE, &error), PMS_OK);
	test_check_is_clean(stream);
	test_close(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_failing_grow_changes_nothing_or_poisons),
	    TEST_ON_DISK(test_failing_grow_of_the_page_cache_poisons),
	    TEST_ON_BOTH(test_failing_move_of_the_new_part_ends_the_room),
	};

	(void)alarm(300);
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
