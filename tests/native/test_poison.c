/* SPDX-License-Identifier: MIT */
/* R12: a failed drain poisons the stream. Whom it covers gets that error, later writes are refused, reading goes on. */
#include <errno.h>

#include "engine.h"
#include "support_medium.h"

typedef struct fixture {
	test_case *test;
	pms_stream *stream;
	pms_region *region, *other;
	test_log log;
} fixture;

static fixture begin(void **state)
{
	fixture f = {.test = test_begin(state)};

	test_medium_watch_next();
	f.stream = test_create(f.test->path, TEST_STREAM_BYTES);
	f.region = test_region(f.stream, "region", TEST_MIB, 64);
	f.other = test_region(f.stream, "other", TEST_MIB, 64);
	for (int i = 0; i < 5; i++)
		(void)test_log_append(&f.log, f.region, 100);
	return f;
}

/* Every verb that writes is refused; every one that reads is not. */
static void expect_poisoned(fixture *f)
{
	pms_region_options options = test_region_options("new", 100, 0);
	pms_region *regions[] = {f->region, f->other}, *made;
	pms_reservation *reservation;
	pms_error error;
	void *space;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(pms_region_append(regions[i], "x", 1, NULL, &error), PMS_E_POISONED);
		test_error_says(&error, PMS_E_POISONED);
		assert_int_equal(error.os_error, EIO);
		assert_int_equal(pms_region_reserve(regions[i], 1, &reservation, &space, NULL, &error), PMS_E_POISONED);
		assert_int_equal(pms_region_clear(regions[i], &error), PMS_E_POISONED);
		assert_int_equal(pms_region_free(regions[i], &error), PMS_E_POISONED);
	}
	assert_int_equal(pms_region_create(f->stream, &options, &made, &error), PMS_E_POISONED);
	test_log_expect(&f->log, f->region);
	assert_int_equal(test_info(f->stream).read_only, 0);
}

/* The drain works again, but that is too late: what failed may be lost. Only opening again helps. */
static void expect_reopened_whole(fixture *f)
{
	int32_t ended;

	test_medium_fail_drains(0, 0);
	expect_poisoned(f);
	pms_region_release(f->region);
	pms_region_release(f->other);
	/* The checkpoint was not made durable, and close says so. */
	assert_int_equal(pms_stream_close(f->stream), PMS_E_POISONED);
	pms_stream_release(f->stream);
	test_medium_forget();
	f->stream = test_open(f->test->path, PMS_OPEN_DEFAULT);
	f->region = test_find(f->stream, "region");
	/* What was acknowledged is there; what failed may be. */
	assert_in_range(test_count_entries(f->region, &ended), f->log.count, f->log.count + 3);
	assert_int_equal(ended, PMS_E_END);
	(void)test_append(f->region, 10, 1);
	test_check_is_clean(f->stream);
	pms_region_release(f->region);
	test_close(f->stream);
	test_log_free(&f->log);
}

static void expect_io(int32_t status, const pms_error *error)
{
	assert_int_equal(status, PMS_E_IO);
	test_error_says(error, PMS_E_IO);
	assert_int_equal(error->os_error, EIO);
}

static void test_poison_failed_append_is_reported_and_poisons(void **state)
{
	fixture f = begin(state);
	pms_position at = {.offset = 5};
	pms_error error;

	uint64_t committed = pms_region_committed(f.region);
	test_medium_fail_drains(0, EIO);
	expect_io(pms_region_append(f.region, "failed", 6, &at, &error), &error);
	assert_int_equal(at.offset, 5);
	assert_int_equal(pms_region_committed(f.region), committed);
	assert_int_equal(pms_region_persisted(f.region), committed);
	expect_poisoned(&f);
	expect_reopened_whole(&f);
}

/* Either drain of a followed publish. The reservation has ended: it is neither open nor visible. */
static void test_poison_failed_publish_is_reported_and_poisons(void **state)
{
	for (size_t which = 0; which < 3; which++) {
		fixture f = begin(state);
		pms_reservation *reservation;
		pms_error error;
		void *space;
		assert_int_equal(pms_region_reserve(f.region, 100, &reservation, &space, NULL, NULL), PMS_OK);
		memset(space, 1, 100);
		if (which)
			(void)test_append(f.region, 10, 1);
		test_medium_fail_drains(which == 2, EIO);
		expect_io(pms_reservation_publish(reservation, 100, NULL, &error), &error);
		assert_int_equal(pms_reservation_publish(reservation, 100, NULL, NULL), PMS_E_ENDED);
		assert_int_equal(pms_reservation_abandon(reservation, NULL), PMS_E_ENDED);
		pms_reservation_release(reservation);
		expect_poisoned(&f);
		expect_reopened_whole(&f);
		(void)remove(f.test->path);
	}
}

/* An open reservation of a poisoned stream: publishing is refused and abandons it, abandoning is possible. */
static void test_poison_open_reservations_can_only_be_abandoned(void **state)
{
	fixture f = begin(state);
	pms_reservation *reservations[3];
	pms_error error;
	void *space;

	for (int i = 0; i < 3; i++)
		assert_int_equal(pms_region_reserve(f.other, 10, &reservations[i], &space, NULL, NULL), PMS_OK);
	test_medium_fail_drains(0, EIO);
	expect_io(pms_region_append(f.region, "failed", 6, NULL, &error), &error);
	assert_int_equal(pms_reservation_publish(reservations[0], 10, NULL, &error), PMS_E_POISONED);
	test_error_says(&error, PMS_E_POISONED);
	assert_int_equal(pms_reservation_publish(reservations[0], 10, NULL, &error), PMS_E_ENDED);
	assert_int_equal(pms_reservation_abandon(reservations[1], NULL), PMS_OK);
	assert_int_equal(test_region_info(f.other).open_reservations, 1);
	for (int i = 0; i < 3; i++)
		pms_reservation_release(reservations[i]);
	assert_int_equal(test_region_info(f.other).open_reservations, 0);
	expect_reopened_whole(&f);
}

/* The first and the second drain of each change of the layout (free: its own, and that of the merge). */
static void test_poison_failed_layout_change_is_reported_and_poisons(void **state)
{
	for (int verb = 0; verb < 3; verb++)
		for (size_t drain = 0; drain < 2; drain++) {
			fixture f = begin(state);
			pms_region_options options = test_region_options("new", 100, 0);
			pms_region *made;
			pms_error error;
			test_medium_fail_drains(drain, EIO);
			if (verb == 0)
				expect_io(pms_region_create(f.stream, &options, &made, &error), &error);
			else if (verb == 1)
				expect_io(pms_region_clear(f.other, &error), &error);
			else
				expect_io(pms_region_free(f.other, &error), &error);
			test_medium_fail_drains(0, 0);
			assert_int_equal(pms_region_append(f.region, "x", 1, NULL, NULL), PMS_E_POISONED);
			test_log_expect(&f.log, f.region);
			pms_region_release(f.region);
			pms_region_release(f.other);
			assert_int_equal(pms_stream_close(f.stream), PMS_E_POISONED);
			pms_stream_release(f.stream);
			test_medium_forget();
			f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
			f.region = test_find(f.stream, "region");
			test_log_expect(&f.log, f.region);
			test_check_is_clean(f.stream);
			pms_region_release(f.region);
			test_close(f.stream);
			(void)remove(f.test->path);
			test_log_free(&f.log);
		}
}

/* R5: a ceiling that was not drained gives out no timestamp. */
static void test_poison_failed_ceiling_gives_out_no_timestamp(void **state)
{
	fixture f = begin(state);
	pms_error error;

	uint64_t limit = atomic_load(&f.stream->timestamp_limit);
	atomic_store(&f.stream->next_timestamp, limit);
	test_medium_fail_drains(0, EIO);
	expect_io(pms_region_append(f.region, "failed", 6, NULL, &error), &error);
	assert_int_equal(atomic_load(&f.stream->timestamp_limit), limit);
	assert_int_equal(test_region_info(f.region).used_bytes, 5 * 128);
	expect_reopened_whole(&f);
}

/* The drain of the close itself. No entry is lost by that. */
static void test_poison_failed_close_is_reported(void **state)
{
	fixture f = begin(state);

	pms_region_release(f.region);
	pms_region_release(f.other);
	test_medium_fail_drains(0, EIO);
	assert_int_equal(pms_stream_close(f.stream), PMS_E_IO);
	pms_stream_release(f.stream);
	test_medium_forget();
	f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
	f.region = test_find(f.stream, "region");
	test_log_expect(&f.log, f.region);
	pms_region_release(f.region);
	test_close(f.stream);
	test_log_free(&f.log);
}

/* A drain of recovery that fails: not opened, nothing kept, and the next attempt succeeds. */
static void test_poison_failed_recovery_does_not_open(void **state)
{
	fixture f = begin(state);
	pms_open_options options = test_open_options(PMS_OPEN_DEFAULT);
	size_t drain = 0;
	int32_t status;

	test_image image = test_image_load(f.test->path);
	pms_region_release(f.region);
	pms_region_release(f.other);
	test_close(f.stream);
	do {
		test_image_save(&image, f.test->path);
		test_medium_watch_next();
		test_medium_fail_drains(drain, EIO);
		pms_error error;
		status = pms_stream_open(f.test->path, &options, &f.stream, &error);
		if (status == PMS_OK) {
			test_medium_fail_drains(0, 0);
			break;
		}
		expect_io(status, &error);
		assert_null(f.stream);
		test_medium_forget();
		f.stream = test_open(f.test->path, PMS_OPEN_DEFAULT);
		f.region = test_find(f.stream, "region");
		test_log_expect(&f.log, f.region);
		pms_region_release(f.region);
		test_close(f.stream);
	} while (++drain < 20);
	assert_int_equal(status, PMS_OK);
	assert_in_range(drain, 2, 19);
	test_close(f.stream);
	test_medium_forget();
	test_image_free(&image);
	test_log_free(&f.log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_poison_failed_append_is_reported_and_poisons),
	    TEST_ON_BOTH(test_poison_failed_publish_is_reported_and_poisons),
	    TEST_ON_BOTH(test_poison_open_reservations_can_only_be_abandoned),
	    TEST_ON_BOTH(test_poison_failed_layout_change_is_reported_and_poisons),
	    TEST_ON_BOTH(test_poison_failed_ceiling_gives_out_no_timestamp),
	    TEST_ON_BOTH(test_poison_failed_close_is_reported),
	    TEST_ON_BOTH(test_poison_failed_recovery_does_not_open),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
