/* SPDX-License-Identifier: MIT */
/* Reservations (R10): written in place, published in any order, abandoned, leaked, closed under. */
#include "engine.h"
#include "support_image.h"

#define RESERVED 4

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region;
	pms_reservation *reservations[RESERVED];
	void *spaces[RESERVED];
	pms_position positions[RESERVED];
} fixture;

static fixture begin(void **state, uint32_t alignment)
{
	fixture f = {.test = test_begin(state)};

	f.stream = test_create(f.test->path, TEST_STREAM_BYTES);
	f.region = test_region(f.stream, "region", TEST_MIB, alignment);
	return f;
}

static void reserve(fixture *f, int i, uint64_t bytes)
{
	pms_error error;

	assert_int_equal(
	    pms_region_reserve(f->region, bytes, &f->reservations[i], &f->spaces[i], &f->positions[i], &error), PMS_OK);
	assert_int_equal(error.status, PMS_OK);
	assert_int_equal((uintptr_t)f->spaces[i] % 8, 0);
	test_fill(f->spaces[i], bytes, (uint64_t)i);
}

static void publish(fixture *f, test_log *log, int i, uint64_t bytes)
{
	pms_position position;

	assert_int_equal(pms_reservation_publish(f->reservations[i], bytes, &position, NULL), PMS_OK);
	assert_memory_equal(&position, &f->positions[i], sizeof(position));
	if (log)
		test_log_add(log, position, bytes, (uint64_t)i);
}

static void end(fixture *f)
{
	for (int i = 0; i < RESERVED; i++)
		pms_reservation_release(f->reservations[i]);
	pms_region_release(f->region);
	test_close(f->stream);
}

static uint64_t visible(const fixture *f)
{
	int32_t ended;
	uint64_t count = test_count_entries(f->region, &ended);

	assert_int_equal(ended, PMS_E_END);
	return count;
}

/* ---- publish ------------------------------------------------------------------------------------------------------- */

/* Every length up to what was reserved; the last word is padded with zeros, and the extent is kept. */
static void test_reservation_published_shorter_keeps_its_extent(void **state)
{
	for (uint32_t alignment = 8; alignment <= 64; alignment *= 8) {
		fixture f = begin(state, alignment);
		test_log log = {0};
		for (uint64_t bytes = 0; bytes <= 100; bytes++) {
			reserve(&f, 0, 100);
			publish(&f, &log, 0, bytes);
			const uint8_t *space = f.spaces[0];
			for (uint64_t pad = bytes; pad % 8 != 0; pad++)
				assert_int_equal(space[pad], 0);
			assert_int_equal(pms_region_committed(f.region),
					 f.positions[0].offset + pms_round_up(PMS_ENTRY_HEADER_BYTES + 100, alignment));
			pms_reservation_release(f.reservations[0]);
			f.reservations[0] = NULL;
		}
		test_log_expect(&log, f.region);
		test_check_is_clean(f.stream);
		end(&f);
		f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
		f.region = test_find(f.stream, "region");
		test_log_expect(&log, f.region);
		end(&f);
		(void)remove(f.test->path);
		test_log_free(&log);
	}
}

/* Readers see the order of the space, not of the publishing. */
static void test_reservation_published_out_of_order_becomes_visible_in_order(void **state)
{
	fixture f = begin(state, 64);
	test_log log = {0};

	for (int i = 0; i < RESERVED; i++)
		reserve(&f, i, 100 + (uint64_t)i);
	for (int i = RESERVED - 1; i >= 0; i--) {
		assert_int_equal(visible(&f), 0);
		assert_int_equal(pms_region_committed(f.region), f.positions[0].offset);
		publish(&f, NULL, i, 100 + (uint64_t)i);
		/* Durable past the open ones. */
		assert_int_equal(pms_region_persisted(f.region), f.positions[RESERVED - 1].offset + 128);
	}
	for (int i = 0; i < RESERVED; i++)
		test_log_add(&log, f.positions[i], 100 + (uint64_t)i, (uint64_t)i);
	test_log_expect(&log, f.region);
	assert_int_equal(pms_region_committed(f.region), pms_region_persisted(f.region));
	test_check_is_clean(f.stream);
	end(&f);
	test_log_free(&log);
}

/* R2, R10: what lies behind an open reservation is durable and not visible, until it ends. */
static void test_reservation_open_hides_later_entries_until_it_ends(void **state)
{
	for (int abandon = 0; abandon < 2; abandon++) {
		fixture f = begin(state, 64);
		test_log log = {0};
		(void)test_log_append(&log, f.region, 10);
		reserve(&f, 0, 5);
		if (!abandon)
			test_log_add(&log, f.positions[0], 5, 0);
		size_t before = log.count;
		for (int i = 0; i < 20; i++) {
			pms_position hidden = test_log_append(&log, f.region, 10);
			uint64_t bytes;
			assert_int_equal(pms_region_committed(f.region), f.positions[0].offset);
			assert_int_equal(pms_region_persisted(f.region), hidden.offset + 64);
			assert_int_equal(pms_region_read(f.region, &hidden, NULL, 0, 0, &bytes, NULL), PMS_E_NO_ENTRY);
		}
		assert_int_equal(visible(&f), 1);
		assert_int_equal(test_region_info(f.region).last_timestamp, log.entries[0].position.timestamp);
		if (abandon)
			assert_int_equal(pms_reservation_abandon(f.reservations[0], NULL), PMS_OK);
		else
			publish(&f, NULL, 0, 5);
		assert_int_equal(visible(&f), before + 20);
		test_log_expect(&log, f.region);
		assert_int_equal(test_region_info(f.region).last_timestamp,
				 log.entries[log.count - 1].position.timestamp);
		end(&f);
		(void)remove(f.test->path);
		test_log_free(&log);
	}
}

static void test_reservation_published_too_long_stays_open(void **state)
{
	static const uint64_t sizes[] = {101, 104, 1ull << 31, 1ull << 32, UINT64_MAX};
	fixture f = begin(state, 64);
	pms_position position = {.offset = 1};
	test_log log = {0};
	pms_error error;

	reserve(&f, 0, 100);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(pms_reservation_publish(f.reservations[0], sizes[i], &position, &error),
				 PMS_E_INVALID_ARGUMENT);
		test_error_says(&error, PMS_E_INVALID_ARGUMENT);
		assert_int_equal(error.expected, 100);
		assert_int_equal(error.found, sizes[i]);
		assert_int_equal(position.offset, 1);
		assert_int_equal(test_region_info(f.region).open_reservations, 1);
	}
	publish(&f, &log, 0, 100);
	test_log_expect(&log, f.region);
	end(&f);
	test_log_free(&log);
}

static void test_reservation_ended_twice_is_refused(void **state)
{
	fixture f = begin(state, 64);
	pms_error error;

	reserve(&f, 0, 10);
	reserve(&f, 1, 10);
	publish(&f, NULL, 0, 10);
	assert_int_equal(pms_reservation_abandon(f.reservations[1], NULL), PMS_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pms_reservation_publish(f.reservations[i], 10, NULL, &error), PMS_E_ENDED);
		test_error_says(&error, PMS_E_ENDED);
		assert_int_equal(pms_reservation_publish(f.reservations[i], 11, NULL, &error), PMS_E_ENDED);
		assert_int_equal(pms_reservation_abandon(f.reservations[i], &error), PMS_E_ENDED);
		test_error_says(&error, PMS_E_ENDED);
		assert_int_equal(pms_region_abandon(f.region, &f.positions[i], &error), PMS_E_NO_ENTRY);
	}
	assert_int_equal(visible(&f), 1);
	assert_int_equal(test_region_info(f.region).open_reservations, 0);
	end(&f);
}

static void test_reservation_bad_arguments_are_refused(void **state)
{
	fixture f = begin(state, 64);
	pms_reservation *reservation;
	pms_position nowhere = {.offset = 1, .timestamp = 1};
	pms_error error;
	void *space;

	assert_int_equal(pms_region_reserve(f.region, 1, NULL, &space, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_reserve(f.region, 1, &reservation, NULL, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_reserve(NULL, 1, &reservation, &space, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_reserve(f.region, PMS_ENTRY_BYTES_MAX + 1ull, &reservation, &space, NULL, &error),
			 PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_reserve(f.region, UINT64_MAX, &reservation, &space, NULL, &error),
			 PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_reserve(f.region, PMS_ENTRY_BYTES_MAX, &reservation, &space, NULL, &error),
			 PMS_E_REGION_FULL);
	assert_int_equal(pms_reservation_publish(NULL, 0, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_reservation_abandon(NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_abandon(f.region, NULL, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_abandon(NULL, &nowhere, &error), PMS_E_INVALID_ARGUMENT);
	assert_int_equal(pms_region_abandon(f.region, &nowhere, &error), PMS_E_NO_ENTRY);
	pms_reservation_release(NULL);
	assert_int_equal(test_region_info(f.region).used_bytes, 0);
	end(&f);
}

/* ---- abandon ------------------------------------------------------------------------------------------------------- */

static void test_reservation_released_open_is_abandoned(void **state)
{
	fixture f = begin(state, 64);

	reserve(&f, 0, 10);
	(void)test_append(f.region, 10, 1);
	assert_int_equal(visible(&f), 0);
	pms_reservation_release(f.reservations[0]);
	f.reservations[0] = NULL;
	assert_int_equal(visible(&f), 1);
	assert_int_equal(test_region_info(f.region).open_reservations, 0);
	test_check_is_clean(f.stream);
	end(&f);
}

/* A leaked one is found by the region's info and ended by its position; its owner then is told. */
static void test_reservation_leaked_is_abandoned_by_position(void **state)
{
	fixture f = begin(state, 64);
	pms_error error;

	for (int i = 0; i < RESERVED; i++)
		reserve(&f, i, 10);
	(void)test_append(f.region, 10, 1);
	for (int i = 0; i < RESERVED; i++) {
		pms_region_info info = test_region_info(f.region);
		assert_int_equal(info.open_reservations, RESERVED - i);
		assert_memory_equal(&info.oldest_reservation, &f.positions[i], sizeof(pms_position));
		pms_position wrong = info.oldest_reservation;
		wrong.timestamp++;
		assert_int_equal(pms_region_abandon(f.region, &wrong, &error), PMS_E_NO_ENTRY);
		test_error_says(&error, PMS_E_NO_ENTRY);
		assert_int_equal(visible(&f), 0);
		assert_int_equal(pms_region_abandon(f.region, &info.oldest_reservation, &error), PMS_OK);
		assert_int_equal(pms_reservation_publish(f.reservations[i], 10, NULL, NULL), PMS_E_ENDED);
	}
	assert_int_equal(visible(&f), 1);
	assert_int_equal(pms_region_clear(f.region, NULL), PMS_OK);
	end(&f);
}

/* ---- crash and close ----------------------------------------------------------------------------------------------- */

/* After a kill the open ones are skipped, and everything acknowledged behind them is there. */
static void test_reservation_open_at_a_kill_is_skipped(void **state)
{
	fixture f = begin(state, 64);
	test_log log = {0};

	for (int i = 0; i < RESERVED; i++) {
		reserve(&f, i, 100);
		(void)test_log_append(&log, f.region, 50);
	}
	publish(&f, NULL, 1, 60);
	assert_int_equal(pms_reservation_abandon(f.reservations[2], NULL), PMS_OK);
	test_image_copy(f.test->path, test_file(f.test, "killed"));
	assert_int_equal(visible(&f), 0);
	end(&f);

	test_log expected = {0};
	test_log_add(&expected, log.entries[0].position, 50, log.entries[0].seed);
	test_log_add(&expected, f.positions[1], 60, 1);
	for (int i = 1; i < RESERVED; i++)
		test_log_add(&expected, log.entries[i].position, 50, log.entries[i].seed);
	pms_stream *stream = test_open(test_file(f.test, "killed"), PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	assert_int_equal(test_recovery(stream).pending_skipped, 2);
	assert_int_equal(test_recovery(stream).flags, 0);
	assert_int_equal(test_region_info(region).open_reservations, 0);
	test_log_expect(&expected, region);
	(void)test_log_append(&expected, region, 10);
	test_log_expect(&expected, region);
	test_check_is_clean(stream);
	pms_region_release(region);
	test_close(stream);
	test_log_free(&expected);
	test_log_free(&log);
}

/* Closed under open reservations: publishing is refused, their memory stays, and they are skipped for ever. */
static void test_reservation_open_at_close_is_abandoned(void **state)
{
	fixture f = begin(state, 64);
	test_log log = {0};
	pms_error error;

	(void)test_log_append(&log, f.region, 50);
	for (int i = 0; i < RESERVED; i++)
		reserve(&f, i, 100);
	(void)test_log_append(&log, f.region, 50);
	assert_int_equal(pms_stream_close(f.stream), PMS_OK);
	memset(f.spaces[0], 1, 100); /* still memory */
	/* The lock is theirs until the last one ends. */
	for (int i = 0; i < RESERVED; i++) {
		test_open_fails(f.test->path, PMS_OPEN_DEFAULT, PMS_E_LOCKED, &error);
		if (i == 0) {
			assert_int_equal(pms_reservation_publish(f.reservations[0], 100, NULL, &error), PMS_E_CLOSED);
			test_error_says(&error, PMS_E_CLOSED);
			assert_int_equal(pms_reservation_publish(f.reservations[0], 100, NULL, NULL), PMS_E_ENDED);
		} else if (i == 1) {
			assert_int_equal(pms_reservation_abandon(f.reservations[1], NULL), PMS_OK);
		} else {
			pms_reservation_release(f.reservations[i]);
			f.reservations[i] = NULL;
		}
	}
	assert_int_equal(pms_region_append(f.region, "x", 1, NULL, NULL), PMS_E_CLOSED);
	memset(f.spaces[0], 2, 100); /* zero pages by now: nobody's bytes */

	pms_stream *stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	assert_int_equal(test_recovery(stream).flags, 0);
	test_log_expect(&log, region);
	pms_region_release(region);
	test_close(stream);
	end(&f);
	test_log_free(&log);
}

/* Filling the region with reservations, and its last byte. */
static void test_reservation_to_the_last_byte_is_possible(void **state)
{
	fixture f = begin(state, 64);
	uint64_t usable = test_region_info(f.region).usable_bytes;
	test_log log = {0};

	reserve(&f, 0, 1000);
	reserve(&f, 1, usable - 1024 - PMS_ENTRY_HEADER_BYTES);
	assert_int_equal(pms_region_reserve(f.region, 0, &f.reservations[2], &f.spaces[2], NULL, NULL),
			 PMS_E_REGION_FULL);
	publish(&f, &log, 0, 1000);
	publish(&f, &log, 1, usable - 1024 - PMS_ENTRY_HEADER_BYTES);
	test_log_expect(&log, f.region);
	assert_int_equal(pms_region_committed(f.region), f.positions[0].offset + usable);
	end(&f);
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.region = test_find(f.stream, "region");
	memset(f.reservations, 0, sizeof(f.reservations));
	test_log_expect(&log, f.region);
	end(&f);
	test_log_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_reservation_published_shorter_keeps_its_extent),
	    TEST_ON_BOTH(test_reservation_published_out_of_order_becomes_visible_in_order),
	    TEST_ON_BOTH(test_reservation_open_hides_later_entries_until_it_ends),
	    TEST_ON_TMPFS(test_reservation_published_too_long_stays_open),
	    TEST_ON_TMPFS(test_reservation_ended_twice_is_refused),
	    TEST_ON_TMPFS(test_reservation_bad_arguments_are_refused),
	    TEST_ON_BOTH(test_reservation_released_open_is_abandoned),
	    TEST_ON_BOTH(test_reservation_leaked_is_abandoned_by_position),
	    TEST_ON_BOTH(test_reservation_open_at_a_kill_is_skipped),
	    TEST_ON_BOTH(test_reservation_open_at_close_is_abandoned),
	    TEST_ON_BOTH(test_reservation_to_the_last_byte_is_possible),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
