/* SPDX-License-Identifier: MIT */
/*
 * From entry to entry. The common case, a data entry that is right in each respect, is a loop of few instructions
 * (pms_run_over), which reads ahead; everything else (the end, other kinds, damage, a region that was cleared) goes through
 * pms_cursor_step, one entry at a time, and is told apart there. In the committed part an entry that fails is damage, never
 * the end of the log.
 */
#include "cursor.h"

#include <stdlib.h>

/* What a seek would have to hash to trust an entry: the index names none that is larger. */
#define PMS_SEEK_PAYLOAD_MAX (1ull << 20)

int32_t pms_cursor_damaged(const pms_region *region, uint64_t offset, const char *why, pms_error *error)
{
	return pms_fail_at(error, PMS_E_CORRUPT, offset, 0, 0,
			   "the entry at offset %llu of the region '%s' is damaged: %s", (unsigned long long)offset,
			   region->name, why);
}

int32_t pms_cursor_look(pms_region *region, pms_life *life, pms_error *error)
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

int32_t pms_cursor_load(const pms_region *region, const pms_life *life, uint64_t offset, uint64_t end, bool verified,
			pms_parsed_entry *entry, pms_entry_kind *kind, pms_error *error)
{
	const void *payload = pms_at(&region->stream->medium, offset + PMS_ENTRY_HEADER_BYTES);

	if (!pms_entry_parse(pms_at(&region->stream->medium, offset), offset, end, region->alignment, entry))
		return pms_cursor_damaged(region, offset, "its size or timestamp cannot be right", error);
	*kind = verified ? pms_entry_classify(entry, payload, life) : pms_entry_classify_unverified(entry, life);
	if (*kind == PMS_KIND_INVALID)
		return pms_cursor_damaged(region, offset, "its checksum does not match", error);
	return PMS_OK;
}

void pms_cursor_rewind(pms_cursor *cursor, const pms_life *life)
{
	const pms_region *region = cursor->region;
	const pms_stream *stream = region->stream;
	uint64_t blocks = (region->end - region->offset) / stream->header.block_bytes;

	cursor->mapping = stream->medium.base;
	cursor->watches = stream->read_only;
	cursor->life = *life;
	cursor->extent_word = pms_seal(pms_extent_value(PMS_EXTENT_REGION, blocks), PMS_ROLE_EXTENT,
				       region->offset + PMS_REGION_EXTENT, stream->header.uuid);
	cursor->base_word = pms_seal(life->base, PMS_ROLE_BASE, region->offset + PMS_REGION_BASE, stream->header.uuid);
	cursor->life_term = pms_life_term(life);
	cursor->at = region->data_start;
	cursor->last = life->base;
	cursor->most = PMS_VALUE_MAX;
	cursor->note_from = region->data_start + PMS_SEEK_STRIDE_MIN; /* nothing before it is worth noting */
}

static int32_t stale(const pms_region *region, pms_error *error)
{
	return pms_fail_at(error, PMS_E_STALE, region->offset, 0, 0,
			   "the region '%s' was cleared or freed while it was read", region->name);
}

int32_t pms_life_stale_or(const pms_region *region, const pms_life *life, int32_t status, pms_error *error)
{
	uint64_t base;

	/* The other words may be damaged, and were when the region was opened. */
	if (pms_layout_is_current(region) &&
	    pms_word_read(region->stream, region->offset + PMS_REGION_BASE, PMS_ROLE_BASE, &base) && base == life->base)
		return status;
	return stale(region, error);
}

/* A writer in another process may have cleared or freed the region while we read (R20): then nothing of it counts. */
static int32_t stale_or(const pms_cursor *cursor, int32_t status, pms_error *error)
{
	if (!cursor->watches || pms_cursor_is_current(cursor))
		return status;
	return pms_life_stale_or(cursor->region, &cursor->life, status, error);
}

static int32_t at_end(pms_cursor *cursor, uint64_t end, pms_error *error)
{
	const pms_region *region = cursor->region;

	if (region->damage_offset == end)
		return pms_cursor_damaged(region, end, "valid entries, or a checkpoint, lie behind it", error);
	return pms_fail(error, PMS_E_END, "no more entries");
}

static void note(pms_cursor *cursor, uint64_t timestamp, uint64_t offset)
{
	pms_region *region = cursor->region;

	cursor->note_from = pms_seek_index_note(&region->seek, cursor->life.base, region->data_start,
						(pms_seek_pair){.timestamp = timestamp, .offset = offset});
}

/* The next entry of any kind but end or damage; moves the cursor behind it. */
static int32_t step_any(pms_cursor *cursor, pms_parsed_entry *entry, pms_entry_kind *kind, pms_error *error)
{
	pms_region *region = cursor->region;
	uint64_t end = atomic_load_explicit(&region->committed, memory_order_acquire);
	int32_t status;

	if (cursor->at >= end) {
		pms_life life;
		status = pms_cursor_look(region, &life, error);
		if (status == PMS_OK && life.base != cursor->life.base)
			status = stale(region, error);
		if (status != PMS_OK)
			return status;
		end = atomic_load_explicit(&region->committed, memory_order_acquire);
		if (cursor->at >= end)
			return at_end(cursor, end, error);
	}
	status = pms_cursor_load(region, &cursor->life, cursor->at, end, cursor->verified, entry, kind, error);
	if (status == PMS_OK && entry->timestamp <= cursor->last)
		status = pms_cursor_damaged(region, cursor->at, "its timestamp is not above its predecessor's", error);
	if (status == PMS_OK && entry->timestamp > cursor->most)
		status = pms_cursor_damaged(region, cursor->at, "it does not continue its group", error);
	status = stale_or(cursor, status, error);
	if (status != PMS_OK)
		return status;
	if (entry->offset >= cursor->note_from && entry->payload_bytes <= PMS_SEEK_PAYLOAD_MAX)
		note(cursor, entry->timestamp, entry->offset);
	pms_cursor_move(cursor, entry->extent_bytes, entry->timestamp,
			*kind == PMS_KIND_DATA && entry->group_continues);
	return PMS_OK;
}

int32_t pms_cursor_step(pms_cursor *cursor, pms_parsed_entry *entry, pms_error *error)
{
	pms_entry_kind kind = PMS_KIND_INVALID;
	int32_t status;

	do
		status = step_any(cursor, entry, &kind, error);
	while (status == PMS_OK && kind != PMS_KIND_DATA);
	return status;
}

/* ---- reading ahead ------------------------------------------------------------------------------------------------ */

static PMS_ALWAYS_INLINE void put(pms_entry *entry, const pms_found_entry *found)
{
	entry->data = found->payload;
	entry->bytes = found->payload_bytes;
	entry->position.offset = found->offset;
	entry->position.timestamp = found->timestamp;
	entry->flags = (uint32_t)found->group_continues; /* PMS_ENTRY_GROUP_CONTINUES */
	entry->reserved0 = 0;
}

/*
 * Goes on behind `found`, and moves it, over entries that are as long as it, are right in each respect and begin before `stop`;
 * of whatever comes then nothing is said. There is room for them. `about`: as pms_mix_sum, a constant; 0: not verified. What need
 * not be looked at again makes up a third of a step.
 */
static PMS_ALWAYS_INLINE pms_entry *run_alike(const pms_bounds *bounds, pms_found_entry *found, uint64_t size_word,
					      const uint8_t *stop, uint64_t about, pms_entry *entry)
{
	const uint64_t extent_bytes = found->extent_bytes, payload_bytes = found->payload_bytes;
	const uint8_t *header = bounds->mapping + found->offset + extent_bytes;
	uint64_t last = found->timestamp;

	for (; header < stop; header += extent_bytes) {
		const pms_stored_words words = pms_stored_words_of(header);
		const uint8_t *payload = header + PMS_ENTRY_HEADER_BYTES;
		uint64_t offset = (uint64_t)(header - bounds->mapping);
		if ((words.size_word ^ size_word) & ~PMS_SIZE_LAG_MASK || words.timestamp <= last ||
		    words.timestamp > PMS_VALUE_MAX)
			break;
		if (about ? !pms_is_data(bounds, &words, offset,
					 pms_mix_finish(pms_mix_sum(payload, payload_bytes, about)))
			  : pms_is_no_data(bounds, &words, offset))
			break;
		last = words.timestamp;
		*entry++ = (pms_entry){
		    .data = payload,
		    .bytes = payload_bytes,
		    .position = {.offset = offset, .timestamp = last},
		};
	}
	found->offset = entry[-1].position.offset;
	found->timestamp = last;
	return entry;
}

/*
 * run_alike behind an entry of no group, as far as the entries have room, in memory and in the log. An entry at or behind `stop`
 * is left to the caller.
 */
static PMS_ALWAYS_INLINE pms_entry *run_on(const pms_bounds *bounds, pms_found_entry *found, uint64_t stop,
					   bool verified, pms_entry *entry, const pms_entry *entries_end)
{
	const uint64_t extent_bytes = found->extent_bytes, payload_bytes = found->payload_bytes;
	const uint64_t size_word = pms_size_word(payload_bytes, extent_bytes, false, 0);
	uint64_t fit_end = (uint64_t)(bounds->limit - bounds->mapping) + PMS_ENTRY_HEADER_BYTES + 1;
	uint64_t room_end = found->offset + (1 + (uint64_t)(entries_end - entry)) * extent_bytes;
	uint64_t end = room_end < stop ? room_end : stop;

	fit_end = fit_end > extent_bytes ? fit_end - extent_bytes : 0;
	const uint8_t *limit = bounds->mapping + (end < fit_end ? end : fit_end);
	if (!verified)
		return run_alike(bounds, found, size_word, limit, 0, entry);
	if (payload_bytes < PMS_MIX_BYTES_MIN || payload_bytes > PMS_MIX_BYTES_MAX)
		return entry;
	switch ((payload_bytes - 1) / 32) {
	case 0:
		return run_alike(bounds, found, size_word, limit, 32, entry);
	case 1:
		return run_alike(bounds, found, size_word, limit, 64, entry);
	case 2:
		return run_alike(bounds, found, size_word, limit, 96, entry);
	default:
		return run_alike(bounds, found, size_word, limit, 128, entry);
	}
}

/* Takes up to `count` entries from the common case alone, and ends behind one that is worth a note. Returns how many. */
static PMS_ALWAYS_INLINE uint32_t run_ahead(pms_cursor *cursor, uint64_t end, bool verified, pms_entry *entries,
					    uint32_t count)
{
	const pms_bounds bounds = pms_bounds_of(cursor->mapping, end, cursor->region->alignment, cursor->life_term);
	const uint8_t *header = bounds.mapping + cursor->at;
	const uint64_t note_from = cursor->note_from, bytes_end = cursor->at + PMS_AHEAD_BYTES_MAX;
	const uint64_t stop = note_from < bytes_end ? note_from : bytes_end;
	pms_entry *entry = entries, *entries_end = entries + count;
	uint64_t last = cursor->last, most = cursor->most;
	pms_found_entry found;

	while (header <= bounds.limit && pms_find_data(&bounds, header, last, most, verified, &found)) {
		put(entry++, &found);
		if (entry < entries_end && found.offset < stop && !found.group_continues)
			entry = run_on(&bounds, &found, stop, verified, entry, entries_end);
		header = bounds.mapping + found.offset + found.extent_bytes;
		last = found.timestamp;
		most = pms_timestamp_most(found.timestamp, found.group_continues);
		if (entry == entries_end || found.offset >= stop)
			break;
	}
	if (entry == entries)
		return 0;
	cursor->at = (uint64_t)(header - bounds.mapping);
	cursor->last = last;
	cursor->most = most;
	if (entry[-1].position.offset >= note_from && entry[-1].bytes <= PMS_SEEK_PAYLOAD_MAX)
		note(cursor, last, entry[-1].position.offset);
	return (uint32_t)(entry - entries);
}

static PMS_NEVER_INLINE uint32_t run_ahead_verified(pms_cursor *cursor, uint64_t end, pms_entry *entries,
						    uint32_t count)
{
	return run_ahead(cursor, end, true, entries, count);
}

static PMS_NEVER_INLINE uint32_t run_ahead_unverified(pms_cursor *cursor, uint64_t end, pms_entry *entries,
						      uint32_t count)
{
	return run_ahead(cursor, end, false, entries, count);
}

/* Room for twice as many as the last time: who reads one entry pays for one. */
static pms_entry *room_ahead(pms_cursor *cursor, uint32_t *count)
{
	*count = cursor->ahead_count;
	if (cursor->ahead_count < PMS_AHEAD_ENTRIES_MAX)
		cursor->ahead_count *= 2;
	if (!cursor->ahead && *count > 1)
		cursor->ahead = malloc(PMS_AHEAD_ENTRIES_MAX * sizeof(*cursor->ahead));
	if (cursor->ahead)
		return cursor->ahead;
	*count = 1;
	return &cursor->single;
}

static int32_t read_ahead(pms_cursor *cursor, pms_error *error)
{
	const pms_region *region = cursor->region;
	uint64_t end = atomic_load_explicit(&region->committed, memory_order_acquire);
	pms_parsed_entry parsed;
	uint32_t room, taken = 0;
	int32_t status;

	pms_entry *entries = room_ahead(cursor, &room);
	if (cursor->at < end && cursor->least <= cursor->last + 1)
		taken = (cursor->verified ? run_ahead_verified : run_ahead_unverified)(cursor, end, entries, room);
	if (taken) {
		status = stale_or(cursor, PMS_OK, error);
	} else {
		do
			status = pms_cursor_step(cursor, &parsed, error);
		while (status == PMS_OK && parsed.timestamp < cursor->least);
		if (status != PMS_OK)
			return status;
		entries[taken++] = (pms_entry){
		    .data = cursor->mapping + parsed.offset + PMS_ENTRY_HEADER_BYTES,
		    .bytes = parsed.payload_bytes,
		    .position = {.offset = parsed.offset, .timestamp = parsed.timestamp},
		    .flags = parsed.group_continues ? PMS_ENTRY_GROUP_CONTINUES : PMS_ENTRY_PLAIN,
		};
	}
	if (status != PMS_OK)
		return status;
	cursor->next = entries;
	cursor->end = entries + taken;
	return PMS_OK;
}

int32_t pms_cursor_make_ready(pms_cursor *cursor, pms_error *error)
{
	pms_region *region = cursor->region;

	if (pms_stream_is_forked(region->stream))
		return pms_fail(error, PMS_E_FORKED, "the stream was opened by the parent of this process");
	if (region->retired) {
		pms_mutex_lock(&region->mutex);
		int32_t gone = pms_region_fail_retired(region, error);
		pms_mutex_unlock(&region->mutex);
		return gone;
	}
	return cursor->next == cursor->end ? read_ahead(cursor, error) : stale_or(cursor, PMS_OK, error);
}
