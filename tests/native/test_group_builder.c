/* SPDX-License-Identifier: MIT */
/* Groups that are written in place (R10, R11): published where they are, or behind whoever promised what lies behind them. */
#include "engine.h"
#include "support_medium.h"

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	pms_group *group;
	uint64_t added;
	uint64_t sizes[64];
	pms_position positions[64];
	test_log log;
} fixture;

static fixture begin(void **state, uint32_t alignment)
{
	fixture f = {.test = test_begin(state)};

	test_medium_watch_next();
	f.stream = test_create(f.test->path, TEST_STREAM_BYTES);
	f.region = test_region(f.stream, "region", TEST_MIB, alignment);
	return f;
}

static void begin_group(fixture *f, uint64_t entries_max, uint64_t bytes_max)
{
	pms_error error;

	assert_int_equal(pms_region_begin_group(f->region, entries_max, bytes_max, &f->group, &error), PMS_OK);
	assert_int_equal(error.status, PMS_OK);
	f->added = 0;
}

static void add(fixture *f, uint64_t bytes)
{
	pms_error error;
	uint64_t room;
	void *data;

	assert_int_equal(pms_group_next(f->group, &data, &room, &error), PMS_OK);
	assert_true(room >= bytes);
	assert_int_equal((uintptr_t)data % 8, 0);
	memset(data, 0xaa, room < bytes + 7 ? room : bytes + 7); /* what is behind the payload is padded with zeros */
	test_fill(data, bytes, 500 + f->added);
	assert_int_equal(pms_group_add(f->group, bytes, &error), PMS_OK);
	f->sizes[f->added++] = bytes;
}

static void publish(fixture *f)
{
	pms_error error;

	assert_int_equal(pms_group_publish(f->group, f->positions, &error), PMS_OK);
	assert_int_equal(error.status, PMS_OK);
	for (uint64_t i = 0; i < f->added; i++) {
		assert_int_equal(f->positions[i].timestamp, f->positions[0].timestamp + i);
		test_log_add(&f->log, f->positions[i], f->sizes[i], 500 + i);
	}
	pms_group_release(f->group);
	f->group = NULL;
}

static void expect_after_power_cut(fixture *f)
{
	test_image image = test_medium_power_cut(0);

	test_image_save(&image, test_file(f->test, "cut"));
	test_image_free(&image);
	pms_stream *stream = test_open(test_file(f->test, "cut"), PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	assert_int_equal(test_recovery(stream).flags, 0);
	test_log_expect(&f->log, region);
	test_check_is_clean(stream);
	pms_region_release(region);
	test_close(stream);
}

static void end(fixture *f)
{
	pms_group_release(f->group);
	pms_region_release(f->region);
	test_close(f->stream);
	test_medium_forget();
	test_log_free(&f->log);
	(void)remove(f->test->path);
}

/* Nobody followed: in place, one drain, each line once, all visible in one moment. */
static void test_group_builder_not_followed_is_published_in_place(void **state)
{
	for (uint32_t alignment = 8; alignment <= 64; alignment *= 8) {
		fixture f = begin(state, alignment);
		int32_t ended;
		test_medium_reset();
		uint64_t at = pms_region_committed(f.region);
		begin_group(&f, 5, 600);
		assert_int_equal(test_medium_count(TEST_EVENT_FLUSH, 0, UINT64_MAX), 0);
		for (uint64_t i = 0; i < 5; i++)
			add(&f, i * 33);
		assert_int_equal(test_medium_drains(), 0);
		assert_int_equal(test_count_entries(f.region, &ended), 0);
		assert_int_equal(test_region_info(f.region).open_reservations, 1);
		test_medium_reset();
		publish(&f);
		assert_int_equal(test_medium_drains(), 1);
		assert_int_equal(f.positions[0].offset, at);
		for (uint64_t line = at & ~(uint64_t)63; line < f.positions[4].offset && alignment == 64; line += 64)
			assert_in_range(test_medium_count(TEST_EVENT_FLUSH, line, line + 64), 0, 1);
		assert_int_equal(pms_region_persisted(f.region), pms_region_committed(f.region));
		(void)test_log_append(&f.log, f.region, 10);
		test_log_expect(&f.log, f.region);
		test_check_is_clean(f.stream);
		expect_after_power_cut(&f);
		end(&f);
	}
}

/* Any sizes within what was asked for fit, one by one up to the last byte. */
static void test_group_builder_holds_any_sizes_it_was_begun_for(void **state)
{
	uint64_t random = test_seed();

	for (int round = 0; round < TEST_ROUNDS(40); round++) {
		fixture f = begin(state, round % 2 ? 64 : 8);
		uint64_t entries = 1 + test_random_below(&random, 30), left = test_random_below(&random, 3000);
		begin_group(&f, entries, left);
		for (uint64_t i = 0; i < entries; i++) {
			uint64_t bytes = i + 1 == entries ? left : test_random_below(&random, left + 1);
			left -= bytes;
			add(&f, bytes);
		}
		if (round % 3 == 0)
			(void)test_log_append(&f.log, f.region, 10); /* followed */
		publish(&f);
		test_log_expect(&f.log, f.region);
		expect_after_power_cut(&f);
		end(&f);
	}
}

/* Followed: its entries move behind, and its space is passed over. */
static void test_group_builder_followed_moves_behind(void **state)
{
	fixture f = begin(state, 64);

	begin_group(&f, 2, 200);
	uint64_t start = pms_region_committed(f.region);
	add(&f, 100);
	pms_position behind = test_log_append(&f.log, f.region, 10);
	add(&f, 50);
	test_medium_reset();
	publish(&f);
	assert_int_equal(test_medium_drains(), 1);
	assert_true(f.positions[0].offset > behind.offset && behind.offset > start);
	assert_int_equal(pms_region_committed(f.region), pms_region_persisted(f.region));
	assert_int_equal(test_region_info(f.region).open_reservations, 0);
	test_log_expect(&f.log, f.region);
	test_check_is_clean(f.stream);
	expect_after_power_cut(&f);
	end(&f);
}

/* A deferred entry behind it promises nothing: still in place. A persist does. */
static void test_group_builder_before_deferred_entries_stays_until_they_are_persisted(void **state)
{
	for (int persisted = 0; persisted < 2; persisted++) {
		fixture f = begin(state, 64);
		test_log expected = {0};
		pms_position behind;
		begin_group(&f, 2, 100);
		uint64_t start = pms_region_committed(f.region);
		add(&f, 40);
		assert_int_equal(pms_region_append_deferred(f.region, NULL, 0, &behind, NULL), PMS_OK);
		if (persisted)
			assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
		publish(&f);
		assert_true(persisted ? f.positions[0].offset > behind.offset : f.positions[0].offset == start);
		test_log_add(&expected, persisted ? behind : f.positions[0], persisted ? 0 : 40, 500);
		test_log_add(&expected, persisted ? f.positions[0] : behind, persisted ? 40 : 0, 500);
		test_log_expect(&expected, f.region);
		assert_int_equal(pms_region_persist(f.region, NULL, NULL), PMS_OK);
		test_log_free(&f.log);
		f.log = expected;
		expect_after_power_cut(&f);
		end(&f);
	}
}

/* No room for the second copy: it stays open, can be tried again, and abandoned. */
static void test_group_builder_followed_in_a_full_region_stays_open(void **state)
{
	fixture f = begin(state, 64);
	const uint8_t filler[1000] = {0};
	pms_error error;
	int32_t ended;

	begin_group(&f, 2, 10000);
	add(&f, 9000);
	while (pms_region_append(f.region, filler, sizeof(filler), NULL, NULL) == PMS_OK)
		;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pms_group_publish(f.group, f.positions, &error), PMS_E_REGION_FULL);
		test_error_says(&error, PMS_E_REGION_FULL);
		assert_int_equal(test_region_info(f.region).open_reservations, 1);
	}
	assert_int_equal(test_count_entries(f.region, &ended), 0);
	assert_int_equal(pms_group_abandon(f.group, &error), PMS_OK);
	assert_true(test_count_entries(f.region, &ended) > 0);
	assert_int_equal(ended, PMS_E_END);
	end(&f);
}

static void test_group_builder_ended_is_refused(void **state)
{
	fixture f = begin(state, 64);
	pms_error error;
	int32_t ended;
	uint64_t room;
	void *data;

	for (int how = 0; how < 4; how++) {
		begin_group(&f, 2, 100);
		pms_position at = test_region_info(f.region).oldest_reservation;
		if (how < 3)
			add(&f, 10);
		if (how == 0)
			assert_int_equal(pms_group_publish(f.group, NULL, NULL), PMS_OK);
		else if (how == 1)
			assert_int_equal(pms_group_abandon(f.group, NULL), PMS_OK);
		else if (how == 2)
			assert_int_equal(pms_region_abandon(f.region, &at, NULL), PMS_OK);
		else
			assert_int_equal(pms_group_publish(f.group, f.positions, NULL), PMS_OK); /* nothing was added */
		assert_int_equal(pms_group_publish(f.group, f.positions, &error), PMS_E_ENDED);
		test_error_says(&error, PMS_E_ENDED);
		assert_int_equal(pms_group_abandon(f.group, &error), PMS_E_ENDED);
		test_error_says(&error, PMS_E_ENDED);
		assert_int_equal(pms_group_next(f.group, &data, &room, &error), PMS_E_ENDED);
		test_error_says(&error, PMS_E_ENDED);
		assert_null(data);
		assert_int_equal(pms_group_add(f.group, 0, &error), PMS_E_ENDED);
		pms_group_release(f.group);
		f.group = NULL;
	}
	assert_int_equal(test_count_entries(f.region, &ended), 1);
	assert_int_equal(pms_region_clear(f.region, NULL), PMS_OK);
	begin_group(&f, 2, 100);
	pms_group_release(f.group); /* abandons it */
	f.group = NULL;
	assert_int_equal(test_region_info(f.region).open_reservations, 0);
	end(&f);
}

static void test_group_builder_bad_arguments_are_refused(void **state)
{
	fixture f = begin(state, 64);
	pms_error error;
	uint64_t room;
	void *data;

	test_medium_reset();
	assert_int_equal(pms_region_begin_group(NULL, 1, 1, &f.group, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_begin_group(f.region, 1, 1, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_begin_group(f.region, 0, 1, &f.group, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_begin_group(f.region, PMS_GROUP_ENTRIES_MAX + 1ull, 1, &f.group, &error),
			 PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_begin_group(f.region, 1, PMS_ENTRY_BYTES_MAX, &f.group, &error),
			 PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_begin_group(f.region, 1, UINT64_MAX, &f.group, &error), PMS_E_INVALID_ARGUMENT);
	test_error_says(&error, PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_begin_group(f.region, 1, TEST_MIB * 2, &f.group, &error), PMS_E_REGION_FULL);
	assert_null(f.group);
	assert_int_equal(test_medium_event_count(), 0);
	assert_int_equal(pms_group_next(NULL, &data, &room, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_group_add(NULL, 0, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_group_publish(NULL, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_group_abandon(NULL, &error), PMS_E_INVALID_ARGUMENT);
	pms_group_release(NULL);

	begin_group(&f, 2, 100);
	assert_int_equal(pms_group_next(f.group, NULL, &room, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_group_next(f.group, &data, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_group_next(f.group, &data, &room, &error), PMS_OK);
	assert_int_equal(pms_group_add(f.group, room + 1, &error), PMS_E_INVALID_ARGUMENT);
	test_error_says(&error, PMS_E_INVALID_ARGUMENT);
	add(&f, 1);
	add(&f, 1);
	assert_int_equal(pms_group_next(f.group, &data, &room, &error), PMS_E_TOO_SMALL); /* entries */
	test_error_says(&error, PMS_E_TOO_SMALL);
	publish(&f);
	begin_group(&f, 2, 100);
	assert_int_equal(pms_group_next(f.group, &data, &room, &error), PMS_OK);
	add(&f, room);
	assert_int_equal(pms_group_next(f.group, &data, &room, &error), PMS_E_TOO_SMALL); /* space */
	assert_int_equal(pms_group_add(f.group, 0, &error), PMS_E_TOO_SMALL);
	publish(&f);
	test_log_expect(&f.log, f.region);
	end(&f);
}

/* Closed under it: publishing abandons it, its memory stays, and it is passed over for ever. */
static void test_group_builder_open_at_close_is_abandoned(void **state)
{
	fixture f = begin(state, 64);
	pms_error error;
	uint64_t room;
	void *data;

	begin_group(&f, 2, 100);
	add(&f, 10);
	(void)test_log_append(&f.log, f.region, 20);
	assert_int_equal(pms_stream_close(f.stream), PMS_OK);
	test_open_fails(f.test->path, PMS_OPEN_DEFAULT, PMS_E_LOCKED, &error);
	assert_int_equal(pms_group_next(f.group, &data, &room, NULL), PMS_OK);
	memset(data, 1, room); /* still memory */
	assert_int_equal(pms_group_publish(f.group, f.positions, &error), PMS_E_CLOSED);
	test_error_says(&error, PMS_E_CLOSED);
	assert_int_equal(pms_group_publish(f.group, f.positions, &error), PMS_E_ENDED);
	test_medium_forget();
	pms_stream *stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	assert_int_equal(test_recovery(stream).flags, 0);
	test_log_expect(&f.log, region);
	pms_region_release(region);
	test_close(stream);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_group_builder_not_followed_is_published_in_place),
	    TEST_ON_BOTH(test_group_builder_holds_any_sizes_it_was_begun_for),
	    TEST_ON_BOTH(test_group_builder_followed_moves_behind),
	    TEST_ON_BOTH(test_group_builder_before_deferred_entries_stays_until_they_are_persisted),
	    TEST_ON_BOTH(test_group_builder_followed_in_a_full_region_stays_open),
	    TEST_ON_BOTH(test_group_builder_ended_is_refused),
	    TEST_ON_TMPFS(test_group_builder_bad_arguments_are_refused),
	    TEST_ON_BOTH(test_group_builder_open_at_close_is_abandoned),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
