/* SPDX-License-Identifier: MIT */
#include "support_stream.h"

#include <ftw.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- one test ---------------------------------------------------------------------------------------------------- */

static int setup(void **state, const char *parent, uint32_t kind)
{
	static unsigned number;
	static char folder[640];
	static test_case test;

	test = (test_case){.kind = kind};
	*state = &test;
	if (!parent)
		return 0;
	(void)snprintf(folder, sizeof(folder), "%s/%u", parent, number++);
	if (mkdir(folder, 0700) != 0)
		return -1;
	test.folder = folder;
	(void)snprintf(test.path, sizeof(test.path), "%s/stream", folder);
	return 0;
}

/* On a machine with persistent memory that takes the part of tmpfs: tests/dax runs everything so. */
int test_case_setup_tmpfs(void **state)
{
	if (test_dax_folder())
		return setup(state, test_dax_folder(), PMS_MEDIUM_PERSISTENT_MEMORY);
	return setup(state, test_tmpfs_folder(), PMS_MEDIUM_VOLATILE);
}

int test_case_setup_disk(void **state) { return setup(state, test_disk_folder(), PMS_MEDIUM_PAGE_CACHE); }

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	(void)remove(path);
	return 0;
}

int test_case_teardown(void **state)
{
	const test_case *test = *state;

	if (test->folder)
		(void)nftw(test->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return 0;
}

test_case *test_begin(void **state)
{
	test_case *test = *state;

	if (!test->folder)
		TEST_SKIP(test->kind == PMS_MEDIUM_PAGE_CACHE ? "no folder on a disk" : "no folder on tmpfs");
	return test;
}

const char *test_file(const test_case *test, const char *name) { return test_path(test->folder, name); }

/* ---- random ------------------------------------------------------------------------------------------------------ */

uint64_t test_random(uint64_t *state)
{
	/* splitmix64 */
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t test_random_below(uint64_t *state, uint64_t limit) { return test_random(state) % limit; }

uint64_t test_seed(void)
{
	const char *given = getenv("PMS_TEST_SEED");
	static uint64_t seed;

	if (seed)
		return seed;
	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 1000003 + (uint64_t)getpid();
	print_message("# seed: PMS_TEST_SEED=%llu replays this\n", (unsigned long long)seed);
	return seed;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

pms_create_options test_create_options(uint64_t stream_bytes)
{
	return (pms_create_options){.struct_bytes = sizeof(pms_create_options), .stream_bytes = stream_bytes};
}

pms_open_options test_open_options(uint32_t flags)
{
	return (pms_open_options){.struct_bytes = sizeof(pms_open_options), .flags = flags};
}

pms_region_options test_region_options(const char *name, uint64_t usable_bytes, uint32_t alignment)
{
	return (pms_region_options){
	    .struct_bytes = sizeof(pms_region_options),
	    .name = name,
	    .name_bytes = name ? (uint32_t)strlen(name) : 0,
	    .usable_bytes = usable_bytes,
	    .entry_alignment = alignment,
	};
}

/* A call that should have succeeded; the text says why it did not. */
static void expect_ok(int32_t status, const pms_error *error, const char *what)
{
	if (status != PMS_OK)
		fail_msg("%s: %d (%s): %s", what, status, pms_status_text(status), error->message);
	assert_int_equal(error->status, PMS_OK);
}

pms_stream *test_create(const char *path, uint64_t stream_bytes)
{
	pms_create_options options = test_create_options(stream_bytes);
	pms_stream *stream;
	pms_error error;

	expect_ok(pms_stream_create(path, &options, &stream, &error), &error, "create");
	assert_non_null(stream);
	return stream;
}

pms_stream *test_open(const char *path, uint32_t flags)
{
	pms_open_options options = test_open_options(flags);
	pms_stream *stream;
	pms_error error;

	expect_ok(pms_stream_open(path, &options, &stream, &error), &error, "open");
	assert_non_null(stream);
	return stream;
}

void test_error_says(const pms_error *error, int32_t status)
{
	assert_int_equal(error->status, status);
	assert_true(error->message[0] != '\0');
	assert_null(strchr(error->message, '\n'));
	assert_non_null(memchr(error->message, '\0', sizeof(error->message)));
}

void test_open_fails(const char *path, uint32_t flags, int32_t status, pms_error *error)
{
	pms_open_options options = test_open_options(flags);
	pms_stream *stream = (pms_stream *)&options;
	pms_error own;

	if (!error)
		error = &own;
	int32_t found = pms_stream_open(path, &options, &stream, error);
	if (found != status)
		fail_msg("open: expected %d, found %d: %s", status, found, error->message);
	assert_null(stream);
	test_error_says(error, status);
}

void test_close(pms_stream *stream)
{
	assert_int_equal(pms_stream_close(stream), PMS_OK);
	pms_stream_release(stream);
}

pms_stream_info test_info(pms_stream *stream)
{
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	pms_error error;

	expect_ok(pms_stream_describe(stream, &info, &error), &error, "describe");
	assert_int_equal(info.struct_bytes, sizeof(info));
	return info;
}

pms_recovery_info test_recovery(pms_stream *stream)
{
	pms_recovery_info recovery = {.struct_bytes = sizeof(recovery)};
	pms_error error;

	expect_ok(pms_stream_recovery(stream, &recovery, &error), &error, "recovery");
	assert_int_equal(recovery.struct_bytes, sizeof(recovery));
	return recovery;
}

pms_region_info test_region_info(pms_region *region)
{
	pms_region_info info = {.struct_bytes = sizeof(info)};
	pms_error error;

	expect_ok(pms_region_describe(region, &info, &error), &error, "describe region");
	assert_int_equal(info.struct_bytes, sizeof(info));
	return info;
}

pms_region *test_region(pms_stream *stream, const char *name, uint64_t usable_bytes, uint32_t alignment)
{
	pms_region_options options = test_region_options(name, usable_bytes, alignment);
	pms_region *region;
	pms_error error;

	expect_ok(pms_region_create(stream, &options, &region, &error), &error, "create region");
	assert_non_null(region);
	return region;
}

pms_region *test_find(pms_stream *stream, const char *name)
{
	pms_region *region;
	pms_error error;

	expect_ok(pms_region_find(stream, name, strlen(name), &region, &error), &error, "find");
	assert_non_null(region);
	return region;
}

void test_check_is_clean(pms_stream *stream)
{
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_problem problem;
	pms_check *check;
	pms_error error;

	expect_ok(pms_check_run(stream, &check, &error), &error, "check");
	assert_int_equal(pms_check_summarize(check, &summary), PMS_OK);
	if (summary.problem_count && pms_check_problem(check, 0, &problem) == PMS_OK)
		fail_msg("%llu problems, the first at %llu: %s", (unsigned long long)summary.problem_count,
			 (unsigned long long)problem.position, problem.message);
	assert_int_equal(summary.problem_count, 0);
	assert_int_equal(pms_check_problem(check, 0, &problem), PMS_E_END);
	pms_check_release(check);
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

void test_fill(void *buffer, uint64_t bytes, uint64_t seed)
{
	uint8_t *at = buffer;

	for (uint64_t done = 0; done < bytes; done += 8) {
		uint64_t word = test_random(&seed);
		memcpy(at + done, &word, bytes - done < 8 ? bytes - done : 8);
	}
}

bool test_is_filled(const void *buffer, uint64_t bytes, uint64_t seed)
{
	const uint8_t *at = buffer;

	for (uint64_t done = 0; done < bytes; done += 8) {
		uint64_t word = test_random(&seed);
		if (memcmp(at + done, &word, bytes - done < 8 ? bytes - done : 8) != 0)
			return false;
	}
	return true;
}

void test_log_add(test_log *log, pms_position position, uint64_t bytes, uint64_t seed)
{
	if (log->count == log->capacity) {
		log->capacity = log->capacity ? log->capacity * 2 : 64;
		log->entries = realloc(log->entries, log->capacity * sizeof(*log->entries));
		assert_non_null(log->entries);
	}
	log->entries[log->count++] = (test_entry){.position = position, .bytes = bytes, .seed = seed};
}

pms_position test_append(pms_region *region, uint64_t bytes, uint64_t seed)
{
	uint8_t *data = malloc(bytes + 1);
	pms_position position = {0};
	pms_error error;

	assert_non_null(data);
	test_fill(data, bytes, seed);
	expect_ok(pms_region_append(region, data, bytes, &position, &error), &error, "append");
	free(data);
	return position;
}

pms_position test_log_append(test_log *log, pms_region *region, uint64_t bytes)
{
	uint64_t seed = 1000 + log->count;
	pms_position position = test_append(region, bytes, seed);

	test_log_add(log, position, bytes, seed);
	return position;
}

static void expect_read(pms_region *region, const test_entry *expected)
{
	uint8_t *copy = malloc(expected->bytes + 1);
	uint64_t bytes = UINT64_MAX;
	pms_error error;

	assert_non_null(copy);
	expect_ok(
	    pms_region_read(region, &expected->position, copy, expected->bytes, PMS_READ_VERIFIED, &bytes, &error),
	    &error, "read");
	assert_int_equal(bytes, expected->bytes);
	assert_true(test_is_filled(copy, bytes, expected->seed));
	free(copy);
}

void test_log_expect(const test_log *log, pms_region *region)
{
	pms_cursor *cursor;
	pms_entry entry;
	pms_error error;

	expect_ok(pms_cursor_open(region, NULL, &cursor, &error), &error, "cursor");
	for (size_t i = 0; i < log->count; i++) {
		const test_entry *expected = &log->entries[i];
		int32_t status = pms_cursor_next(cursor, &entry, &error);
		if (status != PMS_OK)
			fail_msg("entry %zu of %zu: %d: %s", i, log->count, status, error.message);
		assert_int_equal(entry.position.offset, expected->position.offset);
		assert_int_equal(entry.position.timestamp, expected->position.timestamp);
		assert_int_equal(entry.bytes, expected->bytes);
		assert_int_equal(entry.reserved0, 0);
		if (!test_is_filled(entry.data, entry.bytes, expected->seed))
			fail_msg("entry %zu of %zu holds other bytes", i, log->count);
		expect_read(region, expected);
	}
	assert_int_equal(pms_cursor_next(cursor, &entry, &error), PMS_E_END);
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
	pms_cursor_close(cursor);
}

void test_log_free(test_log *log)
{
	free(log->entries);
	*log = (test_log){0};
}

uint64_t test_count_entries(pms_region *region, int32_t *end)
{
	uint64_t count = 0;
	pms_cursor *cursor;
	pms_entry entry;
	pms_error error;

	expect_ok(pms_cursor_open(region, NULL, &cursor, &error), &error, "cursor");
	while ((*end = pms_cursor_next(cursor, &entry, &error)) == PMS_OK)
		count++;
	pms_cursor_close(cursor);
	return count;
}
