/* SPDX-License-Identifier: MIT */
/*
 * A group that is written in place, entry by entry, and becomes visible and durable as a whole or not at all (R11).
 *
 * It is one reservation: a pending header over all of its space, and as many timestamps as it may have entries. Its entries
 * are laid out from the start of the space. What happens at the end depends on whether somebody has made something durable
 * that lies behind it meanwhile:
 *
 *   not followed   Nothing behind it was promised. All headers are stored in place and go under one drain. After a crash
 *                  before it: the pending entry, an incomplete group, a hole, or the group; all of them end the log or are
 *                  dropped, and nothing that lies behind was promised.
 *   followed       The pending header must stay valid until something takes its place in one 8-byte store; but a first
 *                  member has another extent, which is another word. So the entries are appended once more as an ordinary
 *                  group, from the mapping, and the reservation is abandoned. It costs their space twice.
 */
#include <stdlib.h>

#include "append.h"

struct pms_group {
	pms_reservation reservation;
	uint64_t start, end; /* of its space; `end` for laying out only */
	uint64_t at;	     /* where the next entry begins */
	uint64_t entries_max, count;
	uint64_t *bytes; /* payload of each */
};

static uint64_t entry_start(const pms_group *group, uint64_t before, uint64_t index)
{
	return before + pms_entry_extent(group->bytes[index], group->reservation.region->alignment);
}

int32_t pms_group_open(pms_region *region, uint64_t entries_max, uint64_t bytes_max, pms_group **out, pms_error *error)
{
	/* Whatever the entries' sizes are: each may waste a header and up to one unit less a byte. */
	uint64_t payload = bytes_max + entries_max * (PMS_ENTRY_HEADER_BYTES + region->alignment - 1);
	uint64_t extent = pms_round_up(payload, region->alignment);
	pms_group *group = calloc(1, sizeof(*group));

	if (group)
		group->bytes = calloc(entries_max, sizeof(*group->bytes));
	if (!group || !group->bytes) {
		free(group);
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a group of up to %llu entries",
				(unsigned long long)entries_max);
	}
	group->reservation.region = region;
	group->entries_max = entries_max;
	int32_t status = pms_reservation_open(&group->reservation, extent, entries_max, error);
	if (status != PMS_OK) {
		free(group->bytes);
		free(group);
		return status;
	}
	group->start = group->at = group->reservation.position.offset;
	group->end = group->start + extent;
	pms_region_reference(region);
	*out = group;
	return PMS_OK;
}

pms_region *pms_group_region(const pms_group *group) { return group->reservation.region; }

static int32_t check_open(const pms_group *group, pms_error *error)
{
	pms_region *region = group->reservation.region;

	pms_mutex_lock(&region->mutex);
	bool is_open = group->reservation.record != NULL;
	pms_mutex_unlock(&region->mutex);
	return is_open ? PMS_OK
		       : pms_fail(error, PMS_E_ENDED, "the group at offset %llu was already published or abandoned",
				  (unsigned long long)group->start);
}

int32_t pms_group_room(const pms_group *group, uint64_t *payload, uint64_t *bytes, pms_error *error)
{
	int32_t status = check_open(group, error);

	if (status != PMS_OK)
		return status;
	if (group->count == group->entries_max)
		return pms_fail_at(error, PMS_E_TOO_SMALL, group->start, group->entries_max, group->count + 1,
				   "the group was begun for at most %llu entries",
				   (unsigned long long)group->entries_max);
	if (group->at + PMS_ENTRY_HEADER_BYTES > group->end)
		return pms_fail_at(error, PMS_E_TOO_SMALL, group->at, 0, PMS_ENTRY_HEADER_BYTES,
				   "the space of the group is used up");
	*payload = group->at + PMS_ENTRY_HEADER_BYTES;
	*bytes = group->end - *payload < PMS_ENTRY_BYTES_MAX ? group->end - *payload : PMS_ENTRY_BYTES_MAX;
	return PMS_OK;
}

int32_t pms_group_take(pms_group *group, uint64_t bytes, pms_error *error)
{
	uint64_t payload, room;
	int32_t status = pms_group_room(group, &payload, &room, error);

	if (status != PMS_OK)
		return status;
	if (bytes > room)
		return pms_fail_at(error, PMS_E_INVALID_ARGUMENT, group->at, room, bytes,
				   "bytes is %llu, but only %llu are left in the group", (unsigned long long)bytes,
				   (unsigned long long)room);
	group->bytes[group->count] = bytes;
	group->at = entry_start(group, group->at, group->count);
	group->count++;
	return PMS_OK;
}

/* Stores header and padding of entry `index`, which begins at `at`. The last one takes what is left of the space. */
static void store_member(const pms_group *group, const pms_record *record, uint64_t index, uint64_t at)
{
	pms_region *region = group->reservation.region;
	pms_medium *medium = &region->stream->medium;
	bool is_last = index + 1 == group->count;
	uint64_t bytes = group->bytes[index];
	uint64_t next = is_last ? record->end : entry_start(group, at, index);
	uint64_t timestamp = record->timestamp + index;
	uint32_t lag = (uint32_t)(record->size_word >> PMS_SIZE_LAG_SHIFT);

	/* The distance of the reservation, and further from there for each later one (R8). */
	if (lag < PMS_LAG_UNKNOWN && index > 0)
		lag = pms_lag_encode(at - record->start + pms_lag_decode(lag));
	uint64_t size_word = pms_size_word(bytes, next - at, !is_last, lag);
	pms_zero_padding(medium, at + PMS_ENTRY_HEADER_BYTES, bytes);
	uint64_t hash = pms_hash(pms_at(medium, at + PMS_ENTRY_HEADER_BYTES), bytes);
	pms_store64(medium, at, size_word);
	pms_store64(medium, at + offsetof(pms_stored_entry, timestamp), timestamp);
	pms_store64(medium, at + offsetof(pms_stored_entry, checksum),
		    pms_entry_checksum(PMS_KIND_DATA, hash, size_word, timestamp, at, &region->life));
	pms_flush(medium, at, PMS_ENTRY_HEADER_BYTES + pms_round_up(bytes, 8));
}

/* From the last member to the first, which turns the pending entry into data for whoever looks before the drain. */
static void store_members(const pms_group *group, const pms_record *record, pms_position *positions)
{
	uint64_t at = group->at;

	for (uint64_t index = group->count; index-- > 0;) {
		at -= pms_entry_extent(group->bytes[index], group->reservation.region->alignment);
		store_member(group, record, index, at);
		if (positions)
			positions[index] = (pms_position){.offset = at, .timestamp = record->timestamp + index};
	}
}

/* Somebody has made durable what lies behind: the entries move there, too. */
static int32_t append_again(pms_group *group, pms_position *positions, pms_error *error)
{
	pms_region *region = group->reservation.region;
	pms_part *parts = calloc(group->count, sizeof(*parts));
	uint64_t at = group->start;

	if (!parts)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a group");
	for (uint64_t i = 0; i < group->count; i++) {
		parts[i] = (pms_part){.data = pms_at(&region->stream->medium, at + PMS_ENTRY_HEADER_BYTES),
				      .bytes = group->bytes[i]};
		at = entry_start(group, at, i);
	}
	int32_t status = pms_append_group(region, parts, group->count, 0, positions, error);
	free(parts);
	/* Until then they are behind an open reservation: not visible. */
	if (status == PMS_OK || status == PMS_E_CLOSED || status == PMS_E_POISONED)
		(void)pms_abandon(&group->reservation, NULL);
	return status;
}

/* The entries have moved, or have not: then the group is where it was, and can be abandoned by anybody again. */
static void stay(pms_group *group)
{
	pms_region *region = group->reservation.region;

	pms_mutex_lock(&region->mutex);
	if (group->reservation.record)
		group->reservation.record->moving = false;
	pms_mutex_unlock(&region->mutex);
}

int32_t pms_group_finish(pms_group *group, pms_position *positions, pms_error *error)
{
	pms_record *record;
	bool two_drains;

	if (group->count == 0)
		return pms_abandon(&group->reservation, error);
	int32_t status = pms_reservation_claim(&group->reservation, 0, !PMS_FAULT(GROUP_PUBLISHED_THOUGH_FOLLOWED),
					       &record, &two_drains, error);
	if (status != PMS_OK)
		return status;
	if (!record) {
		status = append_again(group, positions, error);
		stay(group);
		return status;
	}
	record->last_timestamp = record->timestamp + group->count - 1;
	store_members(group, record, positions);
	return pms_reservation_finish(group->reservation.region, record, error);
}

int32_t pms_group_end(pms_group *group, pms_error *error) { return pms_abandon(&group->reservation, error); }

void pms_group_close(pms_group *group)
{
	pms_region *region = group->reservation.region;

	(void)pms_abandon(&group->reservation, NULL);
	free(group->bytes);
	free(group);
	pms_region_unreference(region);
}
