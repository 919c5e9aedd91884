/* SPDX-License-Identifier: MIT */
#include "support_world.h"

const char *world_region_name(int index)
{
	static const char *const names[WORLD_REGIONS] = {"zero", "one", "two"};

	return names[index];
}

bool world_holds(const pms_entry *entry, const test_entry *expected)
{
	return entry->bytes == expected->bytes && test_is_filled(entry->data, entry->bytes, expected->seed) &&
	       (expected->position.offset == 0 || (entry->position.offset == expected->position.offset &&
						   entry->position.timestamp == expected->position.timestamp));
}

void world_compare_region(const world *w, const expected_region *expected, pms_region *region)
{
	bool used_optional = !expected->has_optional;
	size_t found = 0, total = 0;
	pms_cursor *cursor;
	pms_entry entry;
	pms_error error;
	int32_t status;

	assert_int_equal(pms_cursor_open(region, NULL, &cursor, NULL), PMS_OK);
	for (; (status = pms_cursor_next(cursor, &entry, &error)) == PMS_OK; total++) {
		if (found < expected->log.count && world_holds(&entry, &expected->log.entries[found]))
			found++;
		else if (!used_optional && world_holds(&entry, &expected->optional))
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

	for (int i = 0; i < WORLD_REGIONS; i++) {
		const expected_region *expected = &w->expected[i];
		int32_t status =
		    pms_region_find(stream, world_region_name(i), strlen(world_region_name(i)), &region, NULL);
		if (status == PMS_E_NOT_FOUND) {
			if (expected->must_exist)
				fail_msg("step %u: the region %s is gone", w->step, world_region_name(i));
			continue;
		}
		assert_int_equal(status, PMS_OK);
		if (!expected->may_exist)
			fail_msg("step %u: the region %s has come back", w->step, world_region_name(i));
		world_compare_region(w, expected, region);
		pms_region_release(region);
	}
}

/* But for a file that an interrupted growing has left longer than the stream. */
static void expect_clean(pms_stream *stream)
{
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_stream_info info = test_info(stream);
	pms_check *check;

	if (info.file_bytes == info.stream_bytes) {
		test_check_is_clean(stream);
		return;
	}
	assert_int_equal(pms_check_run(stream, &check, NULL), PMS_OK);
	assert_int_equal(pms_check_summarize(check, &summary), PMS_OK);
	assert_int_equal(summary.problem_count, 1);
	assert_int_equal(summary.error_count, 0);
	pms_check_release(check);
}

void world_verify(world *w, const char *path)
{
	pms_region *region;
	pms_stream *stream = test_open(path, PMS_OPEN_READ_ONLY);

	compare_stream(w, stream);
	test_close(stream);
	stream = test_open(path, PMS_OPEN_DEFAULT);
	pms_stream_info info = test_info(stream);
	assert_int_equal(info.state, info.file_bytes > info.stream_bytes ? PMS_STATE_FILE_LARGER : 0);
	assert_true(info.stream_bytes == w->bytes || info.stream_bytes == w->growing_to);
	compare_stream(w, stream);
	expect_clean(stream);
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
	expect_clean(stream);
	test_close(stream);
}

static void copy_log(test_log *to, const test_log *from)
{
	to->count = 0;
	for (size_t i = 0; i < from->count; i++)
		test_log_add(to, from->entries[i].position, from->entries[i].bytes, from->entries[i].seed);
}

/* The process is killed here, in the middle of a call: the next session goes on with that (see restart_from_kill). */
static void note_mid_kill(world *w)
{
	w->mid_kill = test_medium_kill();
	w->mid_durable = test_medium_power_cut(0);
	w->mid_bytes = w->bytes;
	w->mid_growing_to = w->growing_to;
	for (int i = 0; i < WORLD_REGIONS; i++) {
		test_log kept = w->mid_expected[i].log;
		w->mid_expected[i] = w->expected[i];
		w->mid_expected[i].log = kept;
		copy_log(&w->mid_expected[i].log, &w->expected[i].log);
	}
}

void world_cut(void *context)
{
	world *w = context;
	const char *path = test_file(w->test, "cut");
	test_image image = test_medium_power_cut(test_random_below(&w->random, 4) ? test_random(&w->random) : 0);

	w->cuts++;
	test_image_save(&image, path);
	test_image_free(&image);
	world_verify(w, path);
	if (w->in_call && !w->mid_kill.size && test_random_below(&w->random, 60) == 0)
		note_mid_kill(w);
}

void world_insert(test_log *log, pms_position position, uint64_t bytes, uint64_t seed)
{
	test_log_add(log, position, bytes, seed);
	for (size_t i = log->count - 1; i > 0 && log->entries[i - 1].position.offset > position.offset; i--) {
		log->entries[i] = log->entries[i - 1];
		log->entries[i - 1] = (test_entry){.position = position, .bytes = bytes, .seed = seed};
	}
}
