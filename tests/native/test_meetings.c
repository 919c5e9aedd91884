/* SPDX-License-Identifier: MIT */
/* Calls that meet each other in mid-operation, step by step: what each leaves after a power cut, and to readers. */
#include <pthread.h>

#include "engine.h"
#include "support_medium.h"

/* ---- a publish, and a reservation that is taken during its last drain --------------------------------------------- */

typedef struct meeting {
	pms_region *region;
	pms_reservation *late;
	unsigned drains;
} meeting;

/* At the second drain of a followed publish: behind its follow, before its finish. */
static void reserve_at_second_drain(void *context)
{
	meeting *m = context;
	void *data;

	if (++m->drains == 2)
		assert_int_equal(pms_region_reserve(m->region, 40, &m->late, &data, NULL, NULL), PMS_OK);
}

/* R3, R10. Nobody has flushed the late reservation's header, so the append behind it must. */
static void test_publish_reservation_taken_in_its_drain_is_followed_later(void **state)
{
	test_case *test = test_begin(state);
	pms_reservation *early;
	test_log log = {0};
	meeting m = {0};
	void *data;

	test_medium_watch_next();
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	m.region = test_region(stream, "r", TEST_MIB, 64);
	pms_position at;
	assert_int_equal(pms_region_reserve(m.region, 100, &early, &data, &at, NULL), PMS_OK);
	test_fill(data, 100, 7);
	test_log_add(&log, at, 100, 7);
	pms_position behind = test_append(m.region, 50, 8); /* follows the early one: its publish takes two drains */
	test_log_add(&log, behind, 50, 8);

	test_medium_on_drain(reserve_at_second_drain, &m);
	assert_int_equal(pms_reservation_publish(early, 100, NULL, NULL), PMS_OK);
	test_medium_on_drain(NULL, NULL);
	assert_int_equal(m.drains, 2);
	assert_non_null(m.late);
	test_log_add(&log, test_append(m.region, 60, 9), 60, 9); /* acknowledged, behind the late one */

	test_image image = test_medium_power_cut(0);
	pms_reservation_release(early);
	pms_reservation_release(m.late);
	pms_region_release(m.region);
	test_close(stream);
	test_medium_forget();
	test_image_save(&image, test->path);
	stream = test_open(test->path, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "r");
	test_log_expect(&log, region);
	pms_region_release(region);
	test_close(stream);
	test_image_free(&image);
	test_log_free(&log);
}

/* ---- readers and the reservations of dead sessions ---------------------------------------------------------------- */

/* Leaves a stream whose region "r" ends in a reservation that its writer never ended. */
static void leave_open_reservation(const test_case *test, test_log *log)
{
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "r", TEST_MIB, 64);
	pms_reservation *leaked;
	void *data;

	(void)test_log_append(log, region, 80);
	assert_int_equal(pms_region_reserve(region, 30, &leaked, &data, NULL, NULL), PMS_OK);
	test_image image = test_image_load(test->path); /* a kill: everything stored is there */
	pms_reservation_release(leaked);
	pms_region_release(region);
	test_close(stream);
	test_image_save(&image, test->path);
	test_image_free(&image);
}

/* R15, R20. A pending entry of an earlier session is passed over by a reader, also while the next writer lives. */
static void test_reader_beside_writer_passes_reservations_of_dead_sessions(void **state)
{
	test_case *test = test_begin(state);
	test_log log = {0};

	leave_open_reservation(test, &log);
	pms_stream *writer = test_open(test->path, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(writer, "r");
	for (int i = 0; i < 3; i++)
		(void)test_log_append(&log, region, 70);
	pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY);
	pms_region *seen = test_find(reader, "r");
	test_log_expect(&log, seen);
	test_check_is_clean(reader);
	pms_region_release(seen);
	test_close(reader);
	pms_region_release(region);
	test_close(writer);
	test_log_free(&log);
}

/* R9. The checkpoint may name such an entry: for a reader that is no damage. */
static void test_reader_beside_writer_checkpoint_at_dead_reservation_is_no_damage(void **state)
{
	test_case *test = test_begin(state);
	test_log log = {0};

	leave_open_reservation(test, &log);
	for (int sessions = 0; sessions < 2; sessions++)
		test_close(test_open(test->path, PMS_OPEN_DEFAULT));
	pms_stream *writer = test_open(test->path, PMS_OPEN_DEFAULT);
	pms_stream *reader = test_open(test->path, PMS_OPEN_READ_ONLY);
	assert_int_equal(test_recovery(reader).flags, 0);
	pms_region *seen = test_find(reader, "r");
	test_log_expect(&log, seen);
	pms_region_release(seen);
	test_close(reader);
	test_close(writer);
	test_log_free(&log);
}

/* ---- old bytes behind the tail ------------------------------------------------------------------------------------- */

/* R17. Payload of an earlier life that lies where a timestamp would be is none: opening again and again takes no space. */
static void test_open_old_payload_behind_tail_is_not_sealed_each_time(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "r", TEST_MIB, 64);
	char text[5000];

	memset(text, 'x', sizeof(text));
	assert_int_equal(pms_region_append(region, text, sizeof(text), NULL, NULL), PMS_OK);
	assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
	(void)test_append(region, 64, 1);
	uint64_t used = test_region_info(region).used_bytes;
	for (int i = 0; i < 3; i++) {
		pms_region_release(region);
		test_close(stream);
		stream = test_open(test->path, PMS_OPEN_DEFAULT);
		assert_int_equal(test_recovery(stream).cuts_sealed, 0);
		region = test_find(stream, "r");
		assert_int_equal(test_region_info(region).used_bytes, used);
	}
	pms_region_release(region);
	test_close(stream);
}

/* ---- looks do not make a region busy ------------------------------------------------------------------------------- */

static atomic_bool looking;

static void *look_again_and_again(void *argument)
{
	pms_region_info info = {.struct_bytes = sizeof(info)};

	while (atomic_load(&looking))
		(void)pms_region_describe(argument, &info, NULL);
	return NULL;
}

static void test_clear_while_others_describe_the_region_is_not_busy(void **state)
{
	test_case *test = test_begin(state);
	pms_stream *stream = test_create(test->path, TEST_STREAM_BYTES);
	pms_region *region = test_region(stream, "r", TEST_MIB, 64);
	pthread_t threads[2];

	atomic_store(&looking, true);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look_again_and_again, region), 0);
	for (int i = 0; i < 2000; i++) {
		(void)test_append(region, 8, 1);
		assert_int_equal(pms_region_clear(region, NULL), PMS_OK);
	}
	assert_int_equal(pms_region_free(region, NULL), PMS_OK);
	atomic_store(&looking, false);
	for (int i = 0; i < 2; i++)
		(void)pthread_join(threads[i], NULL);
	pms_region_release(region);
	test_close(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_TMPFS(test_publish_reservation_taken_in_its_drain_is_followed_later),
	    TEST_ON_BOTH(test_reader_beside_writer_passes_reservations_of_dead_sessions),
	    TEST_ON_BOTH(test_reader_beside_writer_checkpoint_at_dead_reservation_is_no_damage),
	    TEST_ON_BOTH(test_open_old_payload_behind_tail_is_not_sealed_each_time),
	    TEST_ON_TMPFS(test_clear_while_others_describe_the_region_is_not_busy),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
