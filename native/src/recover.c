/* SPDX-License-Identifier: MIT */
/*
 * Recovery (R15-R19). First everything is walked, with nothing but loads; then, for writing, the steps below, each of which
 * may be cut off by a crash and is simply done again by the next open:
 *
 *   1. the ceiling is raised, so that fresh timestamps can be given out;
 *   2. headers and words are stored once more (page cache) and flushed, damaged words and checkpoints with a safe value,
 *      and drained;
 *   3. cuts are sealed: a skip entry with a fresh timestamp at the tail makes all that is behind it older than its
 *      predecessor, for ever;
 *   4. every line of the entries from the checkpoint to the tail likewise, and all is drained.
 *
 * Only then anything may be appended, and checkpoints may move.
 */
#include <stdlib.h>

#include "engine.h"

/* Walks that a coming writer may disturb before a reader takes him for one that is there to stay. */
#define READER_ATTEMPTS 8

static bool is_readable(const pms_region *region) { return region->damage_offset == 0; }

static void note_timestamp(uint64_t *greatest, uint64_t timestamp)
{
	if (timestamp > *greatest)
		*greatest = timestamp;
}

static void note_damage(pms_recovery_info *info, uint64_t offset)
{
	info->damaged_regions++;
	if (info->first_damage == 0 || offset < info->first_damage)
		info->first_damage = offset;
}

static void account(pms_stream *stream, const pms_walk *walk)
{
	pms_recovery_info *info = &stream->recovery;

	info->walked_bytes += walk->bytes;
	info->walked_entries += walk->entries;
	info->recovered_entries += walk->data_entries;
	info->pending_skipped += walk->pending;
	info->groups_dropped += walk->groups_dropped;
	if (walk->checkpoint_damaged)
		info->flags |= PMS_STATE_CHECKPOINT_DAMAGED;
	if (walk->damage) {
		info->flags |= PMS_STATE_ENTRIES_DAMAGED;
		info->salvaged_entries += walk->entries_behind;
		note_damage(info, walk->damage);
	}
}

/* Volatile state of a region after its walk. `persisted` says how far durability is known. */
static void adopt(pms_region *region, const pms_walk *walk, uint64_t persisted)
{
	region->last_timestamp = walk->last_timestamp;
	region->last_data_timestamp = walk->last_data_timestamp;
	region->last_data_known = walk->from_start || walk->last_data_timestamp != 0;
	if (walk->damage) {
		region->damage |= PMS_STATE_ENTRIES_DAMAGED | PMS_STATE_NO_WRITES;
		region->damage_offset = walk->damage;
	}
	pms_order_adopt_locked(region, walk->tail, persisted, walk->last_start);
}

static int32_t refuse_damage(const pms_region *region, const pms_walk *walk, pms_error *error)
{
	return pms_fail_at(
	    error, PMS_E_CORRUPT, walk->damage, 0, 0,
	    "acknowledged entries of the region '%s' are damaged: %s; nothing was changed. Open for reading "
	    "only to copy what is whole, or salvage to cut the region off there",
	    region->name, walk->reason);
}

/*
 * Beside a living writer who says how far he is, no further. Beside one who does not (or not yet: then again, should he say so
 * by the time that we are done) up to the first hole. Without one a hole is judged and pending entries are passed over, which
 * holds only if no writer came while we walked: each raises the ceiling before it does anything else.
 */
static void walk_as_reader(pms_region *region, uint64_t from, uint64_t last_timestamp, pms_walk *walk)
{
	const pms_stream *stream = region->stream;
	uint64_t persisted = 0;

	for (int attempt = 0;; attempt++) {
		bool writer_lives = attempt == READER_ATTEMPTS || pms_file_lock_is_held(&stream->file);
		uint64_t ceiling = pms_load64(&stream->medium, PMS_CEILING_A);
		uint64_t limit = writer_lives ? pms_coordination_limit(region, &persisted) : PMS_NO_LIMIT;
		pms_walk_region(region, from, last_timestamp, writer_lives, limit, walk);
		walk->durable = persisted;
		if (limit != PMS_NO_LIMIT || attempt == READER_ATTEMPTS)
			return;
		if (writer_lives ? pms_coordination_limit(region, &persisted) == PMS_NO_LIMIT
				 : !pms_file_lock_is_held(&stream->file) &&
				       pms_load64(&stream->medium, PMS_CEILING_A) == ceiling)
			return;
	}
}

/* Walks all regions into `walks` (one for each piece). */
static int32_t walk_all(pms_stream *stream, pms_walk *walks, bool salvage, uint64_t *greatest, pms_error *error)
{
	for (uint64_t i = 0; i < stream->piece_count; i++) {
		pms_region *region = stream->pieces[i].region;
		if (stream->pieces[i].kind == PMS_PIECE_DAMAGED && !region)
			note_damage(&stream->recovery, stream->pieces[i].offset);
		if (!region)
			continue;
		stream->recovery.region_count++;
		note_timestamp(greatest, region->identity);
		note_timestamp(greatest, region->life.base);
		if (region->damage & PMS_STATE_HEADER_DAMAGED)
			note_damage(&stream->recovery, region->offset);
		if (!is_readable(region))
			continue;
		if (stream->read_only)
			walk_as_reader(region, 0, 0, &walks[i]);
		else
			pms_walk_region(region, 0, 0, false, PMS_NO_LIMIT, &walks[i]);
		account(stream, &walks[i]);
		note_timestamp(greatest, walks[i].greatest_timestamp);
		/* A region whose header is damaged takes no writes: nothing of it is cut off, so nothing is refused. */
		if (walks[i].damage && !stream->read_only && !salvage && !(region->damage & PMS_STATE_HEADER_DAMAGED))
			return refuse_damage(region, &walks[i], error);
	}
	return PMS_OK;
}

/* R16: a valid timestamp at or above the ceiling says that the ceiling is damaged. */
static int32_t start_clock(pms_stream *stream, uint64_t greatest, pms_error *error)
{
	uint64_t ceiling = atomic_load(&stream->next_timestamp);
	uint64_t next = ceiling;

	if (greatest >= ceiling) {
		stream->damage |= PMS_STATE_CEILING_DAMAGED;
		next = greatest + 1;
		if (ceiling == 0) /* salvage without any ceiling: keep well clear of what is not to be seen any more */
			next += 1ull << 32;
	}
	if (next == 0)
		next = 1;
	atomic_store(&stream->next_timestamp, next);
	if (stream->read_only)
		return PMS_OK;
	if (next >= PMS_VALUE_MAX)
		return pms_fail_at(error, PMS_E_EXHAUSTED, PMS_CEILING_A, PMS_VALUE_MAX, next,
				   "the timestamps of the stream are used up: it can be opened for reading only");
	uint64_t room = PMS_VALUE_MAX - next;
	return pms_clock_raise_to(stream, next + (room < PMS_CEILING_LEAP ? room : PMS_CEILING_LEAP), error);
}

/* A damaged word gets a value that claims nothing; a whole one is kept. */
static void repair_word(pms_stream *stream, uint64_t offset, pms_word_role role, uint64_t safe_value)
{
	uint64_t value;

	if (!pms_word_read(stream, offset, role, &value))
		pms_word_write(stream, offset, role, safe_value);
}

static void repair_stream_words(pms_stream *stream)
{
	repair_word(stream, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, 0);
	repair_word(stream, PMS_LAYOUT_EPOCH, PMS_ROLE_LAYOUT_EPOCH, atomic_load(&stream->next_timestamp));
	(void)pms_word_read(stream, PMS_LAYOUT_EPOCH, PMS_ROLE_LAYOUT_EPOCH, &stream->layout_epoch);
	if (!(stream->damage & PMS_STATE_LAYOUT_DAMAGED)) /* the pieces tile it: the size is right */
		repair_word(stream, PMS_STREAM_SIZE, PMS_ROLE_STREAM_SIZE, stream->stream_bytes);
	repair_word(stream, PMS_STREAM_SPARE_0, PMS_ROLE_STREAM_SPARE, 0);
	repair_word(stream, PMS_STREAM_SPARE_1, PMS_ROLE_STREAM_SPARE, 0);
	pms_restore(&stream->medium, 0, PMS_FIXED_BYTES);
}

/* The skip entry at the tail, of one alignment unit, lag "unknown", timestamp fresh at each attempt. */
static int32_t seal_cut(pms_region *region, pms_walk *walk, pms_error *error)
{
	pms_stream *stream = region->stream;
	pms_medium *medium = &stream->medium;
	uint64_t extent = pms_entry_extent(0, region->alignment);
	uint64_t size_word = pms_size_word(0, extent, false, PMS_LAG_UNKNOWN);
	uint64_t timestamp;

	if (region->end - walk->tail < extent)
		return PMS_OK; /* less than a unit: no entry ever stood there */
	int32_t status = pms_clock_take_one(stream, &timestamp, error);
	if (status != PMS_OK)
		return status;
	pms_store64(medium, walk->tail, size_word);
	pms_store64(medium, walk->tail + offsetof(pms_stored_entry, timestamp), timestamp);
	pms_store64(medium, walk->tail + offsetof(pms_stored_entry, checksum),
		    pms_entry_checksum(PMS_KIND_SKIP, 0, size_word, timestamp, walk->tail, &region->life));
	walk->last_start = walk->tail;
	walk->last_timestamp = timestamp;
	walk->tail += extent;
	stream->recovery.cuts_sealed++;
	return PMS_OK;
}

/* Stores the header of a region, as it is or repaired, once more. A checkpoint that cannot be relied upon goes. */
static void restore_header(pms_region *region, const pms_walk *walk)
{
	pms_stream *stream = region->stream;

	/*
	 * One that is whole stays, also when a region is salvaged behind it, or at it (then the seal takes its place): without
	 * it the next open would walk from the start, and meet damage that this one did not look at.
	 */
	if (walk->checkpoint_damaged) {
		/* After a crash here: damaged still, or as without a checkpoint. */
		region->checkpoint = 0;
		region->damage &= ~(uint32_t)PMS_STATE_CHECKPOINT_DAMAGED;
		pms_word_write(stream, region->offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT, 0);
	}
	repair_word(stream, region->offset + PMS_REGION_SPARE_0, PMS_ROLE_REGION_SPARE, 0);
	repair_word(stream, region->offset + PMS_REGION_SPARE_1, PMS_ROLE_REGION_SPARE, 0);
	if (!PMS_FAULT(HEADER_WORDS_UNFLUSHED))
		pms_restore(&stream->medium, region->offset, PMS_REGION_HEADER_BYTES);
}

/* Nothing is known well enough of a region with a damaged header to write into it. */
static bool is_restorable(const pms_region *region) { return region && !(region->damage & PMS_STATE_HEADER_DAMAGED); }

/*
 * All headers and words, drained. Before any cut is sealed: a killed process may have left a new base that is only in the
 * cache, and a seal that becomes durable before that base is written over the first entry of the life that comes back.
 */
static int32_t restore_headers(pms_stream *stream, const pms_walk *walks, pms_error *error)
{
	repair_stream_words(stream);
	for (uint64_t i = 0; i < stream->piece_count; i++) {
		const pms_piece *piece = &stream->pieces[i];
		if (is_restorable(piece->region))
			restore_header(piece->region, &walks[i]);
		else if (piece->kind == PMS_PIECE_FREE)
			pms_restore(&stream->medium, piece->offset + PMS_REGION_EXTENT, sizeof(uint64_t));
	}
	return pms_stream_drain(stream, error);
}

/* Seals the cut, and stores every entry from the checkpoint to the tail once more. */
static int32_t restore_entries(pms_region *region, pms_walk *walk, pms_error *error)
{
	uint64_t from = walk->from_start || !region->checkpoint ? region->data_start : region->checkpoint;
	int32_t status = PMS_OK;

	if ((walk->seal && !PMS_FAULT(CUT_NOT_SEALED)) || walk->damage)
		status = seal_cut(region, walk, error);
	if (walk->damage)
		region->stream->recovery.flags |= PMS_STATE_SALVAGED;
	walk->damage = 0;
	if (walk->tail > from && !PMS_FAULT(RECOVERY_DOES_NOT_FLUSH))
		pms_restore(&region->stream->medium, from, walk->tail - from);
	return status;
}

/*
 * Where reservations of dead sessions were passed over, the checkpoint moves behind them: a reader that meets one while a
 * writer lives takes it for an open reservation of that writer, and stops.
 */
static int32_t checkpoint_behind_pending(pms_stream *stream, const pms_walk *walks, pms_error *error)
{
	bool moved = false;

	for (uint64_t i = 0; i < stream->piece_count; i++) {
		pms_region *region = stream->pieces[i].region;
		if (!is_restorable(region) || !walks[i].pending)
			continue;
		pms_checkpoint_locked(region, true);
		moved = true;
	}
	return moved ? pms_stream_drain(stream, error) : PMS_OK;
}

/* Everything that writes, but the ceiling, which was raised before. */
static int32_t restore_all(pms_stream *stream, pms_walk *walks, pms_error *error)
{
	int32_t status = restore_headers(stream, walks, error);

	for (uint64_t i = 0; status == PMS_OK && i < stream->piece_count; i++)
		if (is_restorable(stream->pieces[i].region))
			status = restore_entries(stream->pieces[i].region, &walks[i], error);
	if (status == PMS_OK)
		status = pms_stream_drain(stream, error);
	if (status != PMS_OK)
		return status;
	for (uint64_t i = 0; i < stream->piece_count; i++)
		if (stream->pieces[i].region && is_readable(stream->pieces[i].region))
			adopt(stream->pieces[i].region, &walks[i], walks[i].tail);
	stream->damage &= ~(uint32_t)(PMS_STATE_CEILING_DAMAGED |
				      (stream->damage & PMS_STATE_LAYOUT_DAMAGED ? 0 : PMS_STATE_WORD_DAMAGED));
	status = checkpoint_behind_pending(stream, walks, error);
	return status == PMS_OK ? pms_layout_coalesce(stream, error) : status;
}

/* A reader takes what it finds, and calls durable only what a checkpoint proves, or its living writer says. */
static void adopt_for_reading(pms_stream *stream, const pms_walk *walks)
{
	for (uint64_t i = 0; i < stream->piece_count; i++) {
		pms_region *region = stream->pieces[i].region;
		if (!region || !is_readable(region))
			continue;
		uint64_t proven = walks[i].from_start ? 0 : walks[i].checkpoint_end;
		proven = walks[i].durable > proven ? walks[i].durable : proven;
		adopt(region, &walks[i], proven ? proven : region->data_start);
	}
}

int32_t pms_recover(pms_stream *stream, bool salvage, pms_error *error)
{
	pms_walk *walks = calloc(stream->piece_count + 1, sizeof(*walks));
	uint64_t greatest = stream->persisted_timestamp;

	if (!walks)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for recovery");
	int32_t status = walk_all(stream, walks, salvage, &greatest, error);
	if (status == PMS_OK && !stream->read_only && pms_file_is_sparse(&stream->file))
		status = pms_file_allocate(&stream->file, stream->file.bytes, error);
	if (status == PMS_OK)
		status = start_clock(stream, greatest, error);
	stream->recovery.flags |= stream->damage;
	if (status == PMS_OK && stream->read_only)
		adopt_for_reading(stream, walks);
	else if (status == PMS_OK)
		status = restore_all(stream, walks, error);
	free(walks);
	return status;
}

/* The life that the medium says the region is in. */
static int32_t find_life(const pms_region *region, uint64_t *base, pms_error *error)
{
	if (!pms_layout_is_current(region))
		return pms_fail_at(error, PMS_E_STALE, region->offset, region->identity, 0,
				   "the region '%s' at offset %llu was freed by its writer", region->name,
				   (unsigned long long)region->offset);
	if (!pms_word_read(region->stream, region->offset + PMS_REGION_BASE, PMS_ROLE_BASE, base))
		return pms_fail_at(error, PMS_E_CORRUPT, region->offset + PMS_REGION_BASE, 0, 0,
				   "the base timestamp of the region '%s' is damaged", region->name);
	return PMS_OK;
}

static void begin_life_locked(pms_region *region, uint64_t base)
{
	region->checkpoint = 0;
	region->damage = 0;
	region->damage_offset = 0;
	pms_order_reset_locked(region, region->data_start, base);
	pms_seek_index_forget(&region->seek);
}

static void walk_on_locked(pms_region *region)
{
	/* An object that was not walked yet (its region was created since) begins at its checkpoint, as in pms_recover. */
	uint64_t tail = pms_region_tail(region);
	uint64_t from = tail == region->data_start ? 0 : tail;
	pms_walk walk;

	walk_as_reader(region, from, region->last_timestamp, &walk);
	uint64_t last_data = walk.last_data_timestamp ? walk.last_data_timestamp : region->last_data_timestamp;
	bool known = region->last_data_known || walk.last_data_timestamp;
	uint64_t persisted = atomic_load(&region->persisted);
	adopt(region, &walk, walk.durable > persisted ? walk.durable : persisted);
	region->last_data_timestamp = last_data;
	region->last_data_known = known;
}

/* A life that ends while it is walked may look shorter than it was: what counts is one that is there before and after. */
int32_t pms_recover_reader_locked(pms_region *region, pms_error *error)
{
	uint64_t base = 0;

	if (!region->stream->read_only || (region->damage & PMS_STATE_HEADER_DAMAGED))
		return PMS_OK;
	int32_t status = find_life(region, &base, error);
	for (int attempt = 0; status == PMS_OK && attempt < READER_ATTEMPTS; attempt++) {
		if (base != region->life.base)
			begin_life_locked(region, base);
		else if (region->damage_offset)
			return PMS_OK;
		walk_on_locked(region);
		uint64_t base_after = base;
		status = find_life(region, &base_after, error);
		if (status == PMS_OK && base_after == base)
			return PMS_OK;
		base = base_after;
	}
	return status == PMS_OK
		   ? pms_fail_at(error, PMS_E_STALE, region->offset, region->identity, 0,
				 "the region '%s' is cleared again and again while it is looked at", region->name)
		   : status;
}
