/* SPDX-License-Identifier: MIT */
#include "support_meeting.h"

#include <time.h>

static void in_drain(void *context)
{
	meeting *f = context;
	void (*meet)(meeting *) = f->meet;

	f->meet = NULL; /* drains of those whom we meet go on */
	if (meet)
		meet(f);
}

void meeting_begin(meeting *f, void **state)
{
	*f = (meeting){.test = test_begin(state)};
	test_medium_watch_next();
	f->stream = test_create(f->test->path, TEST_STREAM_BYTES);
	f->region = test_region(f->stream, "region", TEST_MIB, 64);
	test_medium_on_drain(in_drain, f);
}

void meeting_reserve(meeting *f)
{
	void *space;

	assert_int_equal(pms_region_reserve(f->region, 100, &f->reservation, &space, &f->reserved, NULL), PMS_OK);
	test_fill(space, 100, 9);
	test_log_add(&f->log, f->reserved, 100, 9);
}

void meeting_defer(meeting *f, uint64_t bytes, uint64_t seed)
{
	uint8_t data[500];
	pms_position position;

	test_fill(data, bytes, seed);
	assert_int_equal(pms_region_append_deferred(f->region, data, bytes, &position, NULL), PMS_OK);
	test_log_add(&f->log, position, bytes, seed);
}

void meeting_begin_group(meeting *f)
{
	uint64_t room;
	void *data;

	assert_int_equal(pms_region_begin_group(f->region, 2, 100, &f->group, NULL), PMS_OK);
	for (uint64_t i = 0; i < 2; i++) {
		assert_int_equal(pms_group_next(f->group, &data, &room, NULL), PMS_OK);
		assert_true(room >= 50);
		test_fill(data, 50, 70 + i);
		assert_int_equal(pms_group_add(f->group, 50, NULL), PMS_OK);
	}
}

/* What a power cut leaves in which nothing survives but what is durable is what the log says. */
void meeting_expect_durable(meeting *f)
{
	const char *cut = test_file(f->test, "cut");
	test_image image = test_medium_power_cut(0);

	test_image_save(&image, cut);
	test_image_free(&image);
	pms_stream *stream = test_open(cut, PMS_OPEN_DEFAULT);
	pms_region *region = test_find(stream, "region");
	test_log_expect(&f->log, region);
	pms_region_release(region);
	test_close(stream);
}

void meeting_end(meeting *f)
{
	test_medium_on_drain(NULL, NULL);
	pms_reservation_release(f->reservation);
	pms_group_release(f->group);
	pms_region_release(f->region);
	(void)pms_stream_close(f->stream);
	pms_stream_release(f->stream);
	test_medium_forget();
	test_log_free(&f->log);
}

static void *run_thread(void *context)
{
	meeting *f = context;

	f->thread_status = f->call(f);
	f->thread_returned = true;
	return NULL;
}

static void pause_milliseconds(long milliseconds)
{
	(void)nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

/* Runs `call` in a thread of its own, which does not come back as long as this drain lasts. */
void meeting_waiting_call(meeting *f)
{
	size_t drains = test_medium_drains();

	assert_int_equal(pthread_create(&f->thread, NULL, run_thread, f), 0);
	while (test_medium_drains() == drains)
		pause_milliseconds(1);
	pause_milliseconds(20);
	assert_false(f->thread_returned);
}

int32_t meeting_join(meeting *f)
{
	assert_int_equal(pthread_join(f->thread, NULL), 0);
	return f->thread_status;
}

void meeting_close(meeting *f) { assert_int_equal(pms_stream_close(f->stream), PMS_OK); }
