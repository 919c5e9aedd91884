/* SPDX-License-Identifier: MIT */
#include "damage_sample.h"
#include "memory_file.h"

#define PATH "image"

/* What one look at a damaged image has found. */
typedef struct look {
	const damage_sample *sample;
	uint64_t from, to; /* what was damaged */
	const char *when;
	bool told;	  /* something was reported: by the open, a region's state, a cursor, a read, the check */
	bool quick;	  /* nothing is read by position */
	bool missing;	  /* something acknowledged is not there, and that may not go untold */
	const char *what; /* is missing */
	uint64_t where;
} look;

static void wrong(const look *l, const char *what, uint64_t where)
{
	fail_msg("bytes %llu to %llu damaged; %s: %s at offset %llu", (unsigned long long)l->from,
		 (unsigned long long)l->to - 1, l->when, what, (unsigned long long)where);
}

static void miss(look *l, const char *what, uint64_t where)
{
	l->missing = true;
	l->what = what;
	l->where = where;
}

/* Whether the loss of everything from that entry on may look like a torn tail: behind the checkpoint, and damaged all. */
static bool may_be_torn(const look *l, const damage_region *region, size_t first)
{
	for (size_t i = first; i < region->count; i++) {
		const damage_entry *entry = &region->entries[i];
		if (entry->unit_start <= region->checkpoint || entry->unit_start >= l->to || entry->unit_end <= l->from)
			return false;
	}
	return true;
}

/* Entries of a region by a verified cursor: those expected, in order, and no other. */
static void look_at_entries(look *l, const damage_region *expected, pms_region *region)
{
	pms_cursor *cursor;
	pms_entry entry;
	size_t next = 0;

	int32_t status = pms_cursor_open(region, NULL, &cursor, NULL);
	if (status != PMS_OK) {
		l->told = true;
		return;
	}
	while ((status = pms_cursor_next(cursor, &entry, NULL)) == PMS_OK) {
		const test_entry *known = &expected->entries[next].entry;
		if (next == expected->count)
			wrong(l, "an entry that was never written", entry.position.offset);
		if (memcmp(&entry.position, &known->position, sizeof(entry.position)) != 0)
			wrong(l, "another entry than the one that was written", entry.position.offset);
		if (entry.bytes != known->bytes || !test_is_filled(entry.data, entry.bytes, known->seed))
			wrong(l, "wrong data", entry.position.offset);
		next++;
	}
	pms_cursor_close(cursor);
	if (status != PMS_E_END)
		l->told = true;
	else if (next < expected->count && !may_be_torn(l, expected, next))
		miss(l, "the log ends before an entry", expected->entries[next].entry.position.offset);
}

static void look_at_positions(look *l, const damage_region *expected, pms_region *region)
{
	uint8_t buffer[2048];
	uint64_t bytes;

	for (size_t i = 0; i < expected->count; i++) {
		const test_entry *known = &expected->entries[i].entry;
		int32_t status =
		    pms_region_read(region, &known->position, buffer, sizeof(buffer), PMS_READ_VERIFIED, &bytes, NULL);
		if (status == PMS_OK && (bytes != known->bytes || !test_is_filled(buffer, bytes, known->seed)))
			wrong(l, "wrong data, read by position,", known->position.offset);
		if (status != PMS_OK && status != PMS_E_NO_ENTRY)
			l->told = true;
		if (status == PMS_E_NO_ENTRY && !may_be_torn(l, expected, i))
			miss(l, "no entry", known->position.offset);
	}
}

static bool check_tells(look *l, pms_stream *stream)
{
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_check *check;

	if (pms_check_run(stream, &check, NULL) != PMS_OK)
		wrong(l, "the check failed", 0);
	assert_int_equal(pms_check_summarize(check, &summary), PMS_OK);
	pms_check_release(check);
	return summary.problem_count != 0;
}

/* All regions: each one known, and none missing. */
static void look_at_stream(look *l, pms_stream *stream)
{
	const damage_sample *sample = l->sample;
	bool met[DAMAGE_REGIONS_MAX] = {false};
	pms_region *region;

	l->told |= test_recovery(stream).flags != 0 || test_info(stream).state != 0;
	l->told |= check_tells(l, stream);
	for (uint64_t at = 0; pms_region_next(stream, at, &region, NULL) == PMS_OK;) {
		pms_region_info info = test_region_info(region);
		size_t i = 0;
		while (i < sample->region_count && sample->regions[i].offset != info.offset)
			i++;
		l->told |= info.state != 0;
		if (i == sample->region_count && info.state == 0)
			wrong(l, "a region that never was", info.offset);
		if (i < sample->region_count) {
			if (strcmp(info.name, sample->regions[i].name) != 0 && info.state == 0)
				wrong(l, "a region with another name", info.offset);
			met[i] = true;
			look_at_entries(l, &sample->regions[i], region);
			if (!l->quick)
				look_at_positions(l, &sample->regions[i], region);
		}
		at = info.offset + 1;
		pms_region_release(region);
	}
	for (size_t i = 0; i < sample->region_count; i++)
		if (!met[i])
			miss(l, "no region", sample->regions[i].offset);
}

/* An open that fails has said so. */
static pms_stream *open_damaged(look *l, uint32_t flags)
{
	pms_open_options options = test_open_options(flags);
	pms_stream *stream;
	pms_error error;
	int32_t status = pms_stream_open(PATH, &options, &stream, &error);

	if (status == PMS_OK)
		return stream;
	if (status == PMS_E_INTERNAL)
		wrong(l, error.message, error.position);
	test_error_says(&error, status);
	l->told = true;
	return NULL;
}

static void judge(const look *l)
{
	if (l->missing && !l->told)
		wrong(l, l->what, l->where);
}

/* What is appended to what was found is there after the next open, and later than all that there was. */
static void append_to_each(const look *l, pms_stream *stream)
{
	const damage_sample *sample = l->sample;
	uint64_t greatest = 0;
	pms_region *region;

	for (size_t i = 0; i < sample->region_count; i++) {
		const damage_region *known = &sample->regions[i];
		uint64_t last = known->entries[known->count - 1].entry.position.timestamp;
		greatest = last > greatest ? last : greatest;
	}
	for (uint64_t at = 0; pms_region_next(stream, at, &region, NULL) == PMS_OK;) {
		pms_region_info info = test_region_info(region);
		/* Set, because compilers may compare the timestamp before the status. */
		pms_position position = {0};
		int32_t status = pms_region_append(region, "appended", 8, &position, NULL);
		if (status != PMS_OK && status != PMS_E_CORRUPT)
			wrong(l, "cannot append", info.offset);
		if (status == PMS_OK && position.timestamp <= greatest && info.state == 0)
			wrong(l, "an old timestamp", position.offset);
		at = info.offset + 1;
		pms_region_release(region);
	}
}

static uint64_t count_all(pms_stream *stream, uint64_t *appended)
{
	uint64_t count = 0;
	pms_region *region;

	*appended = 0;
	for (uint64_t at = 0; pms_region_next(stream, at, &region, NULL) == PMS_OK;) {
		pms_cursor *cursor;
		pms_entry entry;
		at = test_region_info(region).offset + 1;
		if (pms_cursor_open(region, NULL, &cursor, NULL) == PMS_OK) {
			while (pms_cursor_next(cursor, &entry, NULL) == PMS_OK) {
				count++;
				*appended += entry.bytes == 8 && memcmp(entry.data, "appended", 8) == 0;
			}
			pms_cursor_close(cursor);
		}
		pms_region_release(region);
	}
	return count;
}

static void write_and_open_again(look *l, pms_stream *stream)
{
	uint64_t appended, appended_again;

	append_to_each(l, stream);
	uint64_t count = count_all(stream, &appended);
	test_close(stream);
	look again = *l;
	stream = open_damaged(&again, PMS_OPEN_DEFAULT);
	if (!stream)
		wrong(l, "cannot be opened again", 0);
	if (count_all(stream, &appended_again) != count || appended_again != appended)
		wrong(l, "other entries after the next open", 0);
	test_close(stream);
}

bool damage_expect_told_or_right(const damage_sample *sample, const uint8_t *damaged, uint64_t from, uint64_t to,
				 bool thorough)
{
	uint64_t size = sample->image.size;
	look reading = {.sample = sample, .from = from, .to = to, .when = "opened for reading", .quick = !thorough};
	look writing = {.sample = sample, .from = from, .to = to, .when = "opened for writing"};

	if (memory_file_size() != size)
		memory_file_set(damaged, size);
	memcpy(memory_file_bytes(), damaged, size);
	pms_stream *stream = open_damaged(&reading, PMS_OPEN_READ_ONLY);
	if (stream) {
		look_at_stream(&reading, stream);
		test_close(stream);
	}
	judge(&reading);
	if (memcmp(memory_file_bytes(), damaged, size) != 0)
		wrong(&reading, "reading has changed the image", 0);
	stream = open_damaged(&writing, PMS_OPEN_DEFAULT);
	if (!stream && memcmp(memory_file_bytes(), damaged, size) != 0)
		wrong(&writing, "an open that was refused has changed the image", 0);
	if (stream) {
		look_at_stream(&writing, stream);
		judge(&writing);
		if (thorough)
			write_and_open_again(&writing, stream);
		else
			test_close(stream);
	}
	return reading.told || writing.told;
}
