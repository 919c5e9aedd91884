/* SPDX-License-Identifier: MIT */
/* The public verbs that are about several entries: groups (R11), deferred appends, and persisting a stream (R14). */
#include "crash.h"
#include "world.h"

#define GROUP_MAX 8u

void verb_group(crash_world *world, unsigned region, unsigned members, uint32_t bytes)
{
	uint8_t payloads[GROUP_MAX][WORLD_PAYLOAD_MAX];
	pms_position positions[GROUP_MAX];
	pms_part parts[GROUP_MAX];
	unsigned first = world->model.entry_count;
	pms_error error;

	if (first + members > MODEL_ENTRIES_MAX)
		return;
	world->model.group_count++;
	for (unsigned i = 0; i < members; i++) {
		unsigned entry = model_add_entry(&world->model, region, bytes, ENTRY_TRYING);
		world->model.entries[entry].group = (uint8_t)world->model.group_count;
		model_fill(entry, bytes, payloads[i]);
		parts[i] = (pms_part){.data = payloads[i], .bytes = bytes};
	}
	world_note(world);
	int32_t status =
	    pms_region_append_group(world->regions[region], parts, members, PMS_APPEND_DURABLE, positions, &error);
	if (status != PMS_OK && status != PMS_E_REGION_FULL && status != PMS_E_STALE)
		crash_fail("appending a group returned %d: %s", status, error.message);
	for (unsigned i = 0; i < members; i++) {
		crash_model_entry *expected = &world->model.entries[first + i];
		if (status != PMS_OK) {
			expected->state = ENTRY_GONE;
			continue;
		}
		expected->state = ENTRY_ACKNOWLEDGED;
		expected->offset = positions[i].offset;
		expected->timestamp = positions[i].timestamp;
	}
	world_note(world);
}

void verb_persist(crash_world *world)
{
	pms_error error;

	if (pms_stream_persist(world->stream, NULL, &error) != PMS_OK)
		crash_fail("persisting the stream failed: %s", error.message);
}
