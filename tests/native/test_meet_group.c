/* SPDX-License-Identifier: MIT */
/* Groups in place, met by other calls in the middle of a drain. On a watched medium. */
#include "engine.h"
#include "support_meeting.h"

static int32_t publish_group(meeting *f) { return pms_group_publish(f->group, f->members, NULL); }

/* Its follower is in the middle of its drain, so the group moves behind it: one place in the order later. */
static void test_group_published_in_its_followers_drain_moves_behind(void **state)
{
	meeting f;

	meeting_begin(&f, state);
	meeting_begin_group(&f);
	uint64_t first = pms_region_committed(f.region);
	f.call = publish_group;
	f.meet = meeting_waiting_call;
	pms_position behind = test_append(f.region, 60, 1);
	assert_int_equal(meeting_join(&f), PMS_OK);
	test_log_add(&f.log, behind, 60, 1);
	for (uint64_t i = 0; i < 2; i++)
		test_log_add(&f.log, f.members[i], 50, 70 + i);
	assert_true(behind.offset > first && f.members[0].offset > behind.offset);
	assert_int_equal(f.members[1].timestamp, f.members[0].timestamp + 1);
	test_log_expect(&f.log, f.region);
	meeting_expect_durable(&f);
	meeting_end(&f);
}

static void meet_abandon_by_position(meeting *f)
{
	pms_error error;

	assert_int_equal(pms_region_abandon(f->region, &f->reserved, &error), PMS_E_NO_ENTRY);
	test_error_says(&error, PMS_E_NO_ENTRY);
}

static void begin_followed_group(meeting *f)
{
	meeting_begin_group(f);
	f->reserved = test_region_info(f->region).oldest_reservation;
	test_log_add(&f->log, test_append(f->region, 60, 1), 60, 1);
}

/* It is on its way to its new place: nobody can abandon it and be told that it has no entries. */
static void test_group_that_moves_cannot_be_abandoned_by_position(void **state)
{
	meeting f;

	meeting_begin(&f, state);
	begin_followed_group(&f);
	f.meet = meet_abandon_by_position;
	assert_int_equal(publish_group(&f), PMS_OK);
	assert_null(f.meet);
	for (uint64_t i = 0; i < 2; i++)
		test_log_add(&f.log, f.members[i], 50, 70 + i);
	test_log_expect(&f.log, f.region);
	meeting_expect_durable(&f);
	meeting_end(&f);
}

/* Closed while it raises the ceiling, before it has taken its new place: abandoned, as if closed before. */
static void test_group_closed_while_it_moves_is_abandoned(void **state)
{
	meeting f;

	meeting_begin(&f, state);
	begin_followed_group(&f);
	atomic_store(&f.stream->next_timestamp, atomic_load(&f.stream->timestamp_limit));
	f.meet = meeting_close;
	assert_int_equal(publish_group(&f), PMS_E_CLOSED);
	assert_null(f.meet);
	assert_int_equal(publish_group(&f), PMS_E_ENDED);
	test_medium_on_drain(NULL, NULL);
	pms_stream *stream = test_open(f.test->path, PMS_OPEN_DEFAULT); /* nobody holds the lock any more */
	pms_region *region = test_find(stream, "region");
	test_log_expect(&f.log, region);
	pms_region_release(region);
	test_close(stream);
	meeting_end(&f);
}

/* The other way round: who appends behind a group that is being published waits for it. */
static int32_t append_in_thread(meeting *f)
{
	uint8_t data[60];
	pms_position position;

	test_fill(data, sizeof(data), 1);
	int32_t status = pms_region_append(f->region, data, sizeof(data), &position, NULL);
	test_log_add(&f->log, position, sizeof(data), 1);
	return status;
}

static void test_append_behind_a_group_in_mid_store_waits_for_it(void **state)
{
	test_log members = {0};
	meeting f;

	meeting_begin(&f, state);
	meeting_begin_group(&f);
	f.call = append_in_thread;
	f.meet = meeting_waiting_call;
	assert_int_equal(publish_group(&f), PMS_OK);
	assert_int_equal(meeting_join(&f), PMS_OK);
	for (uint64_t i = 0; i < 2; i++)
		test_log_add(&members, f.members[i], 50, 70 + i);
	test_log_add(&members, f.log.entries[0].position, 60, 1);
	test_log_free(&f.log);
	f.log = members;
	test_log_expect(&f.log, f.region);
	meeting_expect_durable(&f);
	meeting_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_BOTH(test_group_published_in_its_followers_drain_moves_behind),
	    TEST_ON_BOTH(test_group_that_moves_cannot_be_abandoned_by_position),
	    TEST_ON_BOTH(test_group_closed_while_it_moves_is_abandoned),
	    TEST_ON_BOTH(test_append_behind_a_group_in_mid_store_waits_for_it),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
