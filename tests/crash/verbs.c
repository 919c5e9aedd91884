/* SPDX-License-Identifier: MIT */
/* The public verbs. Each tells the model before the call what may be found from now on, and after it what must be. */
#include "crash.h"
#include "fibers.h"
#include "world.h"

void world_note(crash_world *world) { history_add_model(&world->history, &world->model); }

static void expect_ok(int32_t status, const pms_error *error, const char *verb)
{
	if (status != PMS_OK)
		crash_fail("%s returned %d: %s", verb, status, error->message);
}

/* ---- the stream -------------------------------------------------------------------------------------------------- */

void verb_create(crash_world *world)
{
	const pms_create_options options = {
	    .struct_bytes = sizeof(options),
	    .flags = PMS_CREATE_OVERWRITE,
	    .stream_bytes = world->device.file_bytes,
	};
	pms_error error;

	world->model = (crash_model){.stream_state = STREAM_CREATING, .stream_bytes = world->device.file_bytes};
	world_note(world);
	device_use(&world->device);
	expect_ok(pms_stream_create("stream", &options, &world->stream, &error), &error, "create");
	world->model.stream_state = STREAM_LIVE;
	world_note(world);
}

void verb_grow(crash_world *world, uint32_t stream_bytes)
{
	pms_error error;

	/* Beside another thread that grows it: there is one size that it may have besides. */
	if (world->model.growing_to || stream_bytes <= world->model.stream_bytes)
		return;
	world->model.growing_to = stream_bytes;
	world_note(world);
	expect_ok(pms_stream_grow(world->stream, stream_bytes, &error), &error, "growing");
	world->model.stream_bytes = stream_bytes;
	world->model.growing_to = 0;
	world_note(world);
}

static void give_up_handles(crash_world *world)
{
	for (unsigned i = 0; i < WORLD_RESERVATIONS_MAX; i++) {
		pms_reservation_release(world->reservations[i].handle);
		world->reservations[i].handle = NULL;
	}
	for (unsigned i = 0; i < WORLD_GROUPS_MAX; i++) {
		pms_group_release(world->groups[i].handle);
		world->groups[i].handle = NULL;
	}
	for (unsigned i = 0; i < MODEL_REGIONS_MAX; i++) {
		pms_region_release(world->regions[i]);
		world->regions[i] = NULL;
	}
	pms_stream_release(world->stream);
	world->stream = NULL;
}

void world_die(crash_world *world)
{
	world->device.dead = true;
	give_up_handles(world);
}

/* Reservations stay open: what the close leaves is not changed by giving up their handles, for the process is gone. */
void verb_close(crash_world *world)
{
	const crash_model before = world->model;

	world->closing = true;
	if (pms_stream_close(world->stream) != PMS_OK)
		crash_fail("close failed");
	for (unsigned i = 0; i < before.entry_count; i++)
		if (before.entries[i].state == ENTRY_DEFERRED && world->model.entries[i].state == ENTRY_DEFERRED)
			world->model.entries[i].state = ENTRY_ACKNOWLEDGED;
	world_note(world);
}

/* ---- regions ----------------------------------------------------------------------------------------------------- */

unsigned verb_create_region(crash_world *world, uint32_t usable_bytes, uint16_t alignment)
{
	unsigned number = model_add_region(&world->model, usable_bytes, alignment);
	char name[8];
	const pms_region_options options = {
	    .struct_bytes = sizeof(options),
	    .name = name,
	    .name_bytes = model_region_name(number, name),
	    .usable_bytes = usable_bytes,
	    .entry_alignment = alignment,
	};
	pms_error error;

	world_note(world);
	int32_t status = pms_region_create(world->stream, &options, &world->regions[number], &error);
	if (status != PMS_E_STREAM_FULL)
		expect_ok(status, &error, "creating a region");
	world->model.regions[number].state = status == PMS_OK ? REGION_LIVE : REGION_GONE;
	world_note(world);
	return number;
}

void verb_clear(crash_world *world, unsigned region)
{
	crash_model_region *expected = &world->model.regions[region];
	pms_error error;

	if (expected->state != REGION_LIVE) /* another thread is at it */
		return;
	expected->state = REGION_CLEARING;
	world_note(world);
	int32_t status = pms_region_clear(world->regions[region], &error);
	expected->state = REGION_LIVE;
	if (status != PMS_E_BUSY) {
		expect_ok(status, &error, "clearing a region");
		for (unsigned i = 0; i < world->model.entry_count; i++)
			if (world->model.entries[i].region == region && world->model.entries[i].state != ENTRY_TRYING)
				world->model.entries[i].state = ENTRY_GONE;
	}
	world_note(world);
}

void verb_free(crash_world *world, unsigned region)
{
	crash_model_region *expected = &world->model.regions[region];
	pms_error error;

	if (expected->state != REGION_LIVE)
		return;
	expected->state = REGION_FREEING;
	world_note(world);
	int32_t status = pms_region_free(world->regions[region], &error);
	if (status == PMS_E_BUSY) {
		expected->state = REGION_LIVE;
	} else {
		expect_ok(status, &error, "freeing a region");
		expected->state = REGION_GONE;
		/* The handle stays: somebody else may be about to use it, and is told that it is stale. */
		model_set_entries(&world->model, region, ENTRY_GONE);
	}
	world_note(world);
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

bool world_refuses(const crash_world *world, int32_t status, const pms_error *error, const char *verb)
{
	if (status == PMS_E_REGION_FULL || status == PMS_E_STALE || (status == PMS_E_CLOSED && world->closing))
		return true;
	expect_ok(status, error, verb);
	return false;
}

void world_promise(crash_world *world, unsigned region, uint64_t offset)
{
	for (unsigned i = 0; i < world->model.entry_count; i++) {
		crash_model_entry *entry = &world->model.entries[i];
		if (entry->region == region && entry->state == ENTRY_DEFERRED && entry->offset <= offset)
			entry->state = ENTRY_ACKNOWLEDGED;
	}
}

void world_acknowledge(crash_world *world, unsigned entry, const pms_position *position, model_entry_state state)
{
	crash_model_entry *expected = &world->model.entries[entry];

	/* Another thread may have cleared the region between the last step of the call and its return. */
	if (position->timestamp <= world->regions[expected->region]->life.base) {
		expected->state = ENTRY_GONE;
		return;
	}
	if (position->timestamp <= world->model.stable && position->offset >= world->stable_end[expected->region])
		crash_fail("entry %u, timestamp %llu, turns up after %llu was returned as persisted", entry,
			   (unsigned long long)position->timestamp, (unsigned long long)world->model.stable);
	if (expected->state != ENTRY_ACKNOWLEDGED) /* a persist of the stream may have come first */
		expected->state = (uint8_t)state;
	expected->offset = position->offset;
	expected->timestamp = position->timestamp;
	if (state == ENTRY_ACKNOWLEDGED)
		world_promise(world, expected->region, position->offset);
}

static unsigned new_entry(crash_world *world, unsigned region, uint32_t bytes, uint8_t *payload)
{
	unsigned entry = model_add_entry(&world->model, region, bytes, ENTRY_TRYING);

	if (entry == MODEL_ENTRIES_MAX)
		return entry;
	model_fill(entry, bytes, payload);
	world_note(world);
	return entry;
}

static void appended(crash_world *world, unsigned entry, int32_t status, const pms_error *error,
		     const pms_position *position, model_entry_state state)
{
	unsigned region = world->model.entries[entry].region;

	if (world_refuses(world, status, error, "append")) {
		world->model.entries[entry].state = ENTRY_GONE;
	} else {
		world_acknowledge(world, entry, position, state);
		if (state == ENTRY_ACKNOWLEDGED && world->model.entries[entry].state == state && !world->closing &&
		    pms_region_persisted(world->regions[region]) <= position->offset)
			crash_fail("an append at offset %llu returned before it was persisted",
				   (unsigned long long)position->offset);
	}
	world_note(world);
}

static void append(crash_world *world, unsigned region, unsigned entry, const uint8_t *payload)
{
	uint64_t bytes = world->model.entries[entry].bytes;
	pms_position position;
	pms_error error;

	int32_t status = pms_region_append(world->regions[region], payload, bytes, &position, &error);
	appended(world, entry, status, &error, &position, ENTRY_ACKNOWLEDGED);
}

void verb_append(crash_world *world, unsigned region, uint32_t bytes)
{
	uint8_t payload[WORLD_PAYLOAD_MAX];
	unsigned entry = new_entry(world, region, bytes, payload);

	if (entry < MODEL_ENTRIES_MAX)
		append(world, region, entry, payload);
}

void verb_append_deferred(crash_world *world, unsigned region, uint32_t bytes)
{
	uint8_t payload[WORLD_PAYLOAD_MAX];
	unsigned entry = new_entry(world, region, bytes, payload);
	pms_position position;
	pms_error error;

	if (entry == MODEL_ENTRIES_MAX)
		return;
	int32_t status = pms_region_append_deferred(world->regions[region], payload, bytes, &position, &error);
	appended(world, entry, status, &error, &position, ENTRY_DEFERRED);
}

void verb_append_parts(crash_world *world, unsigned region, uint32_t bytes, uint32_t flags)
{
	uint8_t payload[WORLD_PAYLOAD_MAX];
	unsigned entry = new_entry(world, region, bytes, payload);
	const pms_part parts[] = {
	    {.data = payload, .bytes = 3},
	    {.data = NULL, .bytes = 0},
	    {.data = payload + 3, .bytes = bytes / 2},
	    {.data = payload + 3 + bytes / 2, .bytes = bytes - bytes / 2 - 3},
	};
	pms_position position;
	pms_error error;

	if (entry == MODEL_ENTRIES_MAX)
		return;
	int32_t status = pms_region_append_parts(world->regions[region], parts, 4, flags, &position, &error);
	appended(world, entry, status, &error, &position,
		 flags & PMS_APPEND_DEFERRED ? ENTRY_DEFERRED : ENTRY_ACKNOWLEDGED);
}

void verb_append_shared(crash_world *world, unsigned region, uint32_t bytes)
{
	unsigned entry = model_add_entry(&world->model, region, bytes, ENTRY_TRYING);
	uint8_t payload[WORLD_PAYLOAD_MAX];

	world->model.entries[entry].fickle = 1;
	model_fill(entry, bytes, payload);
	world_note(world);
	world->shared = payload;
	append(world, region, entry, payload);
	world->shared = NULL;
}

void verb_disturb(crash_world *world, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		uint64_t name;
		fiber_yield();
		if (!world->shared)
			continue;
		memcpy(&name, world->shared, sizeof(name));
		if (i % 2)
			model_fill((unsigned)name - 1, world->model.entries[name - 1].bytes, world->shared);
		else
			model_fill_other((unsigned)name - 1, world->model.entries[name - 1].bytes, world->shared);
	}
}

void verb_reserve(crash_world *world, unsigned slot, unsigned region, uint32_t bytes)
{
	crash_world_reservation *reservation = &world->reservations[slot];
	unsigned entry = model_add_entry(&world->model, region, bytes, ENTRY_OPEN);
	pms_position position;
	pms_error error;
	void *payload;

	if (entry == MODEL_ENTRIES_MAX)
		return;
	CRASH_CHECK(!reservation->handle);
	int32_t status =
	    pms_region_reserve(world->regions[region], bytes, &reservation->handle, &payload, &position, &error);
	if (world_refuses(world, status, &error, "reserve")) {
		world->model.entries[entry].state = ENTRY_GONE;
	} else {
		world->model.entries[entry].offset = position.offset;
		world->model.entries[entry].timestamp = position.timestamp;
		reservation->entry = entry;
		reservation->payload = (uint64_t)((uint8_t *)payload - world->device.memory);
	}
	world_note(world);
}

void verb_write(crash_world *world, unsigned slot)
{
	const crash_world_reservation *reservation = &world->reservations[slot];
	uint8_t payload[WORLD_PAYLOAD_MAX];

	if (!reservation->handle)
		return;
	uint32_t bytes = world->model.entries[reservation->entry].bytes;
	model_fill(reservation->entry, bytes, payload);
	device_user_write(&world->device, reservation->payload, payload, bytes);
}

void verb_publish(crash_world *world, unsigned slot, uint32_t bytes)
{
	crash_world_reservation *reservation = &world->reservations[slot];
	crash_model_entry *expected = &world->model.entries[reservation->entry];
	pms_position position;
	pms_error error;

	if (!reservation->handle)
		return;
	expected->bytes = bytes < expected->bytes ? bytes : expected->bytes;
	expected->state = ENTRY_TRYING;
	world_note(world);
	int32_t status = pms_reservation_publish(reservation->handle, expected->bytes, &position, &error);
	if (world_refuses(world, status, &error, "publish")) {
		expected->state = ENTRY_GONE; /* it was abandoned instead */
	} else {
		CRASH_CHECK(position.offset == expected->offset && position.timestamp == expected->timestamp);
		world_acknowledge(world, reservation->entry, &position, ENTRY_ACKNOWLEDGED);
	}
	world_note(world);
	pms_reservation_release(reservation->handle);
	reservation->handle = NULL;
}

void verb_abandon(crash_world *world, unsigned slot)
{
	crash_world_reservation *reservation = &world->reservations[slot];
	pms_error error;

	if (!reservation->handle)
		return;
	world->model.entries[reservation->entry].state = ENTRY_GONE;
	world_note(world);
	expect_ok(pms_reservation_abandon(reservation->handle, &error), &error, "abandon");
	pms_reservation_release(reservation->handle);
	reservation->handle = NULL;
}
