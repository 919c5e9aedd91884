/* SPDX-License-Identifier: MIT */
/* Creating a stream, with each call that it makes failing in turn: nothing is there then, or what was there before. */
#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "failing_fixture.h"

#define STREAM_BYTES (128 * TEST_KIB)
#define CALLS_MAX 200

static unsigned files_in(const char *folder)
{
	DIR *open = opendir(folder);
	struct dirent *entry;
	unsigned count = 0;

	assert_non_null(open);
	while ((entry = readdir(open)) != NULL)
		count += entry->d_name[0] != '.';
	(void)closedir(open);
	return count;
}

static void make_old(const char *path, test_log *log)
{
	pms_stream *stream = test_create(path, STREAM_BYTES);
	pms_region *region = test_region(stream, "old", 5000, 64);

	for (uint64_t i = 0; i < 5; i++)
		(void)test_log_append(log, region, 10 * i);
	pms_region_release(region);
	test_close(stream);
}

/* What is there is the old stream, whole, or a new and empty one; the latter only when its name was what failed. */
static void expect_old_or_new(const char *path, const test_log *log)
{
	pms_stream *stream = test_open(path, PMS_OPEN_DEFAULT);

	if (test_info(stream).region_count) {
		pms_region *region = test_find(stream, "old");
		test_log_expect(log, region);
		pms_region_release(region);
	}
	test_check_is_clean(stream);
	test_close(stream);
}

static uint64_t try_create(test_case *test, unsigned kinds, uint64_t index, int os_error, bool overwrite)
{
	pms_create_options options = test_create_options(STREAM_BYTES);
	unsigned descriptors = faults_descriptors();
	pms_stream *stream = (pms_stream *)&options;
	test_log log = {0};
	pms_error error;

	if (overwrite) {
		make_old(test->path, &log);
		options.flags = PMS_CREATE_OVERWRITE;
	}
	if (kinds & FAULT_DRAIN)
		test_medium_watch_next();
	faults_begin(kinds, index, os_error, false);
	int32_t status = pms_stream_create(test->path, &options, &stream, &error);
	uint64_t count = faults_end();
	const char *failed = faults_failed();
	if (status == PMS_OK) {
		test_check_is_clean(stream);
		test_close(stream);
	} else {
		if (!failed)
			fail_msg("create: %d: %s", status, error.message);
		test_error_says(&error, status);
		assert_null(stream);
	}
	test_medium_forget();
	if (files_in(test->folder) != (unsigned)(overwrite || status == PMS_OK))
		fail_msg("call %llu (%s) failing: %u files are left", (unsigned long long)index,
			 failed ? failed : "none", files_in(test->folder));
	if (overwrite || status == PMS_OK)
		expect_old_or_new(test->path, &log);
	assert_int_equal(faults_descriptors(), descriptors);
	(void)unlink(test->path);
	stream = test_create(test->path, STREAM_BYTES);
	test_close(stream);
	(void)unlink(test->path);
	test_log_free(&log);
	return count;
}

static void try_each(void **state, bool overwrite)
{
	const struct {
		unsigned kinds;
		int os_error;
	} ways[] = {{FAULT_SYSTEM | FAULT_DRAIN, EIO},
		    {FAULT_SYSTEM, ENOSPC},
		    {FAULT_SYSTEM, EACCES},
		    {FAULT_MEMORY, ENOMEM},
		    {FAULT_SYNC, EIO}};
	test_case *test = test_begin(state);

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		uint64_t count = try_create(test, ways[i].kinds, UINT64_MAX, ways[i].os_error, overwrite);
		assert_in_range(count, 0, CALLS_MAX);
		for (uint64_t index = 0; index < count; index++)
			(void)try_create(test, ways[i].kinds, index, ways[i].os_error, overwrite);
		print_message("# kinds %u: %llu calls failed in turn\n", ways[i].kinds, (unsigned long long)count);
	}
}

static void test_failing_create_leaves_nothing(void **state) { try_each(state, false); }

static void test_failing_create_over_a_stream_leaves_it_or_the_new_one(void **state) { try_each(state, true); }

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_failing_create_leaves_nothing),
	    TEST_ON_BOTH(test_failing_create_over_a_stream_leaves_it_or_the_new_one),
	};

	(void)alarm(300);
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
