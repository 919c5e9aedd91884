/* SPDX-License-Identifier: MIT */
/* Groups that are appended at once (R11): all or none, consecutive, one drain. */
#include "engine.h"
#include "support_medium.h"

#define MEMBERS_MAX 300

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	test_log log;
	uint8_t data[MEMBERS_MAX][600];
	pms_part parts[MEMBERS_MAX];
	pms_position positions[MEMBERS_MAX];
} fixture;

static fixture *begin_sized(void **state, uint32_t alignment, uint64_t region_bytes)
{
	fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->test = test_begin(state);
	test_medium_watch_next();
	f->stream = test_create(f->test->path, 4 * region_bytes);
	f->region = test_region(f->stream, "region", region_bytes, alignment);
	return f;
}

static fixture *begin(void **state, uint32_t alignment) { return begin_sized(state, alignment, TEST_MIB); }

static void end(fixture *f)
{
	pms_region_release(f->region);
	test_close(f->stream);
	test_medium_forget();
	test_log_free(&f->log);
	(void)remove(f->test->path);
	free(f);
}

static void append_group(fixture *f, uint64_t count, uint32_t flags, uint64_t seed)
{
	pms_error error;

	for (uint64_t i = 0; i < count; i++) {
		f->parts[i] = (pms_part){.data = f->data[i], .bytes = (seed + i * 37) % 600};
		test_fill(f->data[i], f->parts[i].bytes, seed + i);
	}
	assert_int_equal(pms_region_append_group(f->region, f->parts, count, flags, f->positions, &error), PMS_OK);
	assert_int_equal(error.status, PMS_OK);
	for (uint64_t i = 0; i < count; i++)
		test_log_add(&f->log, f->positions[i], f->parts[i].bytes, seed + i);
}

/* Consecutive timestamps, nothing between the entries, each but the last says that it goes on. */
static void expect_flags(const fixture *f, uint64_t first, uint64_t count)
{
	const pms_cursor_options options = {
	    .struct_bytes = sizeof(options), .start = PMS_CURSOR_AT, .position = f->log.entries[first].position};
	pms_cursor *cursor;
	pms_entry entry;

	assert_int_equal(pms_cursor_open(f->region, &options, &cursor, NULL), PMS_OK);
	for (uint64_t i = 0; i < count; i++) {
		assert_int_equal(pms_cursor_next(cursor, &entry, NULL), PMS_OK);
		assert_int_equal(entry.position.timestamp, f->log.entries[first].position.timestamp + i);
		assert_int_equal(entry.flags & PMS_ENTRY_GROUP_CONTINUES, i + 1 < count);
	}
	pms_cursor_close(cursor);
}

static void expect_after_power_cut(const fixture *f)
{
	test_image image = test_medium_power_cut(0);

	test_image_save(&image, test_file(f->test, "cut"));
	test_image_free(&image);
	pms_stream *stream = test_open(test_file(f->test, "cut"), PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	test_log_expect(&f->log, region);
	pms_region_release(region);
	test_close(stream);
}

static void test_group_is_one_drain_and_each_line_once(void **state)
{
	static const uint64_t counts[] = {1, 2, 3, 64, MEMBERS_MAX};

	for (uint32_t alignment = 8; alignment <= 64; alignment *= 8) {
		fixture *f = begin(state, alignment);
		for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
			uint64_t first = f->log.count, from = pms_region_committed(f->region);
			test_medium_reset();
			append_group(f, counts[i], PMS_APPEND_DURABLE, 100 * i);
			uint64_t to = pms_region_committed(f->region);
			assert_int_equal(test_medium_drains(), 1);
			assert_int_equal(pms_region_persisted(f->region), to);
			for (uint64_t line = (from + 63) & ~(uint64_t)63; line + 64 <= to && alignment == 64;
			     line += 64)
				assert_in_range(test_medium_count(TEST_EVENT_FLUSH, line, line + 64), 0, 1);
			expect_flags(f, first, counts[i]);
		}
		test_log_expect(&f->log, f->region);
		test_check_is_clean(f->stream);
		expect_after_power_cut(f);
		end(f);
	}
}

static void test_group_deferred_costs_no_flush_and_is_persisted_later(void **state)
{
	fixture *f = begin(state, 64);

	test_medium_reset();
	append_group(f, 10, PMS_APPEND_DEFERRED, 5);
	assert_int_equal(test_medium_drains(), 0);
	assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, 0, UINT64_MAX), 0);
	test_log_expect(&f->log, f->region);
	assert_int_equal(pms_region_persist(f->region, &f->positions[4], NULL), PMS_OK); /* a member names its group */
	assert_int_equal(test_medium_drains(), 1);
	assert_int_equal(pms_region_persisted(f->region), pms_region_committed(f->region));
	expect_after_power_cut(f);
	end(f);
}

/* Cut at any moment, whatever of it is torn: whole or not there. */
static void test_group_after_a_power_cut_is_whole_or_gone(void **state)
{
	uint64_t random = test_seed();
	const unsigned rounds = TEST_ROUNDS(60);
	unsigned whole = 0, gone = 0;

	for (unsigned round = 0; round < rounds; round++) {
		/* Small: its image is written hundreds of times. */
		fixture *f = begin_sized(state, round % 2 ? 8 : 64, 16 * TEST_KIB);
		int32_t ended;
		append_group(f, 2, PMS_APPEND_DURABLE, 1);
		/* Small ones, so that now and then all words of a group are there; and larger ones. */
		for (uint64_t i = 0; i < 2; i++)
			f->parts[i] = (pms_part){.data = f->data[i], .bytes = round % 4 ? 0 : 200};
		assert_int_equal(pms_region_append_group(f->region, f->parts, 2, PMS_APPEND_DEFERRED, NULL, NULL),
				 PMS_OK);
		for (int cut = 0; cut < 8; cut++) {
			test_image image =
			    cut ? test_medium_power_cut(1 + test_random(&random) / 2) : test_medium_kill();
			test_image_save(&image, test_file(f->test, "cut"));
			test_image_free(&image);
			pms_stream *stream = test_open(test_file(f->test, "cut"), PMS_OPEN_DEFAULT);
			pms_region *region = test_find(stream, "region");
			uint64_t count = test_count_entries(region, &ended);
			assert_int_equal(ended, PMS_E_END);
			assert_true(count == 2 || count == 4);
			whole += count == 4;
			gone += count == 2;
			(void)test_append(region, 10, 1);
			assert_int_equal(test_count_entries(region, &ended), count + 1);
			pms_region_release(region);
			test_close(stream);
		}
		end(f);
	}
	assert_true(whole >= rounds && gone > 0);
}

static void test_group_to_the_last_byte_and_not_beyond(void **state)
{
	fixture *f = begin(state, 64);
	uint64_t usable = test_region_info(f->region).usable_bytes;
	pms_position positions[2] = {{.offset = 1}, {.offset = 1}};
	pms_error error;
	uint8_t *data = calloc(1, usable);

	assert_non_null(data);
	pms_part parts[2] = {{.data = data, .bytes = 100},
			     {.data = data, .bytes = usable - 128 - PMS_ENTRY_HEADER_BYTES + 1}};
	test_medium_reset();
	assert_int_equal(pms_region_append_group(f->region, parts, 2, 0, positions, &error), PMS_E_REGION_FULL);
	test_error_says(&error, PMS_E_REGION_FULL);
	assert_int_equal(test_medium_event_count(), 0);
	assert_int_equal(test_region_info(f->region).used_bytes, 0);
	parts[1].bytes--;
	assert_int_equal(pms_region_append_group(f->region, parts, 2, 0, positions, &error), PMS_OK);
	assert_int_equal(test_region_info(f->region).used_bytes, usable);
	assert_int_equal(positions[1].offset, positions[0].offset + 128);
	free(data);
	end(f);
}

static void test_group_bad_arguments_are_refused(void **state)
{
	fixture *f = begin(state, 64);
	uint8_t byte = 1;
	const pms_part good = {.data = &byte, .bytes = 1};
	const pms_part no_data[] = {good, {.data = NULL, .bytes = 1}};
	const pms_part too_long[] = {good, {.data = &byte, .bytes = PMS_ENTRY_BYTES_MAX + 1ull}};
	const struct {
		const pms_part *parts;
		uint64_t count;
		uint32_t flags;
	} bad[] = {
	    {no_data, 2, 0},
	    {too_long, 2, 0},
	    {NULL, 1, 0},
	    {&good, 0, 0},
	    {&good, PMS_GROUP_ENTRIES_MAX + 1ull, 0},
	    {&good, UINT64_MAX, 0},
	    {&good, 1, 2},
	};
	pms_error error;

	test_medium_reset();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    pms_region_append_group(f->region, bad[i].parts, bad[i].count, bad[i].flags, NULL, &error),
		    PMS_E_INVALID_ARGUMENT);
		test_error_says(&error, PMS_E_INVALID_ARGUMENT);
	}
	assert_int_equal(pms_region_append_group(NULL, &good, 1, 0, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(test_medium_event_count(), 0);
	end(f);
}

/* R5: more timestamps at once than are left below the ceiling: it is raised, drained, and they are consecutive. */
static void test_group_raises_the_ceiling_for_all_of_its_timestamps(void **state)
{
	fixture *f = begin(state, 64);
	uint64_t limit = atomic_load(&f->stream->timestamp_limit);

	atomic_store(&f->stream->next_timestamp, limit - 3);
	test_medium_reset();
	append_group(f, 10, PMS_APPEND_DURABLE, 1);
	assert_int_equal(test_medium_drains(), 2);
	assert_true(atomic_load(&f->stream->timestamp_limit) > limit);
	expect_flags(f, 0, 10);
	test_log_expect(&f->log, f->region);
	end(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_group_is_one_drain_and_each_line_once),
	    TEST_ON_BOTH(test_group_deferred_costs_no_flush_and_is_persisted_later),
	    TEST_ON_BOTH(test_group_after_a_power_cut_is_whole_or_gone),
	    TEST_ON_BOTH(test_group_to_the_last_byte_and_not_beyond),
	    TEST_ON_TMPFS(test_group_bad_arguments_are_refused),
	    TEST_ON_BOTH(test_group_raises_the_ceiling_for_all_of_its_timestamps),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
