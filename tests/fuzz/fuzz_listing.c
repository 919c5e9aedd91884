/* SPDX-License-Identifier: MIT */
#include "fuzz_listing.h"

#include <string.h>

#include "format.h"
#include "fuzz.h"
#include "memory_file.h"

/* More than the largest image can hold. */
#define WALK_MAX 10000

static void add(fuzz_listing *listing, const fuzz_record *record)
{
	if (listing->count == listing->capacity) {
		listing->capacity = listing->capacity ? listing->capacity * 2 : 64;
		listing->records = realloc(listing->records, listing->capacity * sizeof(*listing->records));
		FUZZ_CHECK(listing->records);
	}
	listing->records[listing->count++] = *record;
}

void fuzz_listing_free(fuzz_listing *listing)
{
	free(listing->records);
	*listing = (fuzz_listing){0};
}

static void expect_inside(const pms_entry *entry)
{
	const uint8_t *begin = memory_file_bytes(), *end = begin + memory_file_size();

	FUZZ_CHECK((const uint8_t *)entry->data >= begin && (const uint8_t *)entry->data <= end);
	FUZZ_CHECK(entry->bytes <= (uint64_t)(end - (const uint8_t *)entry->data));
}

/* What a walk came to, a seek finds, from wherever it begins. */
static void expect_seek(pms_region *region, pms_position position)
{
	pms_cursor_options options = {.struct_bytes = sizeof(options), .start = PMS_CURSOR_FROM_TIMESTAMP};
	pms_cursor *cursor;
	pms_entry entry;

	options.position.timestamp = position.timestamp;
	FUZZ_CHECK(pms_cursor_open(region, &options, &cursor, NULL) == PMS_OK);
	FUZZ_CHECK(pms_cursor_next(cursor, &entry, NULL) == PMS_OK);
	FUZZ_CHECK(memcmp(&entry.position, &position, sizeof(position)) == 0);
	pms_cursor_close(cursor);
}

static void list_region(fuzz_listing *listing, pms_region *region, const pms_region_info *info)
{
	fuzz_record record = {.region = info->offset, .base = info->base_timestamp};
	uint64_t last = 0;
	pms_cursor *cursor;
	pms_entry entry;
	pms_error error;
	int count = 0;

	record.end = pms_cursor_open(region, NULL, &cursor, &error);
	FUZZ_CHECK(record.end == PMS_OK || record.end == PMS_E_CORRUPT);
	if (record.end != PMS_OK) {
		add(listing, &record);
		return;
	}
	while ((record.end = pms_cursor_next(cursor, &entry, &error)) == PMS_OK) {
		FUZZ_CHECK(count++ < WALK_MAX && entry.position.timestamp > last);
		expect_inside(&entry);
		last = entry.position.timestamp;
		record.position = entry.position;
		record.bytes = entry.bytes;
		record.hash = pms_hash(entry.data, entry.bytes);
		add(listing, &record);
	}
	FUZZ_CHECK(record.end == PMS_E_END || record.end == PMS_E_CORRUPT);
	FUZZ_CHECK(record.end == error.status && error.message[0]);
	if (last)
		expect_seek(region, record.position);
	record.position = (pms_position){0};
	record.bytes = record.hash = 0;
	add(listing, &record);
	pms_cursor_close(cursor);
}

fuzz_listing fuzz_list(pms_stream *stream)
{
	fuzz_listing listing = {0};
	uint64_t offset = 0;
	pms_region *region;

	for (int i = 0; pms_region_next(stream, offset, &region, NULL) == PMS_OK; i++) {
		pms_region_info info = {.struct_bytes = sizeof(info)};
		FUZZ_CHECK(i < WALK_MAX);
		FUZZ_CHECK(pms_region_describe(region, &info, NULL) == PMS_OK);
		FUZZ_CHECK(info.offset >= offset);
		list_region(&listing, region, &info);
		offset = info.offset + 1;
		pms_region_release(region);
	}
	return listing;
}

void fuzz_expect_equal(const fuzz_listing *a, const fuzz_listing *b)
{
	FUZZ_CHECK(a->count == b->count);
	for (size_t i = 0; i < a->count; i++)
		FUZZ_CHECK(memcmp(&a->records[i], &b->records[i], sizeof(a->records[i])) == 0);
}

void fuzz_expect_prefix(const fuzz_listing *before, const fuzz_listing *after)
{
	size_t j = 0;

	for (size_t i = 0; i < before->count; i++) {
		const fuzz_record *record = &before->records[i];
		while (j < after->count && after->records[j].region < record->region)
			j++;
		FUZZ_CHECK(j < after->count && after->records[j].region == record->region);
		FUZZ_CHECK(after->records[j].base == record->base);
		if (record->end == PMS_OK) {
			FUZZ_CHECK(memcmp(&after->records[j], record, sizeof(*record)) == 0);
			j++;
			continue;
		}
		while (after->records[j].end == PMS_OK) /* the list of each region ends in its status */
			j++;
		FUZZ_CHECK(record->end == PMS_E_CORRUPT || after->records[j].end == PMS_E_END);
	}
}

/* ---- looking about ----------------------------------------------------------------------------------------------- */

static void walk(pms_region *region, const pms_cursor_options *options)
{
	pms_cursor *cursor;
	pms_entry entry;
	int count = 0;

	if (pms_cursor_open(region, options, &cursor, NULL) != PMS_OK)
		return;
	while (pms_cursor_next(cursor, &entry, NULL) == PMS_OK) {
		FUZZ_CHECK(count++ < WALK_MAX);
		expect_inside(&entry);
		(void)pms_hash(entry.data, entry.bytes); /* each byte can be read */
	}
	pms_cursor_close(cursor);
}

static void look_at_region(pms_region *region, const pms_region_info *info, uint64_t *random)
{
	uint8_t buffer[512];
	uint64_t bytes;
	pms_cursor_options options = {.struct_bytes = sizeof(options), .flags = PMS_READ_UNVERIFIED};

	walk(region, &options);
	for (int i = 0; i < 4; i++) {
		options.flags = (uint32_t)fuzz_below(random, 2);
		options.start = (uint32_t)fuzz_below(random, 4);
		options.position = (pms_position){
		    .offset = fuzz_below(random, 4) ? info->offset + 512 + 8 * fuzz_below(random, 450)
						    : fuzz_random(random) >> fuzz_below(random, 64),
		    .timestamp =
			fuzz_below(random, 2) ? info->base_timestamp + fuzz_below(random, 20) : fuzz_below(random, 300),
		};
		walk(region, &options);
		(void)pms_region_read(region, &options.position, buffer, fuzz_below(random, sizeof(buffer)),
				      options.flags, &bytes, NULL);
	}
}

static void check_all(pms_stream *stream)
{
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_problem problem;
	pms_check *check;

	FUZZ_CHECK(pms_check_run(stream, &check, NULL) == PMS_OK);
	FUZZ_CHECK(pms_check_summarize(check, &summary) == PMS_OK);
	for (uint64_t i = 0; pms_check_problem(check, i, &problem) == PMS_OK; i++)
		FUZZ_CHECK(problem.message[0] && memchr(problem.message, 0, sizeof(problem.message)));
	FUZZ_CHECK(summary.error_count <= summary.problem_count);
	pms_check_release(check);
}

static void dump_all(pms_stream *stream)
{
	pms_stored stored = {.struct_bytes = sizeof(stored)};
	pms_dump *dump;
	int count = 0;

	FUZZ_CHECK(pms_dump_open(stream, &dump, NULL) == PMS_OK);
	while (pms_dump_next(dump, &stored, NULL) == PMS_OK) {
		FUZZ_CHECK(count++ < WALK_MAX);
		FUZZ_CHECK(stored.offset <= memory_file_size() && stored.bytes <= memory_file_size() - stored.offset);
		FUZZ_CHECK(memchr(stored.text, 0, sizeof(stored.text)));
	}
	pms_dump_close(dump);
}

void fuzz_look_about(pms_stream *stream, uint64_t *random)
{
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	pms_recovery_info recovery = {.struct_bytes = sizeof(recovery)};
	uint64_t offset = 0;
	pms_region *region;

	FUZZ_CHECK(pms_stream_describe(stream, &info, NULL) == PMS_OK);
	FUZZ_CHECK(pms_stream_recovery(stream, &recovery, NULL) == PMS_OK);
	check_all(stream);
	dump_all(stream);
	for (int i = 0; pms_region_next(stream, offset, &region, NULL) == PMS_OK; i++) {
		pms_region_info about = {.struct_bytes = sizeof(about)};
		FUZZ_CHECK(i < WALK_MAX);
		FUZZ_CHECK(pms_region_describe(region, &about, NULL) == PMS_OK);
		look_at_region(region, &about, random);
		offset = about.offset + 1;
		pms_region_release(region);
	}
}
