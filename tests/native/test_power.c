/* SPDX-License-Identifier: MIT */
/*
 * Power cuts at random moments of random work: before each drain of each call, and between calls. What was flushed and
 * drained is there, every other word is old or new by chance. Everything acknowledged must be found (R3), nothing that
 * was never written, the call in progress wholly or not at all; and work goes on with what recovery made of it.
 */
#include "support_world.h"

#define STREAM_BYTES (192 * TEST_KIB)
#define STREAM_BYTES_MAX (384 * TEST_KIB)
#define STEPS TEST_ROUNDS(600)
#define PAYLOAD_MAX 3000u

/* ---- the calls: each says before it begins what a cut in it may leave ---------------------------------------------- */

static void note_timestamp(world *w, uint64_t timestamp)
{
	if (timestamp > w->greatest_timestamp)
		w->greatest_timestamp = timestamp;
}

static void do_append(world *w, int i)
{
	expected_region *expected = &w->expected[i];
	uint64_t bytes = test_random_below(&w->random, PAYLOAD_MAX), seed = ++w->seeds;
	static uint8_t data[PAYLOAD_MAX];
	pms_position position;

	test_fill(data, bytes, seed);
	expected->has_optional = true;
	expected->optional = (test_entry){.bytes = bytes, .seed = seed};
	int32_t status = pms_region_append(w->regions[i], data, bytes, &position, NULL);
	expected->has_optional = false;
	if (status == PMS_E_REGION_FULL)
		return;
	assert_int_equal(status, PMS_OK);
	note_timestamp(w, position.timestamp);
	world_insert(&expected->log, position, bytes, seed);
}

static void do_reserve(world *w, int i)
{
	reserved *made = &w->reserved[w->reserved_count];

	if (w->reserved_count == WORLD_RESERVATIONS_MAX)
		return;
	*made =
	    (reserved){.region = i, .entry = {.bytes = test_random_below(&w->random, PAYLOAD_MAX), .seed = ++w->seeds}};
	int32_t status = pms_region_reserve(w->regions[i], made->entry.bytes, &made->handle, &made->space,
					    &made->entry.position, NULL);
	if (status == PMS_E_REGION_FULL)
		return;
	assert_int_equal(status, PMS_OK);
	w->reserved_count++;
	note_timestamp(w, made->entry.position.timestamp);
	test_fill(made->space, made->entry.bytes, made->entry.seed);
}

static void do_end(world *w, bool publish)
{
	if (w->reserved_count == 0)
		return;
	uint64_t which = test_random_below(&w->random, (uint64_t)w->reserved_count);
	reserved ended = w->reserved[which];
	expected_region *expected = &w->expected[ended.region];

	w->reserved[which] = w->reserved[--w->reserved_count];
	if (publish) {
		/* Half of them shorter than they were reserved. */
		if (ended.entry.bytes && test_random_below(&w->random, 2))
			ended.entry.bytes = test_random_below(&w->random, ended.entry.bytes);
		expected->has_optional = true;
		expected->optional = ended.entry;
		assert_int_equal(pms_reservation_publish(ended.handle, ended.entry.bytes, NULL, NULL), PMS_OK);
		expected->has_optional = false;
		world_insert(&expected->log, ended.entry.position, ended.entry.bytes, ended.entry.seed);
	} else {
		assert_int_equal(pms_reservation_abandon(ended.handle, NULL), PMS_OK);
	}
	pms_reservation_release(ended.handle);
}

static bool has_reservation(const world *w, int i)
{
	for (int j = 0; j < w->reserved_count; j++)
		if (w->reserved[j].region == i)
			return true;
	return false;
}

static void do_clear(world *w, int i)
{
	expected_region *expected = &w->expected[i];

	expected->may_be_empty = true;
	int32_t status = pms_region_clear(w->regions[i], NULL);
	expected->may_be_empty = false;
	assert_int_equal(status, has_reservation(w, i) ? PMS_E_BUSY : PMS_OK);
	if (status == PMS_OK)
		expected->log.count = 0;
}

static void do_free(world *w, int i)
{
	expected_region *expected = &w->expected[i];

	expected->must_exist = has_reservation(w, i);
	int32_t status = pms_region_free(w->regions[i], NULL);
	assert_int_equal(status, expected->must_exist ? PMS_E_BUSY : PMS_OK);
	if (status != PMS_OK)
		return;
	expected->may_exist = false;
	expected->log.count = 0;
	pms_region_release(w->regions[i]);
	w->regions[i] = NULL;
}

static void do_create(world *w, int i)
{
	static const uint32_t alignments[] = {8, 64, 512};
	pms_region_options options =
	    test_region_options(world_region_name(i), 4096 + test_random_below(&w->random, 60 * TEST_KIB),
				alignments[test_random_below(&w->random, 3)]);

	w->expected[i].may_exist = true;
	int32_t status = pms_region_create(w->stream, &options, &w->regions[i], NULL);
	w->expected[i].may_exist = w->expected[i].must_exist = status == PMS_OK;
	if (status == PMS_E_STREAM_FULL)
		return; /* too many pieces */
	assert_int_equal(status, PMS_OK);
	note_timestamp(w, test_region_info(w->regions[i]).identity);
}

/* In steps of a few blocks, as long as there is room for more. */
static void do_grow(world *w)
{
	w->growing_to = w->bytes + TEST_GROW_BYTES * (1 + test_random_below(&w->random, 16));
	if (w->growing_to > STREAM_BYTES_MAX)
		w->growing_to = STREAM_BYTES_MAX;
	assert_int_equal(pms_stream_grow(w->stream, w->growing_to, NULL), PMS_OK);
	w->grown += w->bytes < w->growing_to;
	w->bytes = w->growing_to;
}

/* ---- sessions ------------------------------------------------------------------------------------------------------ */

static void start_session(world *w)
{
	if (w->killed
		.size) /* R18: what the last session left in the cache is not durable before recovery makes it so */
		test_medium_watch_next_killed(&w->killed);
	else
		test_medium_watch_next();
	test_image_free(&w->killed);
	if (w->cut_in_recovery) /* R19 */
		test_medium_on_drain(world_cut, w);
	w->stream = test_open(w->path, PMS_OPEN_DEFAULT);
	test_medium_on_drain(world_cut, w);
}

static void open_session(world *w)
{
	start_session(w);
	for (int i = 0; i < WORLD_REGIONS; i++)
		w->regions[i] = w->expected[i].must_exist ? test_find(w->stream, world_region_name(i)) : NULL;
}

enum { CLOSE, KILL, POWER_CUT };

/* Ends the session: by close, with reservations open or not, or by what the next session then goes on with. */
static void end_session(world *w, uint64_t how)
{
	test_image image = {0};

	if (how == KILL) {
		image = test_medium_kill();
		w->killed = test_medium_power_cut(0);
	} else if (how == POWER_CUT) {
		image = test_medium_power_cut(test_random(&w->random) | 1);
	}
	assert_int_equal(pms_stream_close(w->stream), PMS_OK);
	test_medium_on_drain(NULL, NULL);
	while (w->reserved_count > 0)
		pms_reservation_release(w->reserved[--w->reserved_count].handle);
	for (int i = 0; i < WORLD_REGIONS; i++)
		pms_region_release(w->regions[i]);
	pms_stream_release(w->stream);
	test_medium_forget();
	if (how == CLOSE)
		return;
	test_image_save(&image, w->path);
	test_image_free(&image);
}

static void do_something(world *w)
{
	int i = (int)test_random_below(&w->random, WORLD_REGIONS);
	uint64_t what = test_random_below(&w->random, 100);

	w->in_call = true;
	if (!w->regions[i])
		do_create(w, i);
	else if (what < 4)
		do_grow(w);
	else if (what < 45)
		do_append(w, i);
	else if (what < 60)
		do_reserve(w, i);
	else if (what < 80)
		do_end(w, what < 72);
	else if (what < 86)
		do_clear(w, i);
	else if (what < 90)
		do_free(w, i);
	else
		do_append(w, i);
	w->in_call = false;
	world_cut(w);
}

/* What the call that was killed has left is known once the stream is open, and stays so. */
static void settle(world *w, int i)
{
	expected_region *expected = &w->expected[i];
	pms_cursor *cursor;
	pms_entry entry;
	size_t count = 0;

	expected->may_exist = expected->must_exist =
	    pms_region_find(w->stream, world_region_name(i), strlen(world_region_name(i)), &w->regions[i], NULL) ==
	    PMS_OK;
	if (!expected->may_exist) {
		w->regions[i] = NULL;
		expected->log.count = 0;
	} else {
		world_compare_region(w, expected, w->regions[i]);
		assert_int_equal(pms_cursor_open(w->regions[i], NULL, &cursor, NULL), PMS_OK);
		for (; pms_cursor_next(cursor, &entry, NULL) == PMS_OK; count++)
			if (expected->has_optional && world_holds(&entry, &expected->optional))
				world_insert(&expected->log, entry.position, entry.bytes, expected->optional.seed);
		pms_cursor_close(cursor);
		if (expected->may_be_empty && count == 0)
			expected->log.count = 0;
	}
	expected->has_optional = expected->may_be_empty = false;
}

/* The session ended within its last call, whatever that has returned here. */
static void restart_from_kill(world *w)
{
	end_session(w, CLOSE);
	test_image_save(&w->mid_kill, w->path);
	test_image_free(&w->mid_kill);
	w->killed = w->mid_durable;
	w->mid_durable = (test_image){0};
	w->bytes = w->mid_bytes;
	w->growing_to = w->mid_growing_to;
	for (int i = 0; i < WORLD_REGIONS; i++) {
		test_log log = w->expected[i].log;
		w->expected[i] = w->mid_expected[i];
		w->mid_expected[i].log = log;
	}
	start_session(w);
	w->bytes = w->growing_to = test_info(w->stream).stream_bytes;
	for (int i = 0; i < WORLD_REGIONS; i++)
		settle(w, i);
	w->kills++;
}

static bool has_seen_all(const world *w) { return w->cuts > STEPS && w->kills > 0 && w->grown > 0; }

static void run(void **state, bool cut_in_recovery)
{
	test_case *test = test_begin(state);
	world w = {
	    .test = test,
	    .random = test_seed(),
	    .cut_in_recovery = cut_in_recovery,
	    .bytes = STREAM_BYTES,
	    .growing_to = STREAM_BYTES,
	};

	(void)snprintf(w.path, sizeof(w.path), "%s", test->path);
	test_close(test_create(w.path, STREAM_BYTES));
	open_session(&w);
	/* On, where something that has to come by has not yet: what follows then fails. */
	for (w.step = 0; w.step < STEPS || (!has_seen_all(&w) && w.step < 10 * STEPS); w.step++) {
		do_something(&w);
		if (w.mid_kill.size)
			restart_from_kill(&w);
		if (test_random_below(&w.random, 12))
			continue;
		end_session(&w, test_random_below(&w.random, 3));
		open_session(&w);
	}
	assert_true(has_seen_all(&w));
	end_session(&w, CLOSE);
	world_verify(&w, w.path);
	for (int i = 0; i < WORLD_REGIONS; i++)
		test_log_free(&w.expected[i].log), test_log_free(&w.mid_expected[i].log);
}

static void test_power_cut_in_any_call_loses_nothing_acknowledged(void **state) { run(state, false); }

/* R19: recovery, cut at any of its drains and begun again, changes nothing that was promised. */
static void test_power_cut_in_recovery_loses_nothing_acknowledged(void **state) { run(state, true); }

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST_ON_TMPFS(test_power_cut_in_any_call_loses_nothing_acknowledged),
	    TEST_ON_TMPFS(test_power_cut_in_recovery_loses_nothing_acknowledged),
	};

	return cmocka_run_group_tests(tests, test_folders_create, test_folders_remove);
}
