/* SPDX-License-Identifier: MIT */
/* Readers that have the stream open while it grows: in this process with a mapping of their own, and in another process. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "medium_internal.h"
#include "support_image.h"

#define SMALL (128 * TEST_KIB)

static void grow(pms_stream *stream, uint64_t bytes)
{
	pms_error error;

	if (pms_stream_grow(stream, bytes, &error) != PMS_OK)
		fail_msg("growing to %llu bytes: %s", (unsigned long long)bytes, error.message);
}

/* A region that fills all free space, with an entry of that seed. */
static void fill_with(pms_stream *stream, const char *name, uint64_t seed)
{
	pms_region *region = test_region(stream, name, test_info(stream).largest_free_bytes, 64);

	(void)test_append(region, 1000, seed);
	pms_region_release(region);
}

static bool holds(pms_region *region, uint64_t seed)
{
	pms_cursor *cursor;
	pms_entry entry;

	if (pms_cursor_open(region, NULL, &cursor, NULL) != PMS_OK)
		return false;
	bool right = pms_cursor_next(cursor, &entry, NULL) == PMS_OK && entry.bytes == 1000 &&
		     test_is_filled(entry.data, entry.bytes, seed) &&
		     pms_cursor_next(cursor, &entry, NULL) == PMS_E_END;
	pms_cursor_close(cursor);
	return right;
}

static bool find_and_hold(pms_stream *reader, const char *name, uint64_t seed)
{
	pms_region *region;

	if (pms_region_find(reader, name, strlen(name), &region, NULL) != PMS_OK)
		return false;
	bool right = holds(region, seed);
	pms_region_release(region);
	return right;
}

static void test_grow_reader_finds_regions_in_the_new_part(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *writer = test_create(test->path, SMALL);
	pms_cursor *cursor;
	pms_entry entry;

	fill_with(writer, "old", 1);
	pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY);
	pms_region *region = test_find(reader, "old");
	assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
	const uint8_t *base = reader->medium.base;

	grow(writer, 3 * SMALL);
	fill_with(writer, "new", 2);
	assert_true(find_and_hold(reader, "new", 2));
	assert_ptr_equal(reader->medium.base, base);
	pms_stream_info info = test_info(reader);
	assert_int_equal(info.stream_bytes, 3 * SMALL);
	assert_int_equal(info.file_bytes, 3 * SMALL);
	assert_int_equal(info.region_count, 2);
	test_check_is_clean(reader);
	/* By listing, and by describing alone. */
	grow(writer, 4 * SMALL);
	assert_int_equal(test_info(reader).free_bytes, SMALL);
	grow(writer, 5 * SMALL);
	fill_with(writer, "newer", 3);
	pms_region *listed;
	assert_int_equal(pms_region_next(reader, 3 * SMALL, &listed, NULL), PMS_OK);
	assert_true(holds(listed, 3));
	pms_region_release(listed);
	/* What it had open goes on. */
	assert_true(test_is_filled(entry.data, entry.bytes, 1));
	assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_E_END);
	pms_cursor_close(cursor);
	pms_region_release(region);
	test_close(reader);
	test_close(writer);
}

/* Free space that a reader knows becomes part of a piece that reaches beyond the end it knows. */
static void test_grow_reader_of_a_piece_that_was_merged(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *writer = test_create(test->path, SMALL);
	pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY);

	grow(writer, 3 * SMALL);
	test_check_is_clean(reader);
	assert_int_equal(test_info(reader).state, 0);
	assert_int_equal(test_info(reader).largest_free_bytes, 3 * SMALL - PMS_FIXED_BYTES - PMS_REGION_HEADER_BYTES);
	test_close(reader);
	test_close(writer);
}

static void test_grow_reader_without_room_says_so_and_reads_on(void **state)
{
	const uint64_t total = pms_room_bytes_total;
	test_case *test = test_begin(state);
	pms_stream *writer = test_create(test->path, SMALL);
	pms_region *region = test_region(writer, "old", 20000, 64), *found = NULL;
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	test_log log = {0};
	pms_error error;

	(void)test_log_append(&log, region, 100);
	pms_room_bytes_total = 0;
	pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY);
	pms_room_bytes_total = total;
	pms_region *read = test_find(reader, "old");
	grow(writer, 3 * SMALL);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pms_region_find(reader, "old", 3, &found, &error), PMS_E_NO_MEMORY);
		assert_non_null(strstr(error.message, "open it again"));
		assert_int_equal(pms_stream_describe(reader, &info, &error), PMS_E_NO_MEMORY);
		(void)test_log_append(&log, region, 200);
		test_log_expect(&log, read);
	}
	pms_region_release(read);
	test_close(reader);
	reader = test_open(test->path, PMS_OPEN_READ_ONLY);
	assert_int_equal(test_info(reader).stream_bytes, 3 * SMALL);
	test_close(reader);
	pms_region_release(region);
	test_close(writer);
	test_log_free(&log);
}

/* ---- another process ----------------------------------------------------------------------------------------------- */

/* Opens at the first byte that it is told, looks at the second. 0: all was right. */
static int read_in_child(const char *path, int told, int tell)
{
	pms_open_options options = test_open_options(PMS_OPEN_READ_ONLY);
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	pms_stream *stream;
	char byte;

	if (read(told, &byte, 1) != 1 || pms_stream_open(path, &options, &stream, NULL) != PMS_OK)
		return 1;
	if (!find_and_hold(stream, "old", 1) || write(tell, "o", 1) != 1 || read(told, &byte, 1) != 1)
		return 2;
	if (!find_and_hold(stream, "new", 2) || !find_and_hold(stream, "old", 1))
		return 3;
	if (pms_stream_describe(stream, &info, NULL) != PMS_OK || info.stream_bytes != 70 * SMALL)
		return 4;
	pms_stream_release(stream);
	return 0;
}

static void test_grow_reader_in_another_process_reads_the_new_part(void **state)
{
	test_case *test = test_begin(state);
	int to_child[2], to_parent[2], status;
	char byte;

	assert_int_equal(pipe(to_child), 0);
	assert_int_equal(pipe(to_parent), 0);
	/* Before the stream is open: the child has nothing of it. */
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(read_in_child(test->path, to_child[0], to_parent[1]));
	pms_stream *writer = test_create(test->path, SMALL);
	fill_with(writer, "old", 1);
	assert_int_equal(write(to_child[1], "o", 1), 1);
	assert_int_equal(read(to_parent[0], &byte, 1), 1);
	grow(writer, 70 * SMALL);
	fill_with(writer, "new", 2);
	assert_int_equal(write(to_child[1], "n", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	test_close(writer);
	for (int i = 0; i < 2; i++) {
		(void)close(to_child[i]);
		(void)close(to_parent[i]);
	}
}

/* ---- at the same time ---------------------------------------------------------------------------------------------- */

typedef struct watcher {
	const char *path;
	_Atomic bool stop;
	_Atomic uint64_t looks;
	bool opens_anew;
	pms_error error; /* what was wrong first; status PMS_OK: nothing */
} watcher;

/* All that a reader may do, once: whatever moment of the growing it meets, nothing is damaged and nothing is missing. */
static int32_t look(pms_stream *stream, uint64_t *bytes, pms_error *error)
{
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	pms_problem problem;
	pms_check *check;

	int32_t status = pms_stream_describe(stream, &info, error);
	if (status == PMS_OK && (info.stream_bytes < *bytes || (info.state & ~(uint32_t)PMS_STATE_FILE_LARGER)))
		status = pms_fail(error, PMS_E_CORRUPT, "%llu bytes, state 0x%x", (unsigned long long)info.stream_bytes,
				  info.state);
	if (status != PMS_OK)
		return status;
	*bytes = info.stream_bytes;
	if (!find_and_hold(stream, "old", 1))
		return pms_fail(error, PMS_E_CORRUPT, "the old region is not what it was");
	status = pms_check_run(stream, &check, error);
	if (status != PMS_OK)
		return status;
	(void)pms_check_summarize(check, &summary);
	if (summary.error_count && pms_check_problem(check, 0, &problem) == PMS_OK)
		status = pms_fail(error, PMS_E_CORRUPT, "%s", problem.message);
	pms_check_release(check);
	return status;
}

static void *watch(void *context)
{
	pms_open_options options = test_open_options(PMS_OPEN_READ_ONLY);
	watcher *w = context;
	pms_stream *stream = NULL;
	uint64_t bytes = 0;

	while (!w->stop && w->error.status == PMS_OK) {
		if (!stream && pms_stream_open(w->path, &options, &stream, &w->error) != PMS_OK)
			break;
		(void)look(stream, &bytes, &w->error);
		w->looks++;
		if (!w->opens_anew)
			continue;
		pms_stream_release(stream);
		stream = NULL;
	}
	pms_stream_release(stream);
	return NULL;
}

static void test_grow_readers_beside_see_nothing_wrong(void **state)
{
	TEST_NOT_ON_WINDOWS("addresses behind a mapping are lost to threads that allocate at that moment");
	test_case *test = test_begin(state);
	const int rounds = test->kind == PMS_MEDIUM_PAGE_CACHE ? 60 : 400;
	watcher watchers[2] = {{.path = test->path}, {.path = test->path, .opens_anew = true}};
	pms_stream *writer = test_create(test->path, SMALL);
	pthread_t threads[2];
	uint64_t size = SMALL;

	fill_with(writer, "old", 1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, watch, &watchers[i]), 0);
	for (int i = 0; i < rounds; i++) {
		/* In turn a region at the end, which is freed again, and free space. */
		size += TEST_GROW_BYTES * (1 + (uint64_t)i % 3);
		grow(writer, size);
		if (i % 2)
			continue;
		pms_region *region = test_region(writer, "new", 3000, 64);
		(void)test_append(region, 100, 7);
		if (i % 4)
			assert_int_equal(pms_region_free(region, NULL), PMS_OK);
		else
			assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
		if (i % 4 == 0)
			assert_int_equal(pms_region_free(region, NULL), PMS_OK);
		pms_region_release(region);
	}
	for (int i = 0; i < 2; i++) {
		while (watchers[i].looks == 0 && watchers[i].error.status == PMS_OK)
			(void)usleep(1000);
		watchers[i].stop = true;
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		if (watchers[i].error.status != PMS_OK)
			fail_msg(
			    "a reader that %s, look %llu: %d: %s", watchers[i].opens_anew ? "opens anew" : "stays open",
			    (unsigned long long)watchers[i].looks, watchers[i].error.status, watchers[i].error.message);
	}
	test_check_is_clean(writer);
	test_close(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_grow_reader_finds_regions_in_the_new_part),
	    TEST_ON_BOTH(test_grow_reader_of_a_piece_that_was_merged),
	    TEST_ON_BOTH(test_grow_reader_without_room_says_so_and_reads_on),
	    TEST_ON_BOTH(test_grow_reader_in_another_process_reads_the_new_part),
	    TEST_ON_BOTH(test_grow_readers_beside_see_nothing_wrong),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
