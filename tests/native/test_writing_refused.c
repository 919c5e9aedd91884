/* SPDX-License-Identifier: MIT */
/*
 * Whatever takes space or makes durable, in each state in which it must be refused: its status, one line of text, and not
 * one store. The states are the same for all, and so is the list of calls.
 */
#include <errno.h>

#include "engine.h"
#include "support_medium.h"

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	pms_position first;
	pms_reservation *reservation;
	pms_group *group;
} fixture;

typedef int32_t writing_call(fixture *f, pms_error *error);

static const pms_part two[] = {{.data = "one", .bytes = 3}, {.data = "two", .bytes = 3}};

static int32_t call_append(fixture *f, pms_error *error) { return pms_region_append(f->region, "x", 1, NULL, error); }

static int32_t call_append_deferred(fixture *f, pms_error *error)
{
	return pms_region_append_deferred(f->region, "x", 1, NULL, error);
}

static int32_t call_append_parts(fixture *f, pms_error *error)
{
	return pms_region_append_parts(f->region, two, 2, PMS_APPEND_DEFERRED, NULL, error);
}

static int32_t call_append_group(fixture *f, pms_error *error)
{
	return pms_region_append_group(f->region, two, 2, PMS_APPEND_DURABLE, NULL, error);
}

static int32_t call_begin_group(fixture *f, pms_error *error)
{
	return pms_region_begin_group(f->region, 2, 6, &f->group, error);
}

static int32_t call_reserve(fixture *f, pms_error *error)
{
	void *space;

	return pms_region_reserve(f->region, 6, &f->reservation, &space, NULL, error);
}

static int32_t call_persist(fixture *f, pms_error *error) { return pms_region_persist(f->region, NULL, error); }

static int32_t call_persist_to(fixture *f, pms_error *error) { return pms_region_persist(f->region, &f->first, error); }

/* Those that take space come first. */
static writing_call *const calls[] = {call_append,	call_append_deferred, call_append_parts, call_append_group,
				      call_begin_group, call_reserve,	      call_persist,	 call_persist_to};
#define CALLS (sizeof(calls) / sizeof(calls[0]))
#define CALLS_THAT_TAKE_SPACE (CALLS - 2)

static fixture begin(void **state)
{
	fixture f = {.test = test_begin(state)};

	test_medium_watch_next();
	f.stream = test_create(f.test->path, TEST_STREAM_BYTES);
	f.region = test_region(f.stream, "region", TEST_MIB, 64);
	f.first = test_append(f.region, 100, 1);
	return f;
}

static void end(fixture *f)
{
	pms_region_release(f->region);
	(void)pms_stream_close(f->stream);
	pms_stream_release(f->stream);
	test_medium_forget();
}

/* All of them, twice: a refusal changes nothing. */
static void expect_refused(fixture *f, size_t count, int32_t status)
{
	pms_error error;

	test_medium_reset();
	for (size_t i = 0; i < 2 * count; i++) {
		int32_t found = calls[i % count](f, &error);
		if (found != status)
			fail_msg("call %zu returned %d, expected %d", i % count, found, status);
		test_error_says(&error, status);
		assert_null(f->reservation);
		assert_null(f->group);
		assert_int_equal(calls[i % count](f, NULL), status);
	}
	assert_int_equal(test_medium_event_count(), 0);
}

static void test_writing_to_a_closed_stream_is_refused(void **state)
{
	fixture f = begin(state);

	assert_int_equal(pms_stream_close(f.stream), PMS_OK);
	expect_refused(&f, CALLS, PMS_E_CLOSED);
	end(&f);
}

static void test_writing_to_a_freed_region_is_refused(void **state)
{
	fixture f = begin(state);

	assert_int_equal(pms_region_free(f.region, NULL), PMS_OK);
	expect_refused(&f, CALLS, PMS_E_STALE);
	end(&f);
}

static void test_writing_to_a_read_only_stream_is_refused(void **state)
{
	fixture f = begin(state);

	end(&f);
	test_medium_watch_next();
	f.stream = test_open(f.test->path, PMS_OPEN_READ_ONLY);
	f.region = test_find(f.stream, "region");
	expect_refused(&f, CALLS, PMS_E_READ_ONLY);
	end(&f);
}

/* R12. The drain that fails is that of a persist, or of the stream's: what it covered is not promised. */
static void test_writing_after_a_failed_persist_is_refused(void **state)
{
	for (int whole_stream = 0; whole_stream < 2; whole_stream++) {
		fixture f = begin(state);
		uint64_t persisted = pms_region_persisted(f.region);
		pms_error error;
		assert_int_equal(call_append_deferred(&f, NULL), PMS_OK);
		test_medium_fail_drains(0, EIO);
		if (whole_stream)
			assert_int_equal(pms_stream_persist(f.stream, NULL, &error), PMS_E_IO);
		else
			assert_int_equal(pms_region_persist(f.region, NULL, &error), PMS_E_IO);
		test_error_says(&error, PMS_E_IO);
		assert_int_equal(error.os_error, EIO);
		assert_int_equal(pms_region_persisted(f.region), persisted);
		assert_int_equal(pms_stream_persisted_timestamp(f.stream), 0);
		test_medium_fail_drains(0, 0); /* and good drains do not heal it */
		expect_refused(&f, CALLS, PMS_E_POISONED);
		assert_int_equal(pms_stream_persist(f.stream, NULL, &error), PMS_E_POISONED);
		int32_t ended;
		assert_int_equal(test_count_entries(f.region, &ended), 2); /* reading goes on */
		assert_int_equal(ended, PMS_E_END);
		assert_int_equal(pms_stream_close(f.stream), PMS_E_POISONED);
		end(&f);
		(void)remove(f.test->path);
	}
}

/* What is durable is durable, also when somebody else's drain fails at the end. */
static void test_close_whose_drain_fails_says_so(void **state)
{
	fixture f = begin(state);

	assert_int_equal(call_append_deferred(&f, NULL), PMS_OK);
	test_medium_fail_drains(0, EIO);
	assert_int_equal(pms_stream_close(f.stream), PMS_E_IO);
	test_medium_fail_drains(0, 0);
	end(&f);
}

/* A region whose header is damaged takes nothing more; what was persisted of it is. */
static void test_writing_to_a_damaged_region_is_refused(void **state)
{
	fixture f = begin(state);
	uint64_t offset = test_region_info(f.region).offset;

	end(&f);
	test_file_flip(f.test->path, offset + 1, 0xff);
	test_medium_watch_next();
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	assert_int_equal(pms_region_next(f.stream, 0, &f.region, NULL), PMS_OK);
	assert_true(test_region_info(f.region).state & PMS_STATE_NO_WRITES);
	expect_refused(&f, CALLS_THAT_TAKE_SPACE, PMS_E_CORRUPT);
	assert_int_equal(call_persist(&f, NULL), PMS_OK);
	assert_int_equal(pms_stream_persist(f.stream, NULL, NULL), PMS_OK); /* of the others */
	end(&f);
}

static void test_writing_to_a_full_region_is_refused(void **state)
{
	fixture f = begin(state);

	while (pms_region_append_deferred(f.region, NULL, 0, NULL, NULL) == PMS_OK)
		;
	expect_refused(&f, CALLS_THAT_TAKE_SPACE, PMS_E_REGION_FULL);
	assert_int_equal(call_persist(&f, NULL), PMS_OK);
	assert_int_equal(pms_region_persisted(f.region), pms_region_committed(f.region));
	end(&f);
}

/* R5: the last timestamp is given out, one more is not; what was deferred with it can be persisted. */
static void test_writing_without_timestamps_is_refused(void **state)
{
	fixture f = begin(state);

	assert_int_equal(pms_clock_raise_to(f.stream, PMS_VALUE_MAX, NULL), PMS_OK);
	atomic_store(&f.stream->next_timestamp, PMS_VALUE_MAX - 1);
	assert_int_equal(call_append_group(&f, NULL), PMS_E_EXHAUSTED); /* two are not left */
	assert_int_equal(call_append_deferred(&f, NULL), PMS_OK);
	expect_refused(&f, CALLS_THAT_TAKE_SPACE, PMS_E_EXHAUSTED);
	assert_int_equal(call_persist(&f, NULL), PMS_OK);
	uint64_t timestamp;
	assert_int_equal(pms_stream_persist(f.stream, &timestamp, NULL), PMS_OK);
	assert_int_equal(timestamp, PMS_VALUE_MAX - 1);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_writing_to_a_closed_stream_is_refused),
	    TEST_ON_BOTH(test_writing_to_a_freed_region_is_refused),
	    TEST_ON_BOTH(test_writing_to_a_read_only_stream_is_refused),
	    TEST_ON_BOTH(test_writing_after_a_failed_persist_is_refused),
	    TEST_ON_BOTH(test_close_whose_drain_fails_says_so),
	    TEST_ON_BOTH(test_writing_to_a_damaged_region_is_refused),
	    TEST_ON_BOTH(test_writing_to_a_full_region_is_refused),
	    TEST_ON_BOTH(test_writing_without_timestamps_is_refused),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
