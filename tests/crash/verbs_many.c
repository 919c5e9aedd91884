/* SPDX-License-Identifier: MIT */
/* The public verbs that are about groups (R11): given at once, or written in place entry by entry. */
#include "crash.h"
#include "world.h"

#define GROUP_MAX WORLD_RESERVATIONS_MAX

/* Entries `first` .. of the model were appended as one group, or are gone. */
static void appended(crash_world *world, const unsigned *entries, unsigned members, int32_t status,
		     const pms_error *error, const pms_position *positions, model_entry_state state)
{
	bool refused = world_refuses(world, status, error, "a group");

	for (unsigned i = 0; i < members; i++) {
		if (refused)
			world->model.entries[entries[i]].state = ENTRY_GONE;
		else
			world_acknowledge(world, entries[i], &positions[i], state);
	}
	world_note(world);
}

void verb_group(crash_world *world, unsigned region, unsigned members, uint32_t bytes, uint32_t flags)
{
	uint8_t payloads[GROUP_MAX][WORLD_PAYLOAD_MAX];
	pms_position positions[GROUP_MAX];
	unsigned entries[GROUP_MAX];
	pms_part parts[GROUP_MAX];
	pms_error error;

	if (world->model.entry_count + members > MODEL_ENTRIES_MAX)
		return;
	world->model.group_count++;
	for (unsigned i = 0; i < members; i++) {
		entries[i] = model_add_entry(&world->model, region, bytes, ENTRY_TRYING);
		world->model.entries[entries[i]].group = (uint8_t)world->model.group_count;
		model_fill(entries[i], bytes, payloads[i]);
		parts[i] = (pms_part){.data = payloads[i], .bytes = bytes};
	}
	world_note(world);
	int32_t status = pms_region_append_group(world->regions[region], parts, members, flags, positions, &error);
	appended(world, entries, members, status, &error, positions,
		 flags & PMS_APPEND_DEFERRED ? ENTRY_DEFERRED : ENTRY_ACKNOWLEDGED);
}

void verb_begin_group(crash_world *world, unsigned slot, unsigned region, unsigned members_max, uint32_t bytes_max)
{
	crash_world_group *group = &world->groups[slot];
	pms_error error;

	CRASH_CHECK(!group->handle);
	*group = (crash_world_group){.region = region, .number = (uint8_t)++world->model.group_count};
	world_note(world);
	(void)world_refuses(
	    world, pms_region_begin_group(world->regions[region], members_max, bytes_max, &group->handle, &error),
	    &error, "beginning a group");
	world_note(world);
}

void verb_add_to_group(crash_world *world, unsigned slot, uint32_t bytes)
{
	crash_world_group *group = &world->groups[slot];
	uint8_t payload[WORLD_PAYLOAD_MAX];
	uint64_t room;
	pms_error error;
	void *data;

	if (!group->handle || group->members == GROUP_MAX)
		return;
	int32_t status = pms_group_next(group->handle, &data, &room, &error);
	if (status == PMS_E_TOO_SMALL || (status == PMS_OK && room < bytes))
		return;
	if (status != PMS_OK)
		crash_fail("the next entry of a group: %d: %s", status, error.message);
	unsigned entry = model_add_entry(&world->model, group->region, bytes, ENTRY_OPEN);
	if (entry == MODEL_ENTRIES_MAX)
		return;
	world->model.entries[entry].group = group->number;
	group->entries[group->members++] = entry;
	model_fill(entry, bytes, payload);
	world_note(world);
	device_user_write(&world->device, (uint64_t)((uint8_t *)data - world->device.memory), payload, bytes);
	if (pms_group_add(group->handle, bytes, &error) != PMS_OK)
		crash_fail("adding to a group failed: %s", error.message);
}

static void end_group(crash_world *world, crash_world_group *group)
{
	pms_group_release(group->handle);
	group->handle = NULL;
	world_note(world);
}

void verb_publish_group(crash_world *world, unsigned slot)
{
	crash_world_group *group = &world->groups[slot];
	pms_position positions[GROUP_MAX];
	pms_error error;

	if (!group->handle)
		return;
	for (unsigned i = 0; i < group->members; i++)
		world->model.entries[group->entries[i]].state = ENTRY_TRYING;
	world_note(world);
	int32_t status = pms_group_publish(group->handle, positions, &error);
	appended(world, group->entries, group->members, status, &error, positions, ENTRY_ACKNOWLEDGED);
	end_group(world, group);
}

void verb_abandon_group(crash_world *world, unsigned slot)
{
	crash_world_group *group = &world->groups[slot];
	pms_error error;

	if (!group->handle)
		return;
	for (unsigned i = 0; i < group->members; i++)
		world->model.entries[group->entries[i]].state = ENTRY_GONE;
	world_note(world);
	if (pms_group_abandon(group->handle, &error) != PMS_OK)
		crash_fail("abandoning a group failed: %s", error.message);
	end_group(world, group);
}
