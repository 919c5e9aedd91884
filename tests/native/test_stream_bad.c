/* SPDX-License-Identifier: MIT */
/* What is no stream, or no whole one: each refused with its own status, without a byte changed. */
#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support_refused.h"

/* ---- not a stream -------------------------------------------------------------------------------------------------- */

static void test_stream_file_of_anything_else_is_refused(void **state)
{
	static const uint64_t sizes[] = {0, 1, 8, 127, 4096, PMS_FIXED_BYTES - 1, PMS_FIXED_BYTES, 128 * TEST_KIB};
	test_case *test = test_begin(state);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int content = 0; content < 3; content++) {
			test_image image = {.size = sizes[i], .bytes = calloc(1, sizes[i] + 1)};
			assert_non_null(image.bytes);
			for (uint64_t at = 0; at < sizes[i]; at++)
				image.bytes[at] = content == 0 ? 0 : content == 1 ? test_pattern(at) : 'x';
			test_refused_everywhere(&image, test->path, PMS_E_NOT_A_STREAM);
			test_image_free(&image);
		}
}

static void test_stream_path_to_no_file_is_refused(void **state)
{
	test_case *test = test_begin(state);
	static const uint32_t flags[] = {PMS_OPEN_DEFAULT, PMS_OPEN_READ_ONLY, PMS_OPEN_SALVAGE};
	pms_create_options options = test_create_options(TEST_STREAM_BYTES);
	pms_stream *stream;
	pms_error error;

	for (int i = 0; i < 3; i++) {
		test_open_fails(test->path, flags[i], PMS_E_NOT_FOUND, &error);
		assert_int_equal(error.os_error, ENOENT);
		test_open_fails(test_file(test, "folder/stream"), flags[i], PMS_E_NOT_FOUND, NULL);
		test_open_fails(test->folder, flags[i], PMS_E_NOT_A_STREAM, NULL);
		test_open_fails("/dev/null", flags[i], PMS_E_NOT_A_STREAM, NULL);
		test_open_fails("", flags[i], PMS_E_INVALID_ARGUMENT, NULL);
	}
	assert_int_equal(pms_stream_create(test_file(test, "folder/stream"), &options, &stream, &error),
			 PMS_E_NOT_FOUND);
	test_error_says(&error, PMS_E_NOT_FOUND);
	assert_null(stream);
	assert_int_equal(pms_stream_create(test->folder, &options, &stream, &error), PMS_E_EXISTS);
	options.flags = PMS_CREATE_OVERWRITE;
	assert_true(pms_stream_create(test->folder, &options, &stream, &error) != PMS_OK);
	assert_null(stream);
	assert_int_equal(rmdir(test->folder), 0); /* nothing was left in it */
	assert_int_equal(mkdir(test->folder, 0700), 0);
	assert_int_equal(pms_stream_create("", &options, &stream, &error), PMS_E_INVALID_ARGUMENT);
}

/* ---- size of the file ---------------------------------------------------------------------------------------------- */

static void test_stream_truncated_file_is_refused(void **state)
{
	static const uint64_t cuts[] = {1, 4095, 4096, 8192, 100000};
	test_case *test = test_begin(state);
	test_image image = test_refused_make(test), cut = image;

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		cut.size = image.size - cuts[i];
		test_refused_everywhere(&cut, test->path, PMS_E_TRUNCATED);
	}
	for (cut.size = 8; cut.size < PMS_FIXED_BYTES; cut.size += 1000)
		test_refused_everywhere(&cut, test->path, PMS_E_TRUNCATED);
	cut.size = 7; /* not even the magic */
	test_refused_everywhere(&cut, test->path, PMS_E_NOT_A_STREAM);
	test_image_free(&image);
}

static void test_stream_grown_file_is_opened_and_said_so(void **state)
{
	static const uint64_t more[] = {4096, 5000, 100000};
	test_case *test = test_begin(state);
	test_image image = test_refused_make(test);

	for (size_t i = 0; i < 3; i++) {
		test_image grown = {.size = image.size + more[i], .bytes = malloc(image.size + more[i])};
		assert_non_null(grown.bytes);
		memcpy(grown.bytes, image.bytes, image.size);
		memset(grown.bytes + image.size, 0xEE, more[i]);
		test_refused_not(&grown, test->path, PMS_OPEN_READ_ONLY, PMS_STATE_FILE_LARGER);
		test_refused_not(&grown, test->path, PMS_OPEN_DEFAULT, PMS_STATE_FILE_LARGER);
		test_image after = test_image_load(test->path);
		assert_int_equal(after.size, grown.size);
		assert_memory_equal(after.bytes + image.size, grown.bytes + image.size, more[i]);
		test_image_free(&after);
		test_image_free(&grown);
	}
	test_image_free(&image);
}

/* A disk that is too small, in a mount of its own: said so, and nothing is left on it. */
static void test_stream_without_room_for_it_is_refused(void **state)
{
	test_case *test = test_begin(state);
	pms_create_options options = test_create_options(2 * TEST_MIB);
	const char *small = test_file(test, "small");
	char path[800];
	pms_stream *stream;
	pms_error error;
	struct statfs room;

	assert_int_equal(mkdir(small, 0700), 0);
	if (mount("none", small, "tmpfs", 0, "size=1m") != 0)
		TEST_SKIP("allowed: needs the right to mount a small tmpfs");
	(void)snprintf(path, sizeof(path), "%s/stream", small);
	int32_t status = pms_stream_create(path, &options, &stream, &error);
	/* What it holds is as free as before, and a smaller one has room. */
	int free_again = statfs(small, &room) == 0 && room.f_bfree == room.f_blocks;
	options.stream_bytes = TEST_MIB / 2;
	int32_t smaller = pms_stream_create(path, &options, &stream, NULL);
	if (smaller == PMS_OK)
		pms_stream_release(stream);
	assert_int_equal(umount(small), 0);
	assert_int_equal(status, PMS_E_NO_SPACE);
	test_error_says(&error, PMS_E_NO_SPACE);
	assert_int_equal(error.os_error, ENOSPC);
	assert_true(free_again);
	assert_int_equal(smaller, PMS_OK);
}

/* Holes in the file, as a copy may make them: filled when it is opened for writing, so that no store finds no room. */
static void test_stream_sparse_file_is_filled_on_opening(void **state)
{
	test_case *test = test_begin(state);

	test_close(test_create(test->path, TEST_STREAM_BYTES));
	test_image image = test_image_load(test->path);
	assert_int_equal(truncate(test->path, 65536), 0);
	assert_int_equal(truncate(test->path, TEST_STREAM_BYTES), 0);
	assert_true(test_file_allocated(test->path) < TEST_STREAM_BYTES);
	test_image_expect(&image, test->path); /* the same bytes */
	test_close(test_open(test->path, PMS_OPEN_READ_ONLY));
	assert_true(test_file_allocated(test->path) < TEST_STREAM_BYTES);
	test_close(test_open(test->path, PMS_OPEN_DEFAULT));
	assert_true(test_file_allocated(test->path) >= TEST_STREAM_BYTES);
	test_image_free(&image);
}

/* ---- arguments ----------------------------------------------------------------------------------------------------- */

static void expect_create_refused(const test_case *test, const pms_create_options *options, int32_t status)
{
	pms_stream *stream = (pms_stream *)&status;
	pms_error error;

	int32_t found = pms_stream_create(test->path, options, &stream, &error);
	if (found != status)
		fail_msg("expected %d, found %d: %s", status, found, error.message);
	test_error_says(&error, status);
	assert_null(stream);
	assert_int_equal(access(test->path, F_OK), -1);
	assert_int_equal(rmdir(test->folder), 0); /* not even a temporary file is left */
	assert_int_equal(mkdir(test->folder, 0700), 0);
}

static void test_stream_bad_create_options_leave_nothing(void **state)
{
	static const uint64_t sizes[] = {0, 1, 4096, PMS_FIXED_BYTES, 1ull << 56, UINT64_MAX - 4095, UINT64_MAX};
	static const uint32_t blocks[] = {1, 512, 4095, 4097, 12288, 4 << 20, 1u << 31};
	test_case *test = test_begin(state);
	const pms_create_options good = test_create_options(TEST_STREAM_BYTES);
	pms_create_options options;
	pms_stream *stream;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		options = test_create_options(sizes[i]);
		expect_create_refused(test, &options, PMS_E_INVALID_ARGUMENT);
	}
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		options = good;
		options.block_bytes = blocks[i];
		expect_create_refused(test, &options, PMS_E_INVALID_ARGUMENT);
	}
	/* More than any disk has. */
	options = test_create_options(1ull << 54);
	expect_create_refused(test, &options, PMS_E_NO_SPACE);
	for (int i = 0; i < 9; i++) {
		options = good;
		options.struct_bytes -= i == 0;
		options.flags = i == 1 ? 2 : 0;
		options.medium_requirement = i == 2 ? 3 : 0;
		options.flush_policy = i == 3 ? 5 : 0;
		options.reserved0 = i == 4;
		if (i >= 5)
			options.reserved[i - 5] = 1;
		expect_create_refused(test, &options, PMS_E_INVALID_ARGUMENT);
	}
	options = good;
	options.medium_requirement = PMS_REQUIRE_PERSISTENT_MEMORY;
	if (test->kind != PMS_MEDIUM_PERSISTENT_MEMORY)
		expect_create_refused(test, &options, PMS_E_MEDIUM);
	options.medium_requirement = PMS_REQUIRE_DURABLE;
	if (test->kind == PMS_MEDIUM_VOLATILE)
		expect_create_refused(test, &options, PMS_E_MEDIUM);
	assert_int_equal(pms_stream_create(NULL, &good, &stream, NULL), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_create(test->path, NULL, &stream, NULL), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_create(test->path, &good, NULL, NULL), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(access(test->path, F_OK), -1);
}

static void test_stream_bad_open_options_are_refused(void **state)
{
	test_case *test = test_begin(state);
	const pms_open_options good = test_open_options(PMS_OPEN_DEFAULT);
	test_image image = test_refused_make(test);
	pms_stream_info info = {.struct_bytes = sizeof(info) - 1};
	pms_recovery_info recovery = {.struct_bytes = 0};
	pms_stream *stream;
	pms_error error;

	for (int i = 0; i < 10; i++) {
		pms_open_options options = good;
		options.struct_bytes += i == 0;
		options.flags = i == 1 ? 4 : i == 2 ? PMS_OPEN_READ_ONLY | PMS_OPEN_SALVAGE : 0;
		options.medium_requirement = i == 3 ? 3 : 0;
		options.flush_policy = i == 4 ? 5 : 0;
		options.reserved0 = i == 5;
		if (i >= 6)
			options.reserved[i - 6] = 1ull << 63;
		stream = (pms_stream *)&options;
		assert_int_equal(pms_stream_open(test->path, &options, &stream, &error), PMS_E_INVALID_ARGUMENT);
		test_error_says(&error, PMS_E_INVALID_ARGUMENT);
		assert_null(stream);
	}
	assert_int_equal(pms_stream_open(NULL, &good, &stream, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_open(test->path, &good, NULL, &error), PMS_E_INVALID_ARGUMENT);
	test_image_expect(&image, test->path);
	assert_int_equal(pms_stream_open(test->path, NULL, &stream, NULL), PMS_OK); /* the defaults */
	assert_int_equal(pms_stream_describe(stream, &info, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(error.expected, sizeof(info));
	assert_int_equal(pms_stream_describe(stream, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_describe(NULL, &info, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_recovery(stream, &recovery, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_recovery(stream, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_recovery(NULL, &recovery, &error), PMS_E_INVALID_ARGUMENT);
	test_close(stream);
	test_image_free(&image);
}

/* What another user finds; exit status of the child that becomes one. */
static int as_another_user(const char *path)
{
	pms_open_options options = test_open_options(PMS_OPEN_DEFAULT);
	pms_stream *stream;
	pms_error error;

	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 1;
	if (pms_stream_open(path, &options, &stream, &error) != PMS_E_PERMISSION || error.os_error != EACCES)
		return 2;
	options.flags = PMS_OPEN_READ_ONLY;
	if (pms_stream_open(path, &options, &stream, NULL) != PMS_OK)
		return 3;
	return pms_stream_close(stream) == PMS_OK ? 0 : 4;
}

static void test_stream_read_only_file_can_be_read_and_not_written(void **state)
{
	test_case *test = test_begin(state);
	test_image image = test_refused_make(test);
	char parent[700];
	int status;

	(void)snprintf(parent, sizeof(parent), "%s", test->folder);
	*strrchr(parent, '/') = '\0';
	assert_int_equal(chmod(parent, 0711), 0);
	assert_int_equal(chmod(test->folder, 0711), 0);
	assert_int_equal(chmod(test->path, 0444), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(as_another_user(test->path));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	test_image_expect(&image, test->path);
	test_image_free(&image);
}

/* Reading, checking and enumerating leave file and time of change alone. */
static void test_stream_reader_writes_nothing(void **state)
{
	test_case *test = test_begin(state);
	test_image image = test_refused_make(test);
	struct stat before, after;
	int32_t ended;

	assert_int_equal(stat(test->path, &before), 0);
	for (int i = 0; i < 3; i++) {
		pms_stream *stream = test_open(test->path, PMS_OPEN_READ_ONLY);
		pms_region *region = test_find(stream, "region");
		assert_int_equal(test_count_entries(region, &ended), 1);
		test_check_is_clean(stream);
		pms_region_release(region);
		test_close(stream);
	}
	assert_int_equal(stat(test->path, &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	test_image_expect(&image, test->path);
	test_image_free(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_stream_file_of_anything_else_is_refused),
	    TEST_ON_BOTH(test_stream_path_to_no_file_is_refused),
	    TEST_ON_BOTH(test_stream_truncated_file_is_refused),
	    TEST_ON_BOTH(test_stream_grown_file_is_opened_and_said_so),
	    TEST_ON_BOTH(test_stream_bad_create_options_leave_nothing),
	    TEST_ON_BOTH(test_stream_bad_open_options_are_refused),
	    TEST_ON_BOTH(test_stream_read_only_file_can_be_read_and_not_written),
	    TEST_ON_BOTH(test_stream_reader_writes_nothing),
	    TEST_ON_TMPFS(test_stream_without_room_for_it_is_refused),
	    TEST_ON_BOTH(test_stream_sparse_file_is_filled_on_opening),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
