/* SPDX-License-Identifier: MIT */
/* Creating, opening, closing and describing streams that are whole. What is refused is in test_stream_bad.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "os.h"
#include "support_image.h"

static int32_t create_with(const char *path, uint32_t flags, pms_stream **stream, pms_error *error)
{
	pms_create_options options = test_create_options(TEST_STREAM_BYTES);

	options.flags = flags;
	return pms_stream_create(path, &options, stream, error);
}

static void test_stream_new_one_is_described(void **state)
{
	test_case *test = test_begin(state);
	pms_create_options options = test_create_options(TEST_STREAM_BYTES + 1);
	uint64_t before = pms_os_unix_seconds(); /* time() may be a tick behind */
	pms_stream_info info, again, zero = {0};
	pms_stream *stream;

	assert_int_equal(pms_stream_create(test->path, &options, &stream, NULL), PMS_OK);
	info = test_info(stream);
	assert_int_equal(info.format_version, 1);
	assert_int_equal(info.stream_bytes, TEST_STREAM_BYTES + 4096); /* rounded up */
	assert_int_equal(info.file_bytes, info.stream_bytes);
	assert_int_equal(info.free_bytes, info.stream_bytes - PMS_FIXED_BYTES);
	assert_int_equal(info.largest_free_bytes, info.free_bytes - PMS_REGION_HEADER_BYTES);
	assert_in_range(info.created_unix_seconds, before, before + 60);
	assert_int_equal(info.compatible_features | info.incompatible_features | info.read_only_features, 0);
	assert_int_equal(info.block_bytes, PMS_BLOCK_BYTES_DEFAULT);
	assert_int_equal(info.region_count, 0);
	assert_int_equal(info.medium_kind, test->kind);
	assert_true(info.flush_policy != PMS_FLUSH_AUTO);
	assert_int_equal(info.read_only, 0);
	assert_int_equal(info.state, 0);
	assert_true(strlen(info.medium_text) > 10);
	assert_memory_equal(info.reserved, zero.reserved, sizeof(info.reserved));
	assert_true(memcmp(info.uuid, zero.uuid, sizeof(info.uuid)) != 0);
	assert_int_equal(test_recovery(stream).flags, 0);
	test_check_is_clean(stream);
	test_close(stream);

	stream = test_open(test->path, PMS_OPEN_READ_ONLY);
	again = test_info(stream);
	assert_int_equal(again.read_only, 1);
	assert_memory_equal(again.uuid, info.uuid, sizeof(info.uuid));
	assert_int_equal(again.stream_bytes, info.stream_bytes);
	assert_int_equal(again.created_unix_seconds, info.created_unix_seconds);
	assert_int_equal(again.medium_kind, test->kind);
	test_close(stream);
}

/* Nothing but the stream is left in its folder, and all of its space is there. */
static void test_stream_created_leaves_one_file_with_all_of_its_space(void **state)
{
	test_case *test = test_begin(state);
	struct stat status;

	test_close(test_create(test->path, TEST_STREAM_BYTES));
	assert_int_equal(stat(test->path, &status), 0);
	assert_int_equal(status.st_size, TEST_STREAM_BYTES);
	assert_true(test_file_allocated(test->path) >= TEST_STREAM_BYTES);
	assert_int_equal(remove(test->path), 0);
	assert_int_equal(remove(test->folder), 0); /* empty */
	assert_int_equal(mkdir(test->folder, 0700), 0);
}

static void test_stream_sizes_from_one_block_up(void **state)
{
	static const uint32_t blocks[] = {4096, 65536, 2 << 20};
	test_case *test = test_begin(state);

	for (int i = 0; i < 3; i++) {
		uint64_t least = pms_round_up(PMS_FIXED_BYTES, blocks[i]) + blocks[i];
		pms_create_options options = test_create_options(least);
		pms_stream *stream;
		pms_error error;
		options.block_bytes = blocks[i];
		options.flags = PMS_CREATE_OVERWRITE;
		assert_int_equal(pms_stream_create(test->path, &options, &stream, NULL), PMS_OK);
		assert_int_equal(test_info(stream).free_bytes, blocks[i]);
		pms_region *region = test_region(stream, "only", blocks[i] - PMS_REGION_HEADER_BYTES, 64);
		(void)test_append(region, 100, 1);
		pms_region_release(region);
		test_close(stream);
		stream = test_open(test->path, PMS_OPEN_DEFAULT);
		assert_int_equal(test_info(stream).region_count, 1);
		test_close(stream);
		options.stream_bytes = least - blocks[i];
		assert_int_equal(pms_stream_create(test_file(test, "small"), &options, &stream, &error),
				 PMS_E_INVALID_ARGUMENT);
		assert_int_equal(error.expected, least);
	}
}

/* Every stream has a UUID of its own. */
static void test_stream_uuids_differ(void **state)
{
	test_case *test = test_begin(state);
	uint8_t uuids[8][16];

	for (int i = 0; i < 8; i++) {
		pms_stream *stream;
		assert_int_equal(create_with(test->path, PMS_CREATE_OVERWRITE, &stream, NULL), PMS_OK);
		memcpy(uuids[i], test_info(stream).uuid, 16);
		for (int j = 0; j < i; j++)
			assert_true(memcmp(uuids[i], uuids[j], 16) != 0);
		test_close(stream);
	}
}

static void test_stream_paths_may_be_relative_and_utf8(void **state)
{
	test_case *test = test_begin(state);
	char before[1024], name[260];
	pms_stream *stream;

	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(test->folder), 0);
	test_close(test_create("stre\xc3\xa4m \xe2\x82\xac", TEST_STREAM_BYTES));
	test_close(test_open("./stre\xc3\xa4m \xe2\x82\xac", PMS_OPEN_DEFAULT));
	/* The longest name that the file system takes. */
	memset(name, 'n', 255);
	name[255] = '\0';
	test_close(test_create(name, TEST_STREAM_BYTES));
	test_close(test_open(name, PMS_OPEN_DEFAULT));
	memset(name, 'n', 256);
	name[256] = '\0';
	assert_true(create_with(name, 0, &stream, NULL) != PMS_OK);
	/* Through a symbolic link it is the same stream. */
	assert_int_equal(symlink("stre\xc3\xa4m \xe2\x82\xac", "link"), 0);
	stream = test_open("link", PMS_OPEN_DEFAULT);
	test_open_fails("stre\xc3\xa4m \xe2\x82\xac", PMS_OPEN_DEFAULT, PMS_E_LOCKED, NULL);
	test_close(stream);
	assert_int_equal(chdir(before), 0);
}

/* ---- overwriting --------------------------------------------------------------------------------------------------- */

static void test_stream_existing_file_is_not_replaced_unasked(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_error error;

	test_close(stream);
	test_image image = test_image_load(test->path);
	assert_int_equal(create_with(test->path, 0, &stream, &error), PMS_E_EXISTS);
	test_error_says(&error, PMS_E_EXISTS);
	assert_null(stream);
	test_image_expect(&image, test->path);
	/* Not any file, not even an empty one. */
	test_file_make(test_file(test, "text"), 100);
	test_file_make(test_file(test, "empty"), 0);
	assert_int_equal(create_with(test_file(test, "text"), 0, &stream, &error), PMS_E_EXISTS);
	assert_int_equal(create_with(test_file(test, "empty"), 0, &stream, &error), PMS_E_EXISTS);
	test_image_free(&image);
}

static void test_stream_overwritten_is_a_new_one(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, 2 * TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "old", 1000, 64);
	uint8_t uuid[16];

	memcpy(uuid, test_info(stream).uuid, sizeof(uuid));
	(void)test_append(region, 100, 1);
	pms_region_release(region);
	test_close(stream);
	assert_int_equal(create_with(test->path, PMS_CREATE_OVERWRITE, &stream, NULL), PMS_OK);
	assert_int_equal(test_info(stream).region_count, 0);
	assert_int_equal(test_info(stream).file_bytes, TEST_STREAM_BYTES);
	assert_true(memcmp(uuid, test_info(stream).uuid, sizeof(uuid)) != 0);
	test_close(stream);
	/* Something else, too, and nothing at all. */
	test_file_make(test_file(test, "text"), 100);
	assert_int_equal(create_with(test_file(test, "text"), PMS_CREATE_OVERWRITE, &stream, NULL), PMS_OK);
	test_close(stream);
	assert_int_equal(create_with(test_file(test, "nothing"), PMS_CREATE_OVERWRITE, &stream, NULL), PMS_OK);
	test_close(stream);
}

static void test_stream_overwrite_of_an_open_one_is_refused(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES), *other;
	pms_region *region = test_region(stream, "region", 1000, 64);
	test_log log = {0};
	pms_error error;

	(void)test_log_append(&log, region, 100);
	test_image image = test_image_load(test->path);
	assert_int_equal(create_with(test->path, PMS_CREATE_OVERWRITE, &other, &error), PMS_E_LOCKED);
	test_error_says(&error, PMS_E_LOCKED);
	assert_null(other);
	test_image_expect(&image, test->path);
	test_log_expect(&log, region);
	test_image_free(&image);
	/* Readers do not keep anybody from it, and go on reading what they have. */
	pms_region_release(region);
	test_close(stream);
	stream = test_open(test->path, PMS_OPEN_READ_ONLY);
	region = test_find(stream, "region");
	assert_int_equal(create_with(test->path, PMS_CREATE_OVERWRITE, &other, NULL), PMS_OK);
	test_log_expect(&log, region);
	test_close(other);
	pms_region_release(region);
	test_close(stream);
	test_log_free(&log);
}

/* ---- writers and readers ------------------------------------------------------------------------------------------- */

static void test_stream_second_writer_is_refused_and_told_who(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	char pid[32];
	pms_error error;

	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	for (int i = 0; i < 2; i++) { /* created, then opened */
		test_open_fails(test->path, PMS_OPEN_DEFAULT, PMS_E_LOCKED, &error);
		assert_non_null(strstr(error.message, pid));
		test_open_fails(test->path, PMS_OPEN_SALVAGE, PMS_E_LOCKED, &error);
		pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY);
		test_close(reader);
		/* The reader's close did not give up the writer's lock. */
		test_open_fails(test->path, PMS_OPEN_DEFAULT, PMS_E_LOCKED, &error);
		test_close(stream);
		stream = test_open(test->path, PMS_OPEN_DEFAULT);
	}
	test_close(stream);
}

static uint64_t milliseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void test_stream_open_waits_for_the_writer_as_long_as_told(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES), *other;
	pms_open_options options = test_open_options(PMS_OPEN_DEFAULT);
	uint64_t begin = milliseconds();

	options.wait_milliseconds = 60;
	assert_int_equal(pms_stream_open(test->path, &options, &other, NULL), PMS_E_LOCKED);
	assert_in_range(milliseconds() - begin, 60, 5000);
	test_close(stream);
	options.wait_milliseconds = UINT32_MAX;
	assert_int_equal(pms_stream_open(test->path, &options, &other, NULL), PMS_OK);
	test_close(other);
}

/* Another process, killed: the lock dies with it. */
static void test_stream_of_a_killed_writer_can_be_opened(void **state)
{
	test_case *test = test_begin(state);
	int ready[2], status;
	pms_error error;
	char byte;

	test_close(test_create(test->path, TEST_STREAM_BYTES));
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		pms_stream *stream;
		if (pms_stream_open(test->path, NULL, &stream, NULL) != PMS_OK || write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	test_open_fails(test->path, PMS_OPEN_DEFAULT, PMS_E_LOCKED, &error);
	char pid[32];
	(void)snprintf(pid, sizeof(pid), "%ld", (long)child);
	assert_non_null(strstr(error.message, pid));
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	test_close(test_open(test->path, PMS_OPEN_DEFAULT));
	(void)close(ready[0]);
	(void)close(ready[1]);
}

/* ---- closing ------------------------------------------------------------------------------------------------------- */

static void test_stream_closed_refuses_every_call(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region_options options = test_region_options("new", 100, 0);
	pms_recovery_info recovery = {.struct_bytes = sizeof(recovery)};
	pms_region *region = test_region(stream, "region", 1000, 64), *other;
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	pms_check *check;
	pms_error error;

	assert_int_equal(pms_stream_close(stream), PMS_OK);
	assert_int_equal(pms_stream_close(stream), PMS_OK);
	assert_int_equal(pms_stream_describe(stream, &info, &error), PMS_E_CLOSED);
	test_error_says(&error, PMS_E_CLOSED);
	assert_int_equal(pms_stream_recovery(stream, &recovery, &error), PMS_E_CLOSED);
	assert_int_equal(pms_region_create(stream, &options, &other, &error), PMS_E_CLOSED);
	assert_int_equal(pms_region_find(stream, "region", 6, &other, &error), PMS_E_CLOSED);
	assert_int_equal(pms_region_next(stream, 0, &other, &error), PMS_E_CLOSED);
	assert_int_equal(pms_check_run(stream, &check, &error), PMS_E_CLOSED);
	assert_null(check);
	assert_int_equal(pms_region_append(region, "x", 1, NULL, &error), PMS_E_CLOSED);
	assert_int_equal(pms_region_clear(region, &error), PMS_E_CLOSED);
	assert_int_equal(pms_region_free(region, &error), PMS_E_CLOSED);
	assert_int_equal(pms_region_committed(region), 0);
	assert_int_equal(pms_stream_close(NULL), PMS_OK);
	pms_stream_release(NULL);
	pms_stream_release(stream);
	/* The region handle outlives its stream's. */
	assert_int_equal(pms_region_append(region, "x", 1, NULL, &error), PMS_E_CLOSED);
	pms_region_release(region);
	/* Release alone closes. */
	stream = test_open(test->path, PMS_OPEN_DEFAULT);
	pms_stream_release(stream);
	test_close(test_open(test->path, PMS_OPEN_DEFAULT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_stream_new_one_is_described),
	    TEST_ON_BOTH(test_stream_created_leaves_one_file_with_all_of_its_space),
	    TEST_ON_BOTH(test_stream_sizes_from_one_block_up),
	    TEST_ON_TMPFS(test_stream_uuids_differ),
	    TEST_ON_BOTH(test_stream_paths_may_be_relative_and_utf8),
	    TEST_ON_BOTH(test_stream_existing_file_is_not_replaced_unasked),
	    TEST_ON_BOTH(test_stream_overwritten_is_a_new_one),
	    TEST_ON_BOTH(test_stream_overwrite_of_an_open_one_is_refused),
	    TEST_ON_BOTH(test_stream_second_writer_is_refused_and_told_who),
	    TEST_ON_TMPFS(test_stream_open_waits_for_the_writer_as_long_as_told),
	    TEST_ON_BOTH(test_stream_of_a_killed_writer_can_be_opened),
	    TEST_ON_BOTH(test_stream_closed_refuses_every_call),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
