/* SPDX-License-Identifier: MIT */
/*
 * Power cuts at random moments of random work: before each drain of each call, and between calls. What was flushed and
 * drained is there, every other word is old or new by chance. Everything acknowledged must be found (R3), nothing that
 * was never written, the call in progress wholly or not at all; and work goes on with what recovery made of it.
 */
#include "engine.h"
#include "support_medium.h"

#define REGIONS 3
#define STREAM_BYTES (256 * TEST_KIB)
#define RESERVATIONS_MAX 4
#define STEPS 600
#define PAYLOAD_MAX 3000u

/* What a region must be after a cut. */
typedef struct expected_region {
	bool may_exist, must_exist, may_be_empty;
	bool has_optional;
	test_entry optional; /* in progress; offset 0: at the end */
	test_log log;	     /* in the order of their offsets */
} expected_region;

typedef struct reserved {
	pms_reservation *handle;
	void *space;
	int region;
	test_entry entry;
} reserved;

typedef struct world {
	const test_case *test;
	char path[700];
	uint64_t random, seeds, greatest_timestamp;
	pms_stream *stream;
	pms_region *regions[REGIONS];
	expected_region expected[REGIONS];
	reserved reserved[RESERVATIONS_MAX];
	int reserved_count;
	unsigned step, cuts;
	bool cut_in_recovery;
} world;

static const char *region_name(int index)
{
	static const char *const names[REGIONS] = {"zero", "one", "two"};

	return names[index];
}

static bool holds(const pms_entry *entry, const test_entry *expected)
{
	return entry->bytes == expected->bytes && test_is_filled(entry->data, entry->bytes, expected->seed) &&
	       (expected->position.offset == 0 || (entry->position.offset == expected->position.offset &&
						   entry->position.timestamp == expected->position.timestamp));
}

static void compare_region(const world *w, const expected_region *expected, pms_region *region)
{
	bool used_optional = !expected->has_optional;
	size_t found = 0, total = 0;
	pms_cursor *cursor;
	pms_entry entry;
	pms_error error;
	int32_t status;

	assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
	for (; (status = pms_cursor_next(cursor, &entry, &error)) == PMS_OK; total++) {
		if (found < expected->log.count && holds(&entry, &expected->log.entries[found]))
			found++;
		else if (!used_optional && holds(&entry, &expected->optional))
			used_optional = true;
		else
			fail_msg("step %u: entry %zu at %llu is none of what was written", w->step, total,
				 (unsigned long long)entry.position.offset);
	}
	if (status != PMS_E_END)
		fail_msg("step %u: entry %zu: %d: %s", w->step, total, status, error.message);
	if (found != expected->log.count && !(expected->may_be_empty && total == 0))
		fail_msg("step %u: %zu of %zu acknowledged entries are there", w->step, found, expected->log.count);
	pms_cursor_close(cursor);
}

static void compare_stream(const world *w, pms_stream *stream)
{
	pms_region *region;

	for (int i = 0; i < REGIONS; i++) {
		const expected_region *expected = &w->expected[i];
		int32_t status = pms_region_find(stream, region_name(i), strlen(region_name(i)), &region, NULL);
		if (status == PMS_E_NOT_FOUND) {
			if (expected->must_exist)
				fail_msg("step %u: the region %s is gone", w->step, region_name(i));
			continue;
		}
		assert_int_equal(status, PMS_OK);
		if (!expected->may_exist)
			fail_msg("step %u: the region %s has come back", w->step, region_name(i));
		compare_region(w, expected, region);
		pms_region_release(region);
	}
}

/* What is found can be read, and written on: with timestamps that nobody ever had. */
static void verify(world *w, const char *path)
{
	pms_region *region;
	pms_stream *stream = test_open(path, PMS_OPEN_READ_ONLY);

	compare_stream(w, stream);
	test_close(stream);
	stream = test_open(path, PMS_OPEN_DEFAULT);
	assert_int_equal(test_info(stream).state, 0);
	compare_stream(w, stream);
	test_check_is_clean(stream);
	for (uint64_t at = 0; pms_region_next(stream, at, &region, NULL) == PMS_OK;) {
		pms_position position;
		int32_t status = pms_region_append(region, "after", 5, &position, NULL);
		if (status == PMS_OK && position.timestamp <= w->greatest_timestamp)
			fail_msg("step %u: the timestamp %llu was given out twice", w->step,
				 (unsigned long long)position.timestamp);
		assert_true(status == PMS_OK || status == PMS_E_REGION_FULL);
		at = test_region_info(region).offset + 1;
		pms_region_release(region);
	}
	test_check_is_clean(stream);
	test_close(stream);
}

static void cut_and_verify(void *context)
{
	world *w = context;
	const char *path = test_file(w->test, "cut");
	test_image image = test_medium_power_cut(test_random_below(&w->random, 4) ? test_random(&w->random) : 0);

	w->cuts++;
	test_image_save(&image, path);
	test_image_free(&image);
	verify(w, path);
}

/* ---- the calls: each says before it begins what a cut in it may leave ---------------------------------------------- */

static void insert_sorted(test_log *log, pms_position position, uint64_t bytes, uint64_t seed)
{
	test_log_add(log, position, bytes, seed);
	for (size_t i = log->count - 1; i > 0 && log->entries[i - 1].position.offset > position.offset; i--) {
		log->entries[i] = log->entries[i - 1];
		log->entries[i - 1] = (test_entry){.position = position, .bytes = bytes, .seed = seed};
	}
}

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
	insert_sorted(&expected->log, position, bytes, seed);
}

static void do_reserve(world *w, int i)
{
	reserved *made = &w->reserved[w->reserved_count];

	if (w->reserved_count == RESERVATIONS_MAX)
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
		insert_sorted(&expected->log, ended.entry.position, ended.entry.bytes, ended.entry.seed);
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
	    test_region_options(region_name(i), 4096 + test_random_below(&w->random, 60 * TEST_KIB),
				alignments[test_random_below(&w->random, 3)]);

	w->expected[i].may_exist = true;
	int32_t status = pms_region_create(w->stream, &options, &w->regions[i], NULL);
	w->expected[i].may_exist = w->expected[i].must_exist = status == PMS_OK;
	if (status == PMS_E_STREAM_FULL)
		return; /* too many pieces */
	assert_int_equal(status, PMS_OK);
	note_timestamp(w, test_region_info(w->regions[i]).identity);
}

/* ---- sessions ------------------------------------------------------------------------------------------------------ */

static void open_session(world *w)
{
	test_medium_watch_next();
	if (w->cut_in_recovery) /* R19 */
		test_medium_on_drain(cut_and_verify, w);
	w->stream = test_open(w->path, PMS_OPEN_DEFAULT);
	test_medium_on_drain(cut_and_verify, w);
	for (int i = 0; i < REGIONS; i++)
		w->regions[i] = w->expected[i].must_exist ? test_find(w->stream, region_name(i)) : NULL;
}

/* Ends the session: by close, with reservations open or not, or by a cut whose result the next session goes on with. */
static void end_session(world *w, bool cut)
{
	test_image image;

	if (cut)
		image = test_medium_power_cut(test_random(&w->random) | 1);
	assert_int_equal(pms_stream_close(w->stream), PMS_OK);
	test_medium_on_drain(NULL, NULL);
	while (w->reserved_count > 0)
		pms_reservation_release(w->reserved[--w->reserved_count].handle);
	for (int i = 0; i < REGIONS; i++)
		pms_region_release(w->regions[i]);
	pms_stream_release(w->stream);
	test_medium_forget();
	if (cut) {
		test_image_save(&image, w->path);
		test_image_free(&image);
	}
}

static void do_something(world *w)
{
	int i = (int)test_random_below(&w->random, REGIONS);
	uint64_t what = test_random_below(&w->random, 100);

	if (!w->regions[i])
		do_create(w, i);
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
	cut_and_verify(w);
}

static void run(void **state, bool cut_in_recovery)
{
	test_case *test = test_begin(state);
	world w = {.test = test, .random = test_seed(), .cut_in_recovery = cut_in_recovery};

	(void)snprintf(w.path, sizeof(w.path), "%s", test->path);
	test_close(test_create(w.path, STREAM_BYTES));
	open_session(&w);
	for (w.step = 0; w.step < STEPS; w.step++) {
		do_something(&w);
		if (test_random_below(&w.random, 12))
			continue;
		end_session(&w, test_random_below(&w.random, 3) != 0);
		open_session(&w);
	}
	assert_true(w.cuts > STEPS);
	end_session(&w, false);
	verify(&w, w.path);
	for (int i = 0; i < REGIONS; i++)
		test_log_free(&w.expected[i].log);
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
