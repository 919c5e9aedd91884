/* SPDX-License-Identifier: MIT */
/* pms_stream_next_reader: who reads a stream, what they pin, and that the dead, and what is no reader at all, are not shown. */
#include <fcntl.h>
#include <unistd.h>

#include "engine.h"
#include "os.h"
#include "support_child.h"
#include "support_stream.h"

typedef struct list {
	pms_reader_info readers[PMS_SHARED_READERS];
	unsigned count;
} list;

static list list_readers(pms_stream *stream)
{
	list found = {0};
	pms_reader_info info = {.struct_bytes = sizeof(info)};
	uint32_t index = 0;
	pms_error error;
	int32_t status;

	while ((status = pms_stream_next_reader(stream, &index, &info, &error)) == PMS_OK) {
		assert_true(found.count < PMS_SHARED_READERS);
		found.readers[found.count++] = info;
	}
	assert_int_equal(status, PMS_E_END);
	/* And again. */
	assert_int_equal(pms_stream_next_reader(stream, &index, &info, NULL), PMS_E_END);
	return found;
}

static pms_cursor *pin(pms_region *region)
{
	pms_cursor_options options = {.struct_bytes = sizeof(options), .flags = PMS_READ_PINNED};
	pms_cursor *cursor;

	assert_int_equal(pms_cursor_open(region, &options, &cursor, NULL), PMS_OK);
	return cursor;
}

static uint64_t identity_of(pms_region *region)
{
	pms_region_info info = {.struct_bytes = sizeof(info)};

	assert_int_equal(pms_region_describe(region, &info, NULL), PMS_OK);
	return info.identity;
}

static void test_readers_of_a_writer_come_and_go(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *writer = test_create(test->path, TEST_STREAM_BYTES);
	uint64_t before = pms_os_unix_seconds(); /* time() may be a tick behind */

	assert_int_equal(list_readers(writer).count, 0);
	pms_stream *first = test_open(test->path, PMS_OPEN_READ_ONLY);
	pms_stream *second = test_open(test->path, PMS_OPEN_READ_ONLY);
	list by_writer = list_readers(writer), by_first = list_readers(first);
	assert_int_equal(by_writer.count, 2);
	assert_int_equal(by_first.count, 2);
	for (unsigned i = 0; i < 2; i++) {
		const pms_reader_info *info = &by_writer.readers[i];
		assert_int_equal(info->process, getpid());
		assert_true(info->since_unix_seconds >= before && info->since_unix_seconds <= pms_os_unix_seconds());
		assert_int_equal(info->is_this, 0);
		assert_int_equal(info->pin_count, 0);
		assert_int_equal(by_first.readers[i].process, getpid());
	}
	assert_int_equal(by_first.readers[0].is_this + by_first.readers[1].is_this, 1);
	assert_int_equal(pms_stream_close(first), PMS_OK);
	assert_int_equal(list_readers(writer).count, 1); /* it is none, though its handle is not released yet */
	pms_stream_release(first);
	assert_int_equal(list_readers(writer).count, 1);
	assert_int_equal(list_readers(second).readers[0].is_this, 1);
	test_close(second);
	assert_int_equal(list_readers(writer).count, 0);
	test_close(writer);
}

static void test_readers_show_what_they_pin(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *writer = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *written[2] = {test_region(writer, "one", 1000, 64), test_region(writer, "two", 1000, 64)};
	pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY);
	pms_region *read[2] = {test_find(reader, "one"), test_find(reader, "two")};

	pms_cursor *first = pin(read[0]), *second = pin(read[1]), *again = pin(read[1]);
	list found = list_readers(writer);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.readers[0].pin_count, 2);
	assert_int_equal(found.readers[0].pins[0], identity_of(written[0]));
	assert_int_equal(found.readers[0].pins[1], identity_of(written[1]));
	assert_int_equal(found.readers[0].pins[2], 0);
	pms_cursor_close(first);
	pms_cursor_close(second);
	found = list_readers(reader);
	assert_int_equal(found.readers[0].pin_count, 1);
	assert_int_equal(found.readers[0].pins[0], identity_of(written[1]));
	assert_int_equal(pms_stream_close(reader), PMS_OK);
	assert_int_equal(list_readers(writer).readers[0].pin_count, 1); /* its cursor goes on */
	pms_cursor_close(again);
	assert_int_equal(list_readers(writer).count, 0);
	for (int i = 0; i < 2; i++) {
		pms_region_release(read[i]);
		pms_region_release(written[i]);
	}
	pms_stream_release(reader);
	test_close(writer);
}

static void read_until_killed(char *const *arguments, int tell)
{
	pms_stream *stream = test_open(arguments[0], PMS_OPEN_READ_ONLY);
	pms_cursor *cursor = pin(test_find(stream, "region"));

	if (!cursor || write(tell, "x", 1) != 1)
		_exit(1);
	for (;;)
		(void)sleep(1);
}

static const test_role reads = {"read", read_until_killed};

static void test_readers_that_were_killed_are_not_shown(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *writer = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(writer, "region", 1000, 64);
	char byte;

	test_child child = test_child_start(&reads, (const char *[]){test->path, NULL});
	assert_int_equal(read(child.told, &byte, 1), 1);
	list found = list_readers(writer);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.readers[0].process, child.id);
	assert_int_equal(found.readers[0].pin_count, 1);
	test_child_kill(&child);
	assert_int_equal(test_child_wait(&child), TEST_CHILD_KILLED);
	assert_int_equal(list_readers(writer).count, 0);
	(void)close(child.told);
	pms_region_release(region);
	test_close(writer);
}

/* What a process that goes wild stores in its slot, or in one that is nobody's, is shown or not, and bounded. */
static void test_readers_whose_slots_hold_anything_are_bounded(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *writer = test_create(test->path, TEST_STREAM_BYTES);
	pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY);
	pms_shared_common *common = writer->coordination.attachment->common;

	memset(common->readers, 0xff, sizeof(common->readers));
	list found = list_readers(writer);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.readers[0].pin_count, PMS_SHARED_PINS);
	assert_int_equal(found.readers[0].process, UINT64_MAX);
	memset(common->readers, 0, sizeof(common->readers));
	assert_int_equal(list_readers(reader).count, 0); /* it does not say who it is */
	test_close(reader);
	test_close(writer);
}

static void test_readers_without_a_coordination_file_are_not_known(void **state)
{
	test_case *test = test_begin(state);
	pms_reader_info info = {.struct_bytes = sizeof(info)}, other = {.struct_bytes = sizeof(info) - 8};
	uint32_t index = 0;
	pms_error error;

	test_close(test_create(test->path, TEST_STREAM_BYTES));
	pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY); /* and nobody writes */
	assert_int_equal(pms_stream_next_reader(reader, &index, &info, &error), PMS_E_NOT_SUPPORTED);
	test_error_says(&error, PMS_E_NOT_SUPPORTED);
	assert_int_equal(index, 0);

	assert_int_equal(pms_stream_next_reader(NULL, &index, &info, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_next_reader(reader, NULL, &info, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_next_reader(reader, &index, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_next_reader(reader, &index, &other, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_stream_close(reader), PMS_OK);
	assert_int_equal(pms_stream_next_reader(reader, &index, &info, &error), PMS_E_CLOSED);
	pms_stream_release(reader);
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_readers_of_a_writer_come_and_go),
	    TEST_ON_TMPFS(test_readers_show_what_they_pin),
	    TEST_ON_TMPFS(test_readers_that_were_killed_are_not_shown),
	    TEST_ON_TMPFS(test_readers_whose_slots_hold_anything_are_bounded),
	    TEST_ON_BOTH(test_readers_without_a_coordination_file_are_not_known),
	};

	test_child_main(count, arguments, &reads, 1);
	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
