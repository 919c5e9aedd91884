/* SPDX-License-Identifier: MIT */
/*
 * Reading: entries in order, straight from the mapping, bounded by what is committed. Nothing that is read is trusted: a
 * size is checked against the committed part before it is used, a timestamp against its predecessor, and (unless the
 * caller asks otherwise) the payload against its checksum. In the committed part an entry that fails is damage, never the
 * end of the log.
 */
#include "cursor.h"

#include <stdlib.h>

/* What a seek would have to hash to trust an entry: the index names none that is larger. */
#define PMS_SEEK_PAYLOAD_MAX (1ull << 20)

static int32_t damaged(const pms_region *region, uint64_t offset, const char *why, pms_error *error)
{
	return pms_fail_at(error, PMS_E_CORRUPT, offset, 0, 0,
			   "the entry at offset %llu of the region '%s' is damaged: %s", (unsigned long long)offset,
			   region->name, why);
}

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

/*
 * The life of the region and how far it is committed. For a stream that another process may write, that is looked up on
 * the medium; else neither can go back while we count as a reader.
 */
static int32_t look(pms_region *region, pms_life *life, pms_error *error)
{
	int32_t status = PMS_OK;

	if (!region->stream->read_only) {
		*life = region->life;
		return PMS_OK;
	}
	pms_mutex_lock(&region->mutex);
	status = pms_recover_reader_locked(region, error);
	*life = region->life;
	pms_mutex_unlock(&region->mutex);
	return status;
}

/* Decodes and classifies the entry at `offset`, which lies before `end`. PMS_OK or PMS_E_CORRUPT. */
static int32_t load_entry(const pms_region *region, const pms_life *life, uint64_t offset, uint64_t end, bool verified,
			  pms_parsed_entry *entry, pms_entry_kind *kind, pms_error *error)
{
	const void *payload = pms_at(&region->stream->medium, offset + PMS_ENTRY_HEADER_BYTES);

	if (!pms_entry_parse(pms_at(&region->stream->medium, offset), offset, end, region->alignment, entry))
		return damaged(region, offset, "its size or timestamp cannot be right", error);
	*kind = verified ? pms_entry_classify(entry, payload, life) : pms_entry_classify_unverified(entry, life);
	if (*kind == PMS_KIND_INVALID)
		return damaged(region, offset, "its checksum does not match", error);
	return PMS_OK;
}

static int32_t stale(const pms_region *region, pms_error *error)
{
	return pms_fail_at(error, PMS_E_STALE, region->offset, 0, 0,
			   "the region '%s' was cleared or freed while it was read", region->name);
}

/* A writer in another process may have cleared or freed the region while we read (R20): then nothing of it counts. */
static int32_t stale_or(const pms_cursor *cursor, int32_t status, pms_error *error)
{
	const pms_region *region = cursor->region;
	uint64_t base;

	if (pms_layout_is_current(region) &&
	    pms_word_read(region->stream, region->offset + PMS_REGION_BASE, PMS_ROLE_BASE, &base) &&
	    base == cursor->life.base)
		return status;
	return stale(region, error);
}

static int32_t at_end(pms_cursor *cursor, uint64_t end, pms_error *error)
{
	const pms_region *region = cursor->region;

	if (region->damage_offset == end)
		return damaged(region, end, "valid entries, or a checkpoint, lie behind it", error);
	return pms_fail(error, PMS_E_END, "no more entries");
}

/* The next entry of any kind but end or damage; moves the cursor behind it. */
static int32_t step_any(pms_cursor *cursor, pms_parsed_entry *entry, pms_entry_kind *kind, pms_error *error)
{
	pms_region *region = cursor->region;
	uint64_t end = atomic_load_explicit(&region->committed, memory_order_acquire);
	int32_t status;

	if (cursor->at >= end) {
		pms_life life;
		status = look(region, &life, error);
		if (status == PMS_OK && life.base != cursor->life.base)
			status = stale(region, error);
		if (status != PMS_OK)
			return status;
		end = atomic_load_explicit(&region->committed, memory_order_acquire);
		if (cursor->at >= end)
			return at_end(cursor, end, error);
	}
	status = load_entry(region, &cursor->life, cursor->at, end, cursor->verified, entry, kind, error);
	if (status == PMS_OK && entry->timestamp <= cursor->last)
		status = damaged(region, cursor->at, "its timestamp is not above its predecessor's", error);
	if (status == PMS_OK && cursor->in_group && entry->timestamp != cursor->last + 1)
		status = damaged(region, cursor->at, "it does not continue its group", error);
	if (region->stream->read_only)
		status = stale_or(cursor, status, error);
	if (status != PMS_OK)
		return status;
	if (entry->offset >= cursor->note_from && entry->payload_bytes <= PMS_SEEK_PAYLOAD_MAX)
		cursor->note_from =
		    pms_seek_index_note(&region->seek, cursor->life.base, region->data_start,
					(pms_seek_pair){.timestamp = entry->timestamp, .offset = entry->offset});
	cursor->at += entry->extent_bytes;
	cursor->last = entry->timestamp;
	cursor->in_group = *kind == PMS_KIND_DATA && entry->group_continues;
	return PMS_OK;
}

static int32_t step_data(pms_cursor *cursor, pms_parsed_entry *entry, pms_error *error)
{
	pms_entry_kind kind;
	int32_t status;

	do
		status = step_any(cursor, entry, &kind, error);
	while (status == PMS_OK && kind != PMS_KIND_DATA);
	return status;
}

int32_t pms_cursor_step(pms_cursor *cursor, pms_entry *entry, pms_error *error)
{
	pms_parsed_entry parsed;

	/* Without the mutex: a clear or free needs no readers, so of these only a close can have come. */
	if (cursor->region->retired) {
		pms_mutex_lock(&cursor->region->mutex);
		int32_t gone = pms_region_fail_retired(cursor->region, error);
		pms_mutex_unlock(&cursor->region->mutex);
		return gone;
	}
	int32_t status;
	do
		status = step_data(cursor, &parsed, error);
	while (status == PMS_OK && parsed.timestamp < cursor->least);
	if (status != PMS_OK)
		return status;
	*entry = (pms_entry){
	    .data = pms_at(&cursor->region->stream->medium, parsed.offset + PMS_ENTRY_HEADER_BYTES),
	    .bytes = parsed.payload_bytes,
	    .position = {.offset = parsed.offset, .timestamp = parsed.timestamp},
	    .flags = parsed.group_continues ? PMS_ENTRY_GROUP_CONTINUES : PMS_ENTRY_PLAIN,
	};
	return PMS_OK;
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
 * mistaken for an entry; damage and a wrong position look alike unless the timestamp is right.
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
	int32_t status = load_entry(region, &cursor->life, offset, end, true, entry, &kind, error);
	if (entry->timestamp != position->timestamp || entry->timestamp <= cursor->life.base ||
	    (status == PMS_OK && kind != PMS_KIND_DATA))
		return no_entry(region, position, error);
	return status;
}

static void rewind_to_first(pms_cursor *cursor)
{
	cursor->at = cursor->region->data_start;
	cursor->last = cursor->life.base;
	cursor->in_group = false;
	cursor->note_from = cursor->at + PMS_SEEK_STRIDE_MIN; /* nothing before it is worth noting */
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
	    load_entry(region, &cursor->life, pair.offset, end, true, &entry, &kind, NULL) != PMS_OK ||
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
		status = step_data(cursor, &entry, error);
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

	rewind_to_first(cursor);
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
	if (options->start == PMS_CURSOR_AFTER) {
		cursor->at += entry.extent_bytes;
		cursor->last = position->timestamp;
		cursor->in_group = entry.group_continues;
	}
	return PMS_OK;
}

int32_t pms_cursor_start_at(pms_region *region, const pms_cursor_options *options, pms_cursor **out, pms_error *error)
{
	int32_t status = pms_region_enter_reader(region, error);
	pms_cursor *cursor;

	if (status != PMS_OK)
		return status;
	cursor = malloc(sizeof(*cursor));
	if (!cursor)
		status = pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a cursor");
	if (status == PMS_OK)
		status = check_readable(region, error);
	if (status == PMS_OK) {
		*cursor = (pms_cursor){.region = region, .verified = !(options->flags & PMS_READ_UNVERIFIED)};
		status = look(region, &cursor->life, error);
	}
	if (status == PMS_OK)
		status = place(cursor, options, error);
	if (status != PMS_OK) {
		free(cursor);
		pms_region_leave_reader(region);
		return status;
	}
	pms_region_reference(region);
	*out = cursor;
	return PMS_OK;
}

void pms_cursor_end(pms_cursor *cursor)
{
	pms_region *region = cursor->region;

	free(cursor);
	pms_region_leave_reader(region);
	pms_region_unreference(region);
}

/*
 * The copy is what gets hashed, so that a writer in another process cannot change it between check and use (R20). Where
 * there is no room for it, the entry in place is verified, so that the size that is returned is right.
 */
int32_t pms_copy_entry(pms_region *region, const pms_position *position, void *destination, uint64_t capacity,
		       bool verified, uint64_t *bytes, pms_error *error)
{
	uint64_t offset = position->offset;
	pms_parsed_entry entry;
	pms_life life;

	int32_t status = check_readable(region, error);
	if (status == PMS_OK)
		status = look(region, &life, error);
	if (status != PMS_OK)
		return status;
	uint64_t end = atomic_load_explicit(&region->committed, memory_order_acquire);
	if (!is_place(region, offset, end))
		return no_entry(region, position, error);
	const uint8_t *header = pms_at(&region->stream->medium, offset);
	const void *payload = header + PMS_ENTRY_HEADER_BYTES;
	bool possible = pms_entry_parse(header, offset, end, region->alignment, &entry);
	if (entry.timestamp != position->timestamp || entry.timestamp <= life.base)
		return no_entry(region, position, error);
	if (!possible)
		return damaged(region, offset, "its size or timestamp cannot be right", error);
	bool has_room = entry.payload_bytes <= capacity;
	if (has_room && entry.payload_bytes)
		payload = memcpy(destination, payload, entry.payload_bytes);
	pms_entry_kind kind =
	    verified ? pms_entry_classify(&entry, payload, &life) : pms_entry_classify_unverified(&entry, &life);
	if (kind == PMS_KIND_INVALID)
		return damaged(region, offset, "its checksum does not match", error);
	if (kind != PMS_KIND_DATA)
		return no_entry(region, position, error);
	*bytes = entry.payload_bytes;
	if (!has_room)
		return pms_fail_at(error, PMS_E_TOO_SMALL, offset, entry.payload_bytes, capacity,
				   "the entry has %llu bytes, the destination %llu",
				   (unsigned long long)entry.payload_bytes, (unsigned long long)capacity);
	return PMS_OK;
}

static int32_t look_behind(pms_region *region, const pms_position *position, pms_error *error)
{
	pms_cursor_options options = {.start = PMS_CURSOR_AFTER, .position = *position};
	pms_cursor cursor = {.region = region, .verified = false};
	pms_parsed_entry entry;

	int32_t status = check_readable(region, error);
	if (status == PMS_OK)
		status = look(region, &cursor.life, error);
	if (status == PMS_OK)
		status = place(&cursor, &options, error);
	return status == PMS_OK ? step_data(&cursor, &entry, error) : status;
}

int32_t pms_entry_is_behind(pms_region *region, const pms_position *position, pms_error *error)
{
	int32_t status = pms_region_enter_looker(region, error);

	if (status != PMS_OK)
		return status;
	status = look_behind(region, position, error);
	pms_region_leave_looker(region);
	return status;
}

void pms_data_timestamps(pms_region *region, uint64_t *first, uint64_t *last)
{
	pms_cursor cursor = {.region = region, .verified = false, .life = region->life};
	pms_parsed_entry entry;

	*first = *last = 0;
	rewind_to_first(&cursor);
	if (step_data(&cursor, &entry, NULL) != PMS_OK)
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
	while (step_data(&cursor, &entry, NULL) == PMS_OK);
}
