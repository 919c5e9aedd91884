/* SPDX-License-Identifier: MIT */
/*
 * Reading: entries in order, straight from the mapping, bounded by what is committed. Nothing that is read is trusted: a
 * size is checked against the committed part before it is used, a timestamp against its predecessor, and (unless the
 * caller asks otherwise) the payload against its checksum. In the committed part an entry that fails is damage, never the
 * end of the log.
 */
#include "cursor.h"

#include <stdlib.h>

/* The region cannot be read at all. (With damaged entries in it, damage_offset is theirs: it can, up to there.) */
static int32_t check_readable(const pms_region *region, pms_error *error)
{
	const uint32_t kinds = PMS_STATE_HEADER_DAMAGED | PMS_STATE_ENTRIES_DAMAGED;

	if ((region->damage & kinds) != PMS_STATE_HEADER_DAMAGED || !region->damage_offset)
		return PMS_OK;
	return pms_fail_at(error, PMS_E_CORRUPT, region->damage_offset, 0, 0,
			   "the header of the region at offset %llu is damaged: its entries cannot be told apart",
			   (unsigned long long)region->offset);
}

static int32_t no_entry(const pms_region *region, const pms_position *position, pms_error *error)
{
	return pms_fail_at(error, PMS_E_NO_ENTRY, position->offset, 0, 0,
			   "no visible entry of the region '%s' at offset %llu with timestamp %llu", region->name,
			   (unsigned long long)position->offset, (unsigned long long)position->timestamp);
}

/* Whether an entry may begin there: its header lies before `end`. */
static bool is_place(const pms_region *region, uint64_t offset, uint64_t end)
{
	return offset >= region->data_start && offset < end && end - offset >= PMS_ENTRY_HEADER_BYTES &&
	       (offset - region->data_start) % region->alignment == 0;
}

/*
 * The data entry that a position names. What lies there must be an entry of this life with this very timestamp: bytes
 * between entries do not hash to a checksum over their own offset. Always verified, so that a wrong position is not
 * mistaken for an entry; damage and a wrong position look alike unless the timestamp is right. Beside a writer in another process
 * so does the payload of the next life under a header of this one: then the life has ended (R20).
 */
static int32_t find_position(const pms_cursor *cursor, const pms_position *position, pms_parsed_entry *entry,
			     pms_error *error)
{
	const pms_region *region = cursor->region;
	uint64_t end = atomic_load_explicit(&region->committed, memory_order_acquire);
	uint64_t offset = position->offset;
	pms_entry_kind kind;

	if (!is_place(region, offset, end))
		return no_entry(region, position, error);
	int32_t status = pms_cursor_load(region, &cursor->life, offset, end, true, entry, &kind, error);
	if (entry->timestamp != position->timestamp || entry->timestamp <= cursor->life.base ||
	    (status == PMS_OK && kind != PMS_KIND_DATA))
		return no_entry(region, position, error);
	if (status == PMS_E_CORRUPT && cursor->watches)
		return pms_life_stale_or(region, &cursor->life, status, error);
	return status;
}

/*
 * From the first entry to one that the index names, when that is there: an entry of this life with this very timestamp, as
 * for a position. Else the cursor stays where it is; a hint that is wrong costs a walk, never an entry.
 */
static void skip_ahead(pms_cursor *cursor, uint64_t timestamp)
{
	pms_region *region = cursor->region;
	uint64_t end = atomic_load_explicit(&region->committed, memory_order_acquire);
	pms_parsed_entry entry;
	pms_entry_kind kind;
	pms_seek_pair pair;

	if (!pms_seek_index_find(&region->seek, cursor->life.base, timestamp, &pair) ||
	    !is_place(region, pair.offset, end) ||
	    pms_cursor_load(region, &cursor->life, pair.offset, end, true, &entry, &kind, NULL) != PMS_OK ||
	    entry.timestamp != pair.timestamp)
		return;
	cursor->at = pair.offset;
	cursor->last = pair.timestamp - 1;
}

/*
 * Walks from the first entry, or from where the index says; payloads are not hashed on the way, only what the cursor then
 * returns.
 */
static int32_t seek_timestamp(pms_cursor *cursor, uint64_t timestamp, pms_error *error)
{
	bool verified = cursor->verified;
	pms_parsed_entry entry;
	pms_cursor before;
	int32_t status;

	skip_ahead(cursor, timestamp);
	cursor->verified = false;
	do {
		before = *cursor;
		status = pms_cursor_step(cursor, &entry, error);
	} while (status == PMS_OK && entry.timestamp < timestamp);
	if (status == PMS_OK)
		*cursor = before; /* stands before the entry, or before skipped ones that precede it */
	cursor->verified = verified;
	if (status != PMS_E_END)
		return status;
	cursor->least = timestamp; /* what comes next may be earlier still */
	return PMS_OK;
}

static int32_t place(pms_cursor *cursor, const pms_cursor_options *options, pms_error *error)
{
	const pms_position *position = &options->position;
	pms_parsed_entry entry;

	if (options->start == PMS_CURSOR_FIRST ||
	    (options->start == PMS_CURSOR_AFTER && position->offset == 0 && position->timestamp == 0))
		return PMS_OK;
	if (options->start == PMS_CURSOR_FROM_TIMESTAMP)
		return seek_timestamp(cursor, position->timestamp, error);
	int32_t status = find_position(cursor, position, &entry, error);
	if (status != PMS_OK)
		return status;
	cursor->at = position->offset;
	cursor->last = position->timestamp - 1;
	if (options->start == PMS_CURSOR_AFTER)
		pms_cursor_move(cursor, entry.extent_bytes, entry.timestamp, entry.group_continues);
	return PMS_OK;
}

int32_t pms_cursor_start_at(pms_region *region, const pms_cursor_options *options, pms_cursor **out, pms_error *error)
{
	int32_t status = pms_region_enter_reader(region, error);
	pms_attachment *pinned = NULL;
	pms_cursor *cursor;
	pms_life life = {0};

	if (status != PMS_OK)
		return status;
	cursor = malloc(sizeof(*cursor));
	if (!cursor)
		status = pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a cursor");
	if (status == PMS_OK)
		status = check_readable(region, error);
	if (status == PMS_OK) {
		*cursor = (pms_cursor){
		    .region = region, .verified = !(options->flags & PMS_READ_UNVERIFIED), .ahead_count = 1};
		status = pms_cursor_look(region, &life, error);
	}
	if (status == PMS_OK && (options->flags & PMS_READ_PINNED) && region->stream->read_only)
		status = pms_coordination_pin(region, life.base, &pinned, error);
	if (status == PMS_OK) {
		pms_cursor_rewind(cursor, &life);
		status = place(cursor, options, error);
	}
	if (status != PMS_OK) {
		pms_coordination_unpin(region, pinned);
		free(cursor);
		pms_region_leave_reader(region);
		return status;
	}
	pms_region_reference(region);
	cursor->pinned = pinned;
	*out = cursor;
	return PMS_OK;
}

void pms_cursor_end(pms_cursor *cursor)
{
	pms_region *region = cursor->region;

	pms_coordination_unpin(region, cursor->pinned);
	free(cursor->ahead);
	free(cursor);
	pms_region_leave_reader(region);
	pms_region_unreference(region);
}

/*
 * The copy is what gets hashed, so that a writer in another process cannot change it between check and use (R20). Where
 * there is no room for it, the entry in place is verified, so that the size that is returned is right.
 */
static int32_t copy_entry(pms_region *region, const pms_position *position, void *destination, uint64_t capacity,
			  bool verified, uint64_t *bytes, pms_life *found, pms_error *error)
{
	uint64_t offset = position->offset;
	pms_parsed_entry entry;
	pms_life life;

	int32_t status = check_readable(region, error);
	if (status == PMS_OK)
		status = pms_cursor_look(region, &life, error);
	if (status != PMS_OK)
		return status;
	*found = life;
	uint64_t end = atomic_load_explicit(&region->committed, memory_order_acquire);
	if (!is_place(region, offset, end))
		return no_entry(region, position, error);
	const uint8_t *header = pms_at(&region->stream->medium, offset);
	const void *payload = header + PMS_ENTRY_HEADER_BYTES;
	bool possible = pms_entry_parse(header, offset, end, region->alignment, &entry);
	if (entry.timestamp != position->timestamp || entry.timestamp <= life.base)
		return no_entry(region, position, error);
	if (!possible)
		return pms_cursor_damaged(region, offset, "its size or timestamp cannot be right", error);
	bool has_room = entry.payload_bytes <= capacity;
	if (has_room && entry.payload_bytes)
		payload = memcpy(destination, payload, entry.payload_bytes);
	pms_entry_kind kind =
	    verified ? pms_entry_classify(&entry, payload, &life) : pms_entry_classify_unverified(&entry, &life);
	if (kind == PMS_KIND_INVALID)
		return pms_cursor_damaged(region, offset, "its checksum does not match", error);
	if (kind != PMS_KIND_DATA)
		return no_entry(region, position, error);
	*bytes = entry.payload_bytes;
	if (!has_room)
		return pms_fail_at(error, PMS_E_TOO_SMALL, offset, entry.payload_bytes, capacity,
				   "the entry has %llu bytes, the destination %llu",
				   (unsigned long long)entry.payload_bytes, (unsigned long long)capacity);
	return PMS_OK;
}

int32_t pms_copy_entry(pms_region *region, const pms_position *position, void *destination, uint64_t capacity,
		       bool verified, uint64_t *bytes, pms_error *error)
{
	pms_life life = {0};

	int32_t status = copy_entry(region, position, destination, capacity, verified, bytes, &life, error);
	/* In a life that has ended meanwhile nothing was damaged; and what was copied without a hash may be of another. */
	if (region->stream->read_only && life.base && (status == PMS_E_CORRUPT || (status == PMS_OK && !verified)))
		return pms_life_stale_or(region, &life, status, error);
	return status;
}

static int32_t look_behind(pms_region *region, const pms_position *position, pms_error *error)
{
	pms_cursor_options options = {.start = PMS_CURSOR_AFTER, .position = *position};
	pms_cursor cursor = {.region = region, .verified = false};
	pms_parsed_entry entry;
	pms_life life;

	int32_t status = check_readable(region, error);
	if (status == PMS_OK)
		status = pms_cursor_look(region, &life, error);
	if (status != PMS_OK)
		return status;
	pms_cursor_rewind(&cursor, &life);
	status = place(&cursor, &options, error);
	return status == PMS_OK ? pms_cursor_step(&cursor, &entry, error) : status;
}

#define LOOKS_MAX 8 /* a region may be cleared in each of them */

/*
 * A clear that comes in the middle of a look makes that look stale, not the region: the next one is in the new life, or says that
 * the region is gone.
 */
int32_t pms_entry_is_behind(pms_region *region, const pms_position *position, pms_error *error)
{
	int32_t status = PMS_E_STALE;

	for (int look = 0; status == PMS_E_STALE && look < LOOKS_MAX; look++) {
		status = pms_region_enter_looker(region, error);
		if (status != PMS_OK)
			return status;
		status = look_behind(region, position, error);
		pms_region_leave_looker(region);
	}
	return status;
}

void pms_data_timestamps(pms_region *region, uint64_t *first, uint64_t *last)
{
	pms_cursor cursor = {.region = region, .verified = false};
	pms_parsed_entry entry;

	*first = *last = 0;
	pms_cursor_rewind(&cursor, &region->life);
	if (pms_cursor_step(&cursor, &entry, NULL) != PMS_OK)
		return;
	*first = entry.timestamp;
	pms_mutex_lock(&region->mutex);
	const pms_record *first_open = region->first_record; /* what lies behind it is not visible */
	bool known = first_open ? first_open->before_data_known : region->last_data_known;
	*last = first_open ? first_open->before_data : region->last_data_timestamp;
	pms_mutex_unlock(&region->mutex);
	if (known)
		return;
	do /* recovery began at a checkpoint that held no data */
		*last = entry.timestamp;
	while (pms_cursor_step(&cursor, &entry, NULL) == PMS_OK);
}
