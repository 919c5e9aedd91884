/* SPDX-License-Identifier: MIT */
/* The public verbs that make durable what was appended before: of a region, and of the stream (R14). */
#include <string.h>

#include "crash.h"
#include "fibers.h"
#include "world.h"

/* What was deferred when the call began, and is not gone since, is durable. */
static void promise_deferred(crash_world *world, const crash_model *before, unsigned region, uint64_t up_to)
{
	for (unsigned i = 0; i < before->entry_count; i++) {
		const crash_model_entry *then = &before->entries[i];
		crash_model_entry *now = &world->model.entries[i];
		if (then->state == ENTRY_DEFERRED && now->state == ENTRY_DEFERRED && then->offset <= up_to &&
		    (region == MODEL_REGIONS_MAX || then->region == region))
			now->state = ENTRY_ACKNOWLEDGED;
	}
}

void verb_persist_region(crash_world *world, unsigned region)
{
	const crash_model before = world->model;
	pms_error error;

	if (!world_refuses(world, pms_region_persist(world->regions[region], NULL, &error), &error, "persist"))
		promise_deferred(world, &before, region, UINT64_MAX);
	world_note(world);
}

void verb_persist_to(crash_world *world, unsigned region, unsigned number)
{
	const crash_model before = world->model;
	pms_position position = {0};
	pms_error error;

	for (unsigned i = 0; i < before.entry_count && position.offset == 0; i++)
		if (before.entries[i].region == region && before.entries[i].state == ENTRY_DEFERRED && number-- == 0)
			position = (pms_position){.offset = before.entries[i].offset,
						  .timestamp = before.entries[i].timestamp};
	if (position.offset == 0)
		return;
	int32_t status = pms_region_persist(world->regions[region], &position, &error);
	if (status == PMS_E_NO_ENTRY && position.timestamp <= world->regions[region]->life.base)
		return; /* another thread has cleared the region */
	if (!world_refuses(world, status, &error, "persist"))
		promise_deferred(world, &before, region, position.offset);
	world_note(world);
}

/* ---- the stream -------------------------------------------------------------------------------------------------- */

/* The entry is visible, and its timestamp is persisted: it stays, whatever its own call has returned so far. */
static void see_stable(crash_world *world, unsigned region, const pms_entry *found)
{
	crash_model *model = &world->model;
	uint64_t name = 0;

	memcpy(&name, found->data, sizeof(name));
	if (name == 0 || name > model->entry_count || model->entries[name - 1].region != region)
		crash_fail("region %u holds an entry at offset %llu that nobody appended", region,
			   (unsigned long long)found->position.offset);
	crash_model_entry *entry = &model->entries[name - 1];
	if (entry->state == ENTRY_GONE) /* cleared: by somebody who has not returned */
		return;
	entry->state = ENTRY_ACKNOWLEDGED;
	entry->offset = found->position.offset;
	entry->timestamp = found->position.timestamp;
}

static void list_stable(crash_world *world, unsigned region, uint64_t timestamp)
{
	pms_cursor *cursor;
	pms_entry entry;
	pms_error error;

	if (!world->regions[region] || pms_cursor_open(world->regions[region], NULL, &cursor, &error) != PMS_OK)
		return; /* it was freed */
	uint64_t committed = pms_region_committed(world->regions[region]);
	int32_t status;
	while ((status = pms_cursor_next(cursor, &entry, &error)) == PMS_OK && entry.position.timestamp <= timestamp)
		see_stable(world, region, &entry);
	if (status != PMS_OK && status != PMS_E_END)
		crash_fail("reading region %u ended with %d: %s", region, status, error.message);
	pms_cursor_close(cursor);
	world->stable_end[region] = committed;
}

void verb_persist(crash_world *world)
{
	const crash_model before = world->model;
	uint64_t timestamp = 0;
	pms_error error;

	int32_t status = pms_stream_persist(world->stream, &timestamp, &error);
	if (world_refuses(world, status, &error, "persisting the stream"))
		return;
	promise_deferred(world, &before, MODEL_REGIONS_MAX, UINT64_MAX);
	fiber_hold();
	if (timestamp >= world->model.stable) {
		world->model.stable = timestamp;
		for (unsigned i = 0; i < world->model.region_count; i++)
			list_stable(world, i, timestamp);
	}
	for (unsigned i = 0; i < world->model.entry_count; i++) {
		const crash_model_entry *entry = &world->model.entries[i];
		if (entry->state == ENTRY_DEFERRED && entry->timestamp <= timestamp &&
		    world->model.regions[entry->region].state == REGION_LIVE)
			crash_fail("entry %u, timestamp %llu, is not visible, but %llu was returned as persisted", i,
				   (unsigned long long)entry->timestamp, (unsigned long long)timestamp);
	}
	fiber_release();
	world_note(world);
}
