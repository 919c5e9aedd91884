/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>

#include "crash.h"

#define FLAGS_OF_A_CREATION ((uint32_t)(PMS_STATE_HEADER_DAMAGED | PMS_STATE_HEADER_REPAIRED))

typedef struct crash_sighting {
	bool seen;
	pms_position position;
} crash_sighting;

typedef struct crash_comparison {
	crash_world *world;
	const crash_model *model; /* as it was expected */
	crash_sighting entries[MODEL_ENTRIES_MAX];
	bool regions[MODEL_REGIONS_MAX];
	uint32_t stream_bytes;
} crash_comparison;

/* ---- entries ----------------------------------------------------------------------------------------------------- */

static void compare_bytes(const crash_model_entry *expected, unsigned id, const pms_entry *found)
{
	uint8_t one[WORLD_PAYLOAD_MAX], other[WORLD_PAYLOAD_MAX];
	const uint8_t *bytes = found->data;

	if (found->bytes != expected->bytes)
		crash_fail("entry %u has %llu bytes, expected %u", id, (unsigned long long)found->bytes,
			   expected->bytes);
	model_fill(id, expected->bytes, one);
	memcpy(other, one, sizeof(other));
	if (expected->fickle)
		model_fill_other(id, expected->bytes, other);
	for (uint32_t i = 0; i < expected->bytes; i++)
		if (bytes[i] != one[i] && bytes[i] != other[i])
			crash_fail("entry %u has other bytes than were appended, from byte %u on", id, i);
}

/* An entry that a cursor has found in a region. */
static void see_entry(crash_comparison *comparison, unsigned region, const pms_entry *found)
{
	uint64_t name = 0;

	if (found->bytes >= sizeof(name))
		memcpy(&name, found->data, sizeof(name));
	if (name == 0 || name > comparison->model->entry_count)
		crash_fail("region %u holds an entry at offset %llu that nobody appended", region,
			   (unsigned long long)found->position.offset);
	unsigned id = (unsigned)name - 1;
	const crash_model_entry *expected = &comparison->model->entries[id];
	if (expected->region != region)
		crash_fail("entry %u is found in region %u, expected in region %u", id, region, expected->region);
	if (comparison->entries[id].seen)
		crash_fail("entry %u is found twice", id);
	if (expected->state != ENTRY_TRYING && expected->state != ENTRY_ACKNOWLEDGED &&
	    expected->state != ENTRY_DEFERRED)
		crash_fail("entry %u is found, but it is %s", id,
			   expected->state == ENTRY_OPEN ? "an open reservation" : "gone since long");
	compare_bytes(expected, id, found);
	if (expected->offset &&
	    (expected->offset != found->position.offset || expected->timestamp != found->position.timestamp))
		crash_fail("entry %u is found at offset %llu, expected at %llu", id,
			   (unsigned long long)found->position.offset, (unsigned long long)expected->offset);
	comparison->entries[id] = (crash_sighting){.seen = true, .position = found->position};
}

static void list_entries(crash_comparison *comparison, unsigned region, pms_region *handle)
{
	uint64_t last = 0;
	pms_cursor *cursor;
	pms_entry entry;
	pms_error error;

	int32_t status = pms_cursor_open(handle, NULL, &cursor, &error);
	if (status != PMS_OK)
		crash_fail("no cursor on region %u: %s", region, error.message);
	while ((status = pms_cursor_next(cursor, &entry, &error)) == PMS_OK) {
		if (entry.position.timestamp <= last)
			crash_fail("region %u: timestamps do not rise at offset %llu", region,
				   (unsigned long long)entry.position.offset);
		last = entry.position.timestamp;
		see_entry(comparison, region, &entry);
	}
	if (status != PMS_E_END)
		crash_fail("reading region %u ended with %d: %s", region, status, error.message);
	pms_cursor_close(cursor);
}

/* ---- regions ----------------------------------------------------------------------------------------------------- */

static unsigned see_region(crash_comparison *comparison, pms_region *handle, uint64_t *next, uint64_t *bytes)
{
	pms_region_info info = {.struct_bytes = sizeof(info)};
	pms_error error;
	char *end;

	if (pms_region_describe(handle, &info, &error) != PMS_OK)
		crash_fail("a region cannot be described: %s", error.message);
	unsigned long number = info.name[0] == 'r' ? strtoul(info.name + 1, &end, 10) : MODEL_REGIONS_MAX;
	if (number >= comparison->model->region_count)
		crash_fail("there is a region '%s' at offset %llu that nobody created", info.name,
			   (unsigned long long)info.offset);
	const crash_model_region *expected = &comparison->model->regions[number];
	if (expected->state == REGION_GONE)
		crash_fail("region %lu is there, but it was freed, or never came to be", number);
	if (comparison->regions[number])
		crash_fail("region %lu is there twice", number);
	comparison->regions[number] = true;
	if (info.offset < *next || info.entry_alignment != expected->alignment ||
	    info.usable_bytes < expected->usable_bytes || info.state)
		crash_fail("region %lu at offset %llu has %llu usable bytes, alignment %u, state 0x%x", number,
			   (unsigned long long)info.offset, (unsigned long long)info.usable_bytes, info.entry_alignment,
			   info.state);
	*next = info.offset + info.total_bytes;
	*bytes += info.total_bytes;
	return (unsigned)number;
}

static void compare_size(crash_comparison *comparison, uint64_t bytes)
{
	const crash_model *model = comparison->model;

	if (bytes != model->stream_bytes && (bytes != model->growing_to || model->growing_to == 0))
		crash_fail("the stream has %llu bytes, expected %u or %u", (unsigned long long)bytes,
			   model->stream_bytes, model->growing_to);
	comparison->stream_bytes = (uint32_t)bytes;
}

/* All regions in address order, and their entries; regions and free space fill the stream. */
static void list_regions(crash_comparison *comparison)
{
	crash_world *world = comparison->world;
	pms_stream_info info = {.struct_bytes = sizeof(info)};
	uint64_t next = 0, bytes = 0;
	pms_region *handle;
	pms_error error;
	int32_t status;

	while ((status = pms_region_next(world->stream, next, &handle, &error)) == PMS_OK) {
		unsigned number = see_region(comparison, handle, &next, &bytes);
		world->regions[number] = handle;
		list_entries(comparison, number, handle);
	}
	if (status != PMS_E_END)
		crash_fail("listing the regions ended with %d: %s", status, error.message);
	if (pms_stream_describe(world->stream, &info, &error) != PMS_OK)
		crash_fail("the stream cannot be described: %s", error.message);
	compare_size(comparison, info.stream_bytes);
	if (bytes + info.free_bytes != info.stream_bytes - PMS_FIXED_BYTES)
		crash_fail("%llu bytes of regions and %llu free ones do not fill the stream", (unsigned long long)bytes,
			   (unsigned long long)info.free_bytes);
}

/* ---- what must be there ------------------------------------------------------------------------------------------ */

/* A region in mid-clear has all of its entries, or none. */
static bool was_cleared(const crash_comparison *comparison, unsigned region)
{
	const crash_model *model = comparison->model;

	if (model->regions[region].state != REGION_CLEARING)
		return false;
	for (unsigned i = 0; i < model->entry_count; i++)
		if (comparison->entries[i].seen && model->entries[i].region == region &&
		    model->entries[i].state == ENTRY_ACKNOWLEDGED)
			return false;
	return true;
}

/* Where the last entry that was found in the region begins; 0: none was found. */
static uint64_t last_seen(const crash_comparison *comparison, unsigned region)
{
	uint64_t last = 0;

	for (unsigned i = 0; i < comparison->model->entry_count; i++)
		if (comparison->entries[i].seen && comparison->model->entries[i].region == region &&
		    comparison->entries[i].position.offset > last)
			last = comparison->entries[i].position.offset;
	return last;
}

/* What was only deferred may be missing, but not from the middle, and not when the stream says that it was persisted. */
static void require_prefix(const crash_comparison *comparison)
{
	uint64_t stored = pms_stream_persisted_timestamp(comparison->world->stream);
	const crash_model *model = comparison->model;

	if (stored < model->stable)
		crash_fail("the persisted timestamp is %llu, but %llu was returned", (unsigned long long)stored,
			   (unsigned long long)model->stable);
	for (unsigned i = 0; i < model->entry_count; i++) {
		const crash_model_entry *expected = &model->entries[i];
		if (expected->state != ENTRY_DEFERRED || comparison->entries[i].seen ||
		    !comparison->regions[expected->region])
			continue;
		uint64_t last = last_seen(comparison, expected->region);
		if (expected->offset < last)
			crash_fail("deferred entry %u of region %u, at offset %llu, is lost, and one at %llu is there",
				   i, expected->region, (unsigned long long)expected->offset, (unsigned long long)last);
		if (expected->timestamp <= stored &&
		    (model->regions[expected->region].state != REGION_CLEARING || last))
			crash_fail("deferred entry %u, at timestamp %llu, is lost, but persisted is %llu", i,
				   (unsigned long long)expected->timestamp, (unsigned long long)stored);
	}
}

static void require_entries(const crash_comparison *comparison)
{
	const crash_model *model = comparison->model;

	for (unsigned i = 0; i < model->entry_count; i++) {
		const crash_model_entry *expected = &model->entries[i];
		bool seen = comparison->entries[i].seen;
		if (expected->state == ENTRY_ACKNOWLEDGED && !seen && comparison->regions[expected->region] &&
		    !was_cleared(comparison, expected->region))
			crash_fail("acknowledged entry %u of region %u, at offset %llu, is lost", i, expected->region,
				   (unsigned long long)expected->offset);
		for (unsigned j = 0; expected->group && j < i; j++)
			if (model->entries[j].group == expected->group && comparison->entries[j].seen != seen)
				crash_fail("entries %u and %u are of one group, and one of them is missing", j, i);
	}
}

static void require_regions(const crash_comparison *comparison)
{
	for (unsigned i = 0; i < comparison->model->region_count; i++) {
		uint8_t state = comparison->model->regions[i].state;
		if ((state == REGION_LIVE || state == REGION_CLEARING) && !comparison->regions[i])
			crash_fail("region %u is lost", i);
	}
}

static void require_clean_check(pms_stream *stream)
{
	pms_check_summary summary = {.struct_bytes = sizeof(summary)};
	pms_problem problem;
	pms_check *check;
	pms_error error;

	if (pms_check_run(stream, &check, &error) != PMS_OK)
		crash_fail("the check failed: %s", error.message);
	(void)pms_check_summarize(check, &summary);
	if (summary.error_count && pms_check_problem(check, 0, &problem) == PMS_OK)
		crash_fail("a check finds: %s", problem.message);
	pms_check_release(check);
}

/* ---- what is known from now on ----------------------------------------------------------------------------------- */

static void adopt(crash_comparison *comparison)
{
	crash_model *model = &comparison->world->model;

	model->stream_bytes = comparison->stream_bytes;
	model->growing_to = 0;
	for (unsigned i = 0; i < model->entry_count; i++) {
		crash_model_entry *entry = &model->entries[i];
		entry->state = comparison->entries[i].seen ? ENTRY_ACKNOWLEDGED : ENTRY_GONE;
		if (!comparison->entries[i].seen)
			continue;
		entry->offset = comparison->entries[i].position.offset;
		entry->timestamp = comparison->entries[i].position.timestamp;
	}
	model->stable = pms_stream_persisted_timestamp(comparison->world->stream);
	for (unsigned i = 0; i < model->region_count; i++)
		model->regions[i].state = comparison->regions[i] ? REGION_LIVE : REGION_GONE;
}

void oracle_compare(crash_world *world)
{
	const crash_model expected = world->model;
	crash_comparison comparison = {.world = world, .model = &expected};

	list_regions(&comparison);
	require_regions(&comparison);
	require_entries(&comparison);
	require_prefix(&comparison);
	require_clean_check(world->stream);
	adopt(&comparison);
}

static bool opens_as_nothing(const crash_world *world, int32_t status)
{
	return status == PMS_E_NOT_A_STREAM && world->model.stream_state == STREAM_CREATING;
}

static void require_quiet_recovery(crash_world *world)
{
	pms_recovery_info info = {.struct_bytes = sizeof(info)};
	uint32_t allowed = world->model.stream_state == STREAM_CREATING ? FLAGS_OF_A_CREATION : 0;
	pms_stream_info stream_info = {.struct_bytes = sizeof(stream_info)};
	pms_error error;

	/* What an interrupted growing leaves. */
	if (pms_stream_describe(world->stream, &stream_info, &error) != PMS_OK)
		crash_fail("the stream cannot be described: %s", error.message);
	if (world->device.file_bytes > stream_info.stream_bytes)
		allowed |= PMS_STATE_FILE_LARGER;

	if (pms_stream_recovery(world->stream, &info, &error) != PMS_OK)
		crash_fail("nothing is told about the recovery: %s", error.message);
	if (info.flags & ~allowed)
		crash_fail("recovery takes what a crash left for damage: flags 0x%x, first at offset %llu", info.flags,
			   (unsigned long long)info.first_damage);
}

void verb_open(crash_world *world)
{
	const pms_open_options options = {.struct_bytes = sizeof(options)};
	pms_error error;

	device_use(&world->device);
	int32_t status = pms_stream_open("stream", &options, &world->stream, &error);
	if (opens_as_nothing(world, status)) {
		verb_create(world);
		return;
	}
	if (status != PMS_OK)
		crash_fail("opening failed with %d: %s", status, error.message);
	require_quiet_recovery(world);
	oracle_compare(world);
	world->model.stream_state = STREAM_LIVE;
	world_note(world);
}

void verb_read_beside(crash_world *world)
{
	const pms_open_options options = {.struct_bytes = sizeof(options), .flags = PMS_OPEN_READ_ONLY};
	const crash_model before = world->model;
	size_t events = world->history.count;
	pms_error error;

	device_use(&world->device);
	int32_t status = pms_stream_open("stream", &options, &world->stream, &error);
	if (opens_as_nothing(world, status))
		return;
	if (status != PMS_OK)
		crash_fail("opening for reading failed with %d: %s", status, error.message);
	require_quiet_recovery(world);
	oracle_compare(world);
	for (unsigned i = 0; i < MODEL_REGIONS_MAX; i++) {
		pms_region_release(world->regions[i]);
		world->regions[i] = NULL;
	}
	pms_stream_release(world->stream);
	world->stream = NULL;
	if (world->history.count != events)
		crash_fail("a reader has stored something");
	world->model = before; /* what it has found counts for nothing: the writer decides */
}
