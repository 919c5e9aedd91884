/* SPDX-License-Identifier: MIT */
/*
 * Growing, met at chosen moments: by readers between two of their own steps and before each drain of the writer, and by a
 * close and a failed drain between two of its steps.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "engine.h"
#include "support_image.h"
#include "support_medium.h"

#define SMALL (128 * TEST_KIB)

static void grow(pms_stream *stream, uint64_t bytes)
{
	pms_error error;

	if (pms_stream_grow(stream, bytes, &error) != PMS_OK)
		fail_msg("growing to %llu bytes: %s", (unsigned long long)bytes, error.message);
}

/* A region that fills all free space, with one entry. */
static void fill_with(pms_stream *stream, const char *name)
{
	pms_region *region = test_region(stream, name, test_info(stream).largest_free_bytes, 64);

	(void)test_append(region, 1000, 1);
	pms_region_release(region);
}

static bool holds_old(pms_stream *reader)
{
	pms_region *region = test_find(reader, "old");
	int32_t ended;
	uint64_t count = test_count_entries(region, &ended);

	pms_region_release(region);
	return count == 1 && ended == PMS_E_END;
}

/* ---- hooks ------------------------------------------------------------------------------------------------------- */

/* Called in the middle of somebody's work, once. */
typedef struct moment_hook {
	void (*call)(void *);
	void *context;
} moment_hook;

static moment_hook after_mapping; /* the file, before it reads the size of the stream */
static moment_hook after_size;	  /* and then before it reads the pieces */

/* Called by a writer that grows, when the file is longer and not mapped. */
static moment_hook while_syncing;

static void run_hook(moment_hook *hook)
{
	void (*call)(void *) = hook->call;

	hook->call = NULL;
	if (call)
		call(hook->context);
}

int32_t __real_pms_medium_sync_file(pms_medium *medium, const pms_file *file, pms_error *error);
int32_t __wrap_pms_medium_sync_file(pms_medium *medium, const pms_file *file, pms_error *error);
int32_t __wrap_pms_medium_sync_file(pms_medium *medium, const pms_file *file, pms_error *error)
{
	run_hook(&while_syncing);
	return __real_pms_medium_sync_file(medium, file, error);
}

int32_t __real_pms_header_load(const pms_medium *medium, pms_stored_header *header, uint64_t *bad, pms_error *error);
int32_t __wrap_pms_header_load(const pms_medium *medium, pms_stored_header *header, uint64_t *bad, pms_error *error);
int32_t __wrap_pms_header_load(const pms_medium *medium, pms_stored_header *header, uint64_t *bad, pms_error *error)
{
	run_hook(&after_mapping);
	return __real_pms_header_load(medium, header, bad, error);
}

int32_t __real_pms_grow_follow_locked(pms_stream *stream, pms_error *error);
int32_t __wrap_pms_grow_follow_locked(pms_stream *stream, pms_error *error);
int32_t __wrap_pms_grow_follow_locked(pms_stream *stream, pms_error *error)
{
	int32_t status = __real_pms_grow_follow_locked(stream, error);

	run_hook(&after_size);
	return status;
}

static void expect_no_errors(pms_stream *reader)
{
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_check *check;

	assert_int_equal(pms_check_run(reader, &check, NULL), PMS_OK);
	assert_int_equal(pms_check_summarize(check, &summary), PMS_OK);
	assert_int_equal(summary.error_count, 0);
	pms_check_release(check);
}

/* Also on opening, before anything was looked at again. */
static void expect_whole(pms_stream *reader, uint64_t bytes)
{
	assert_int_equal(test_recovery(reader).flags & ~(uint32_t)PMS_STATE_FILE_LARGER, 0);
	pms_stream_info info = test_info(reader);
	assert_int_equal(info.stream_bytes, bytes);
	assert_int_equal(info.state & ~(uint32_t)PMS_STATE_FILE_LARGER, 0);
	expect_no_errors(reader);
	test_close(reader);
}

/* ---- between two steps ------------------------------------------------------------------------------------------- */

static void grow_now(void *writer) { grow(writer, 3 * SMALL); }

/* It has mapped a file that is too short for the size it reads then. */
static void test_grow_between_a_readers_mapping_and_its_look_at_the_size(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *writer = test_create(test->path, SMALL);

	after_mapping = (moment_hook){grow_now, writer};
	expect_whole(test_open(test->path, PMS_OPEN_READ_ONLY), 3 * SMALL);
	assert_null(after_mapping.call);
	test_close(writer);
}

/* It reads the old size, and then a piece that reaches beyond it: so it looks at both again. */
static void test_grow_between_a_readers_looks_at_size_and_pieces(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *writer = test_create(test->path, SMALL);

	after_size = (moment_hook){grow_now, writer};
	expect_whole(test_open(test->path, PMS_OPEN_READ_ONLY), 3 * SMALL);
	assert_null(after_size.call);
	test_close(writer);
}

/* The writer stops before the size is stored until a reader has read it, and the reader until the writer is done. */
typedef struct meeting {
	const char *path;
	pms_stream *reader;
	_Atomic bool begun, has_read, done;
	pthread_t thread;
} meeting;

static void wait_for_writer(void *context)
{
	meeting *m = context;

	m->has_read = true;
	while (!m->done)
		sched_yield();
}

static void *open_in_meeting(void *context)
{
	meeting *m = context;

	m->reader = test_open(m->path, PMS_OPEN_READ_ONLY);
	return NULL;
}

static void let_reader_begin(void *context)
{
	meeting *m = context;

	if (m->begun)
		return;
	m->begun = true;
	after_size = (moment_hook){wait_for_writer, m};
	assert_int_equal(pthread_create(&m->thread, NULL, open_in_meeting, m), 0);
	while (!m->has_read)
		sched_yield();
}

/* The epoch has changed for the new piece before the reader begins: it changes once more for the merge. */
static void test_grow_merges_under_a_reader_that_knows_the_old_size(void **state)
{
	test_case *test = test_begin(state);
	meeting m = {.path = test->path};

	test_medium_watch_next();
	pms_stream *writer = test_create(test->path, SMALL);
	test_medium_on_drain(let_reader_begin, &m);
	grow(writer, 3 * SMALL);
	test_medium_on_drain(NULL, NULL);
	m.done = true;
	assert_int_equal(pthread_join(m.thread, NULL), 0);
	expect_whole(m.reader, 3 * SMALL);
	test_close(writer);
	test_medium_forget();
}

/* ---- before each drain ------------------------------------------------------------------------------------------- */

typedef struct onlooker {
	const char *path;
	pms_stream *reader; /* open all the time */
	unsigned looks;
	uint64_t bytes;
} onlooker;

static void look_on(void *context)
{
	onlooker *o = context;
	pms_stream *fresh = test_open(o->path, PMS_OPEN_READ_ONLY);
	const uint64_t bytes = test_info(o->reader).stream_bytes;

	assert_true(bytes >= o->bytes);
	o->bytes = bytes;
	o->looks++;
	assert_int_equal(test_info(o->reader).state & ~(uint32_t)PMS_STATE_FILE_LARGER, 0);
	assert_true(holds_old(o->reader));
	expect_no_errors(o->reader);
	expect_whole(fresh, bytes);
}

/* Before each drain, so with all that was stored for it: that is what a reader in another process may see. */
static void test_grow_readers_at_each_drain_see_nothing_wrong(void **state)
{
	onlooker o = {.path = test_begin(state)->path};

	test_medium_watch_next();
	pms_stream *writer = test_create(o.path, SMALL);
	fill_with(writer, "old");
	o.reader = test_open(o.path, PMS_OPEN_READ_ONLY);
	test_medium_on_drain(look_on, &o);
	grow(writer, 3 * SMALL); /* behind a region */
	grow(writer, 4 * SMALL); /* behind free space */
	fill_with(writer, "new");
	grow(writer, 5 * SMALL);
	test_medium_on_drain(NULL, NULL);
	assert_true(o.looks >= 2 + 3 + 2 + 1 + 2);
	assert_int_equal(o.bytes, 5 * SMALL);
	test_close(o.reader);
	test_close(writer);
	test_medium_forget();
}

/* ---- between the file and the layout ----------------------------------------------------------------------------- */

static void close_now(void *writer) { assert_int_equal(pms_stream_close(writer), PMS_OK); }

static void fail_a_drain(void *region)
{
	test_medium_fail_drains(0, EIO);
	assert_int_equal(pms_region_append(region, "x", 1, NULL, NULL), PMS_E_IO);
	test_medium_fail_drains(0, 0);
}

/* The file is as long as it was, and the stream, too. */
static void expect_given_up(const char *path)
{
	test_image image = test_image_load(path);

	assert_int_equal(image.size, SMALL);
	test_image_free(&image);
	pms_stream *stream = test_open(path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_info(stream).stream_bytes, SMALL);
	grow(stream, 2 * SMALL);
	test_check_is_clean(stream);
	test_close(stream);
}

static void test_grow_gives_up_when_the_stream_is_closed(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *writer = test_create(test->path, SMALL);
	pms_error error;

	while_syncing = (moment_hook){close_now, writer};
	assert_int_equal(pms_stream_grow(writer, 3 * SMALL, &error), PMS_E_CLOSED);
	test_error_says(&error, PMS_E_CLOSED);
	pms_stream_release(writer);
	expect_given_up(test->path);
}

static void test_grow_gives_up_when_a_drain_has_failed(void **state)
{
	test_case *test = test_begin(state);
	pms_error error;

	test_medium_watch_next();
	pms_stream *writer = test_create(test->path, SMALL);
	pms_region *region = test_region(writer, "old", 1000, 64);
	while_syncing = (moment_hook){fail_a_drain, region};
	assert_int_equal(pms_stream_grow(writer, 3 * SMALL, &error), PMS_E_POISONED);
	pms_region_release(region);
	assert_int_equal(pms_stream_close(writer), PMS_E_POISONED);
	pms_stream_release(writer);
	test_medium_forget();
	expect_given_up(test->path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_grow_between_a_readers_mapping_and_its_look_at_the_size),
	    TEST_ON_BOTH(test_grow_between_a_readers_looks_at_size_and_pieces),
	    TEST_ON_BOTH(test_grow_merges_under_a_reader_that_knows_the_old_size),
	    TEST_ON_BOTH(test_grow_readers_at_each_drain_see_nothing_wrong),
	    TEST_ON_BOTH(test_grow_gives_up_when_the_stream_is_closed),
	    TEST_ON_BOTH(test_grow_gives_up_when_a_drain_has_failed),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
