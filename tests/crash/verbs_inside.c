/* SPDX-License-Identifier: MIT */
/*
 * Verbs that the format and recovery know and the public header does not have yet, done with the engine's own parts:
 * groups (R11) and the stream-wide persist (R14).
 */
#include "crash.h"
#include "fault.h"
#include "fibers.h"
#include "world.h"

/* ---- groups ------------------------------------------------------------------------------------------------------ */

typedef struct crash_group {
	pms_region *region;
	uint64_t start, timestamp; /* of the first member */
	uint64_t persisted;	   /* at the latest when the space was taken */
	unsigned members;
	uint32_t bytes;
} crash_group;

static void write_member(const crash_group *group, unsigned member, unsigned entry)
{
	uint64_t extent = pms_entry_extent(group->bytes, group->region->alignment);
	uint64_t start = group->start + member * extent;
	uint8_t bytes[PMS_ENTRY_HEADER_BYTES + WORLD_PAYLOAD_MAX] = {0};
	uint8_t *payload = bytes + PMS_ENTRY_HEADER_BYTES;
	uint64_t step = PMS_FAULT(GROUP_TIMESTAMPS_WITH_GAPS) ? 2 : 1;
	uint64_t from = PMS_FAULT(GROUP_LAG_FROM_ITS_START) ? group->start : start;

	model_fill(entry, group->bytes, payload);
	uint64_t size_word =
	    pms_size_word(group->bytes, extent, member + 1 < group->members, pms_lag_encode(from - group->persisted));
	pms_stored_entry header = {
	    .size_word = size_word,
	    .timestamp = group->timestamp + member * step,
	};
	header.checksum = pms_entry_checksum(PMS_KIND_DATA, pms_hash(payload, group->bytes), size_word,
					     header.timestamp, start, &group->region->life);
	memcpy(bytes, &header, sizeof(header));
	pms_copy_flush(&group->region->stream->medium, start, bytes,
		       PMS_ENTRY_HEADER_BYTES + pms_round_up(group->bytes, 8));
}

/* One slot over all members, and timestamps without gaps: nobody else runs meanwhile. */
static pms_slot *take_group(crash_world *world, crash_group *group)
{
	uint64_t extent = pms_entry_extent(group->bytes, group->region->alignment);
	uint64_t rest;
	pms_slot *slot;
	pms_error error;

	fiber_hold();
	if (pms_clock_is_low(world->stream))
		CRASH_CHECK(pms_clock_refill(world->stream, &error) == PMS_OK);
	group->persisted = pms_region_persisted(group->region);
	int32_t status =
	    pms_order_take(group->region, group->members * extent - PMS_ENTRY_HEADER_BYTES, NULL, &slot, &error);
	if (status == PMS_OK) {
		CRASH_CHECK(pms_clock_take(world->stream, 2ull * group->members - 1, &rest));
		CRASH_CHECK(rest == slot->timestamp + 1);
		group->start = slot->start;
		group->timestamp = slot->timestamp;
		slot->timestamp = slot->last_data_timestamp = slot->timestamp + group->members - 1;
	}
	fiber_release();
	return status == PMS_OK ? slot : NULL;
}

void verb_group(crash_world *world, unsigned region, unsigned members, uint32_t bytes)
{
	crash_group group = {.region = world->regions[region], .members = members, .bytes = bytes};
	uint64_t extent = pms_entry_extent(bytes, group.region->alignment);
	unsigned first = world->model.entry_count;
	pms_error error;

	if (first + members > MODEL_ENTRIES_MAX)
		return;
	world->model.group_count++;
	for (unsigned i = 0; i < members; i++) {
		(void)model_add_entry(&world->model, region, bytes, ENTRY_TRYING);
		world->model.entries[first + i].group = (uint8_t)world->model.group_count;
	}
	world_note(world);
	pms_slot *slot = take_group(world, &group);
	if (!slot) { /* no room, or freed meanwhile */
		for (unsigned i = 0; i < members; i++)
			world->model.entries[first + i].state = ENTRY_GONE;
		world_note(world);
		return;
	}
	for (unsigned i = 0; i < members; i++)
		write_member(&group, i, first + i);
	pms_order_follow(group.region, slot);
	CRASH_CHECK(pms_stream_drain(world->stream, &error) == PMS_OK);
	CRASH_CHECK(pms_order_finish(group.region, slot, &error) == PMS_OK);
	for (unsigned i = 0; i < members; i++) {
		crash_model_entry *expected = &world->model.entries[first + i];
		expected->state = ENTRY_ACKNOWLEDGED;
		expected->offset = group.start + i * extent;
		expected->timestamp = group.timestamp + i;
	}
	world_note(world);
}

/* ---- stream-wide persist ----------------------------------------------------------------------------------------- */

/* Waits for appends and publishes in flight, and flushes the headers of what is open or abandoned. */
static void follow_all(pms_region *region)
{
	pms_mutex_lock(&region->mutex);
	for (pms_slot *slot = region->persist_slot; slot;) {
		bool in_flight = slot->state == PMS_SLOT_APPENDING || slot->state == PMS_SLOT_PUBLISHING;
		if (in_flight && !PMS_FAULT(PERSISTED_PAST_A_PUBLISH)) {
			pms_condition_wait(&region->changed, &region->mutex);
			slot = region->persist_slot;
			continue;
		}
		if (!slot->durable && (slot->state == PMS_SLOT_OPEN || slot->state == PMS_SLOT_ABANDONED)) {
			slot->followed = true;
			pms_flush(&region->stream->medium, slot->start, PMS_ENTRY_HEADER_BYTES);
		}
		slot = slot->next;
	}
	pms_mutex_unlock(&region->mutex);
}

/* Lowers the bound below everything that is open or un-persisted. */
static void bound_by(pms_region *region, uint64_t *bound)
{
	pms_mutex_lock(&region->mutex);
	for (const pms_slot *slot = region->first_slot; slot; slot = slot->next) {
		bool claims = slot->state == PMS_SLOT_DONE || slot->state == PMS_SLOT_ABANDONED;
		if (PMS_FAULT(PERSISTED_PAST_A_PUBLISH) && slot->state == PMS_SLOT_PUBLISHING)
			continue;
		if ((!claims || !slot->durable) && slot->timestamp < *bound)
			*bound = slot->timestamp;
	}
	pms_mutex_unlock(&region->mutex);
}

void verb_persist(crash_world *world)
{
	pms_stream *stream = world->stream;
	uint64_t bound = atomic_load(&stream->next_timestamp);
	pms_error error;

	for (unsigned i = 0; i < MODEL_REGIONS_MAX; i++)
		if (world->regions[i])
			follow_all(world->regions[i]);
	CRASH_CHECK(pms_stream_drain(stream, &error) == PMS_OK);
	for (unsigned i = 0; i < MODEL_REGIONS_MAX; i++)
		if (world->regions[i])
			bound_by(world->regions[i], &bound);
	fiber_hold();
	if (bound - 1 > stream->persisted_timestamp) {
		stream->persisted_timestamp = bound - 1;
		pms_word_write_flush(stream, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, bound - 1);
	}
	fiber_release();
	CRASH_CHECK(pms_stream_drain(stream, &error) == PMS_OK);
}
