/* SPDX-License-Identifier: MIT */
/*
 * The full check: everything that is stored is read and verified, every problem is noted with its place, and the walk goes
 * on behind it at the next entry that validates. Writes nothing.
 */
#include "check.h"

#include <stdlib.h>

#include "entry_verify.h"

/* How often a piece is looked at again that a writer in another process has changed under us. */
#define READER_ATTEMPTS 16

/* ---- the fixed pages ---- */

static void check_headers(pms_stream *stream, pms_check *check)
{
	const uint64_t offsets[2] = {PMS_HEADER_A, PMS_HEADER_B};

	for (int i = 0; i < 2; i++) {
		pms_stored_header copy;
		const char *why;
		memcpy(&copy, pms_at(&stream->medium, offsets[i]), sizeof(copy));
		if (pms_header_validate(&copy, &why) != PMS_HEADER_GOOD)
			pms_check_note(
			    check, PMS_SEVERITY_WARNING, offsets[i], 0,
			    "copy %d of the stream header is damaged (%s); the next open for writing repairs it", i + 1,
			    why);
	}
}

static bool check_word(pms_stream *stream, pms_check *check, pms_severity severity, uint64_t offset, pms_word_role role,
		       uint64_t region_offset, const char *name)
{
	uint64_t value;

	if (pms_word_read(stream, offset, role, &value))
		return true;
	pms_check_note(check, severity, offset, region_offset, "the %s word is damaged: its seal does not match", name);
	return false;
}

static void check_stream_words(pms_stream *stream, pms_check *check)
{
	bool a = check_word(stream, check, PMS_SEVERITY_WARNING, PMS_CEILING_A, PMS_ROLE_CEILING, 0,
			    "first timestamp ceiling");
	bool b = check_word(stream, check, PMS_SEVERITY_WARNING, PMS_CEILING_B, PMS_ROLE_CEILING, 0,
			    "second timestamp ceiling");

	if (!a && !b)
		pms_check_note(check, PMS_SEVERITY_ERROR, PMS_CEILING_A, 0, "no copy of the timestamp ceiling is left");
	(void)check_word(stream, check, PMS_SEVERITY_WARNING, PMS_PERSISTED_TIMESTAMP, PMS_ROLE_PERSISTED_TIMESTAMP, 0,
			 "persisted timestamp");
	(void)check_word(stream, check, PMS_SEVERITY_WARNING, PMS_LAYOUT_EPOCH, PMS_ROLE_LAYOUT_EPOCH, 0,
			 "layout epoch");
	(void)check_word(stream, check, PMS_SEVERITY_WARNING, PMS_STREAM_SIZE, PMS_ROLE_STREAM_SIZE, 0, "stream size");
	(void)check_word(stream, check, PMS_SEVERITY_WARNING, PMS_STREAM_SPARE_0, PMS_ROLE_STREAM_SPARE, 0,
			 "first spare");
	(void)check_word(stream, check, PMS_SEVERITY_WARNING, PMS_STREAM_SPARE_1, PMS_ROLE_STREAM_SPARE, 0,
			 "second spare");
	if (stream->damage & PMS_STATE_CEILING_DAMAGED && a && b) /* a writer has raised it by now */
		pms_check_note(
		    check, PMS_SEVERITY_ERROR, PMS_CEILING_A, 0,
		    "an entry with a timestamp at or above the ceiling was found on opening: the ceiling is damaged");
	if (stream->damage & PMS_STATE_FILE_LARGER)
		pms_check_note(check, PMS_SEVERITY_NOTE, stream->stream_bytes, 0,
			       "the file has %llu bytes, the stream in it %llu: the rest is ignored",
			       (unsigned long long)stream->file.bytes, (unsigned long long)stream->stream_bytes);
}

/* Bytes that version 1 leaves zero. They carry nothing, so that a flipped one loses nothing. */
static void check_reserved(pms_stream *stream, pms_check *check, uint64_t from, uint64_t to, uint64_t region_offset)
{
	const uint8_t *bytes = pms_at(&stream->medium, from);

	for (uint64_t i = 0; i < to - from; i++) {
		if (bytes[i] == 0)
			continue;
		pms_check_note(check, PMS_SEVERITY_WARNING, from + i, region_offset,
			       "a reserved byte is 0x%02x, expected 0", bytes[i]);
		return;
	}
}

static void check_reserved_of_stream(pms_stream *stream, pms_check *check)
{
	const uint64_t used[][2] = {
	    {PMS_HEADER_A, PMS_HEADER_A + sizeof(pms_stored_header)},
	    {PMS_HEADER_B, PMS_HEADER_B + sizeof(pms_stored_header)},
	    {PMS_CEILING_A, PMS_CEILING_A + 8},
	    {PMS_PERSISTED_TIMESTAMP, PMS_PERSISTED_TIMESTAMP + 8},
	    {PMS_LAYOUT_EPOCH, PMS_LAYOUT_EPOCH + 8},
	    {PMS_STREAM_SIZE, PMS_STREAM_SIZE + 8},
	    {PMS_STREAM_SPARE_0, PMS_STREAM_SPARE_0 + 8},
	    {PMS_STREAM_SPARE_1, PMS_STREAM_SPARE_1 + 8},
	    {PMS_CEILING_B, PMS_CEILING_B + 8},
	};
	uint64_t at = 0;

	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++) {
		check_reserved(stream, check, at, used[i][0], 0);
		at = used[i][1];
	}
	check_reserved(stream, check, at, stream->header.first_region, 0);
}

/* ---- a region ---- */

typedef struct region_walk {
	pms_region *region;
	pms_check *check;
	uint64_t at, last, end;
	uint64_t committed;
	uint64_t hash_budget; /* for looking for the next valid entry behind damage */
	uint64_t hash_budget_full;
	bool in_group;
	bool checkpoint_met;
} region_walk;

/* A valid entry above the last one. What does not turn out to be one is charged to the budget, so that entries which
 * overlap in a hostile image cost no more than a few readings of the region. */
static bool load(region_walk *walk, uint64_t at, pms_parsed_entry *entry, pms_entry_kind *kind)
{
	const pms_medium *medium = &walk->region->stream->medium;

	if (!pms_entry_parse(pms_at(medium, at), at, walk->end, walk->region->alignment, entry) ||
	    entry->timestamp <= walk->last || entry->payload_bytes > walk->hash_budget)
		return false;
	*kind = pms_entry_classify(entry, pms_at(medium, at + PMS_ENTRY_HEADER_BYTES), &walk->region->life);
	if (*kind == PMS_KIND_INVALID)
		walk->hash_budget -= entry->payload_bytes;
	return *kind != PMS_KIND_INVALID;
}

/* Timestamps below it have been given out: by this stream's own counter, or by the writer in another process. */
static uint64_t given_out_below(const pms_stream *stream)
{
	uint64_t a = 0, b = 0;

	if (!stream->read_only)
		return atomic_load(&stream->next_timestamp);
	bool a_good = pms_word_read(stream, PMS_CEILING_A, PMS_ROLE_CEILING, &a);
	bool b_good = pms_word_read(stream, PMS_CEILING_B, PMS_ROLE_CEILING, &b);
	if (!a_good && !b_good)
		return UINT64_MAX; /* that is noted already */
	return a_good && (!b_good || a > b) ? a : b;
}

static void accept(region_walk *walk, const pms_parsed_entry *entry, pms_entry_kind kind)
{
	pms_check *check = walk->check;

	if (walk->in_group && (kind != PMS_KIND_DATA || entry->timestamp != walk->last + 1))
		pms_check_note(check, PMS_SEVERITY_ERROR, entry->offset, walk->region->offset,
			       "the group before this entry is incomplete");
	if (entry->timestamp >= given_out_below(walk->region->stream))
		pms_check_note(check, PMS_SEVERITY_ERROR, entry->offset, walk->region->offset,
			       "the entry's timestamp %llu was never given out", (unsigned long long)entry->timestamp);
	walk->checkpoint_met |= entry->offset == walk->region->checkpoint;
	walk->in_group = kind == PMS_KIND_DATA && entry->group_continues;
	walk->last = entry->timestamp;
	walk->at = entry->offset + entry->extent_bytes;
	if (kind != PMS_KIND_DATA)
		return;
	check->summary.entry_count++;
	check->summary.payload_bytes += entry->payload_bytes;
}

/*
 * Over as many entries as are right in each respect; check_step looks at what follows them. Not any more once something had
 * to be charged to the budget: this loop charges nothing.
 */
static void check_run(region_walk *walk)
{
	const pms_region *region = walk->region;
	uint64_t given_out = given_out_below(region->stream);
	pms_check_summary *summary = &walk->check->summary;
	pms_found_entry found;

	if (walk->hash_budget != walk->hash_budget_full || given_out == 0)
		return;
	const pms_bounds bounds = pms_bounds_of(pms_at(&region->stream->medium, 0), walk->end, region->alignment,
						pms_life_term(&region->life));
	uint64_t most = pms_timestamp_most(walk->last, walk->in_group);
	const uint8_t *header = bounds.mapping + walk->at;
	while (header <= bounds.limit &&
	       pms_find_data(&bounds, header, walk->last, most < given_out ? most : given_out - 1, true, &found)) {
		walk->checkpoint_met |= found.offset == region->checkpoint;
		summary->entry_count++;
		summary->payload_bytes += found.payload_bytes;
		walk->last = found.timestamp;
		walk->in_group = found.group_continues != 0;
		most = pms_timestamp_most(found.timestamp, walk->in_group);
		header += found.extent_bytes;
	}
	walk->at = (uint64_t)(header - bounds.mapping);
}

/* Behind damage: the next entry that validates and is later. */
static bool find_next(region_walk *walk, pms_parsed_entry *entry, pms_entry_kind *kind)
{
	for (uint64_t at = walk->at + walk->region->alignment; at + PMS_ENTRY_HEADER_BYTES <= walk->end;
	     at += walk->region->alignment)
		if (load(walk, at, entry, kind))
			return true;
	return false;
}

/* One entry, or one damaged stretch. False at the end. */
static bool check_step(region_walk *walk)
{
	pms_parsed_entry entry;
	pms_entry_kind kind;

	check_run(walk);
	uint64_t bad = walk->at;
	if (bad >= walk->end)
		return false;
	if (load(walk, walk->at, &entry, &kind)) {
		accept(walk, &entry, kind);
		return true;
	}
	if (find_next(walk, &entry, &kind)) {
		pms_check_note(walk->check, PMS_SEVERITY_ERROR, bad, walk->region->offset,
			       "damaged: no valid entry in %llu bytes, up to the one at offset %llu",
			       (unsigned long long)(entry.offset - bad), (unsigned long long)entry.offset);
		walk->in_group = false;
		accept(walk, &entry, kind);
		return true;
	}
	if (bad < walk->committed || walk->region->damage_offset == bad)
		pms_check_note(walk->check, PMS_SEVERITY_ERROR, bad, walk->region->offset,
			       "damaged: no valid entry from here to the end at offset %llu",
			       (unsigned long long)walk->end);
	return false;
}

static void check_entries(pms_region *region, pms_check *check)
{
	uint64_t committed = atomic_load_explicit(&region->committed, memory_order_acquire);
	bool damaged = (region->damage & PMS_STATE_ENTRIES_DAMAGED) != 0;
	region_walk walk = {
	    .region = region,
	    .check = check,
	    .at = region->data_start,
	    .last = region->life.base,
	    .committed = committed,
	    .end = damaged ? region->end : committed, /* what stands behind the damage counts, too */
	    .hash_budget = 4 * (region->end - region->offset),
	    .hash_budget_full = 4 * (region->end - region->offset),
	};
	uint64_t checkpoint = region->checkpoint;

	while (check_step(&walk))
		;
	if (walk.in_group)
		pms_check_note(check, PMS_SEVERITY_ERROR, walk.at, region->offset, "the last group is incomplete");
	if (checkpoint && !walk.checkpoint_met && checkpoint == region->checkpoint)
		pms_check_note(check, PMS_SEVERITY_ERROR, region->offset + PMS_REGION_CHECKPOINT, region->offset,
			       "the checkpoint names offset %llu, where no valid entry begins",
			       (unsigned long long)checkpoint);
}

static void check_region_header(pms_stream *stream, const pms_piece *piece, pms_check *check)
{
	uint64_t offset = piece->offset;
	pms_stored_region stored;
	const char *why;

	if (piece->kind != PMS_PIECE_DAMAGED) /* that is noted already */
		(void)check_word(stream, check, PMS_SEVERITY_ERROR, offset + PMS_REGION_EXTENT, PMS_ROLE_EXTENT, offset,
				 "extent");
	memcpy(&stored, pms_at(&stream->medium, offset), sizeof(stored));
	if (!pms_region_validate(&stored, offset, stream->header.uuid, &why))
		pms_check_note(check, PMS_SEVERITY_ERROR, offset, offset, "the region header is damaged: %s", why);
	(void)check_word(stream, check, PMS_SEVERITY_ERROR, offset + PMS_REGION_BASE, PMS_ROLE_BASE, offset,
			 "base timestamp");
	(void)check_word(stream, check, PMS_SEVERITY_WARNING, offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT,
			 offset, "checkpoint");
	(void)check_word(stream, check, PMS_SEVERITY_WARNING, offset + PMS_REGION_SPARE_0, PMS_ROLE_REGION_SPARE,
			 offset, "first spare");
	(void)check_word(stream, check, PMS_SEVERITY_WARNING, offset + PMS_REGION_SPARE_1, PMS_ROLE_REGION_SPARE,
			 offset, "second spare");
	const uint64_t words[] = {PMS_REGION_EXTENT,  PMS_REGION_BASE,	  PMS_REGION_CHECKPOINT,
				  PMS_REGION_SPARE_0, PMS_REGION_SPARE_1, PMS_REGION_HEADER_BYTES};
	for (size_t i = 0; i + 1 < sizeof(words) / sizeof(words[0]); i++)
		check_reserved(stream, check, offset + words[i] + 8, offset + words[i + 1], offset);
}

/* ---- the whole ---- */

static void check_piece(pms_stream *stream, const pms_piece *piece, pms_check *check)
{
	uint64_t largest_before = check->summary.error_count;

	if (piece->kind == PMS_PIECE_FREE) {
		(void)check_word(stream, check, PMS_SEVERITY_ERROR, piece->offset + PMS_REGION_EXTENT, PMS_ROLE_EXTENT,
				 piece->offset, "extent");
		check->summary.free_bytes += piece->bytes;
		return;
	}
	check->summary.region_count += piece->region != NULL;
	if (piece->kind == PMS_PIECE_DAMAGED)
		pms_check_note(check, PMS_SEVERITY_ERROR, piece->offset + PMS_REGION_EXTENT, piece->offset,
			       "the extent word is damaged: %llu bytes up to offset %llu cannot be told apart",
			       (unsigned long long)piece->bytes, (unsigned long long)(piece->offset + piece->bytes));
	if (piece->kind == PMS_PIECE_REGION || piece->region)
		check_region_header(stream, piece, check);
	if (piece->region && piece->region->damage_offset && check->summary.error_count == largest_before &&
	    (piece->region->damage & PMS_STATE_HEADER_DAMAGED))
		pms_check_note(check, PMS_SEVERITY_ERROR, piece->region->damage_offset, piece->offset,
			       "the region header is damaged");
}

static void check_region(pms_region *region, pms_check *check)
{
	const uint32_t kinds = PMS_STATE_HEADER_DAMAGED | PMS_STATE_ENTRIES_DAMAGED;
	bool unreadable = region->damage_offset && (region->damage & kinds) == PMS_STATE_HEADER_DAMAGED;

	if (unreadable || pms_region_enter_reader(region, NULL) != PMS_OK)
		return; /* freed meanwhile, or nothing can be read: that is noted already */
	if (region->stream->read_only) {
		pms_mutex_lock(&region->mutex);
		(void)pms_recover_reader_locked(region, NULL);
		pms_mutex_unlock(&region->mutex);
	}
	check_entries(region, check);
	pms_region_leave_reader(region);
}

/* The first piece at or behind `offset`, its header checked and its region referenced. False: there is none. */
static bool take_piece_locked(pms_stream *stream, uint64_t offset, pms_piece *piece, pms_check *check)
{
	uint64_t i = 0;

	while (i < stream->piece_count && stream->pieces[i].offset < offset)
		i++;
	if (i == stream->piece_count)
		return false;
	*piece = stream->pieces[i];
	check_piece(stream, piece, check);
	if (piece->region)
		pms_region_reference(piece->region);
	return true;
}

/* What was noted counts for nothing when a writer in another process has changed the piece meanwhile. */
static bool has_changed(const pms_stream *stream, const pms_piece *piece, uint64_t base_word)
{
	return stream->read_only &&
	       (pms_load64(&stream->medium, piece->offset + PMS_REGION_EXTENT) != piece->extent_word ||
		(piece->region && pms_load64(&stream->medium, piece->offset + PMS_REGION_BASE) != base_word));
}

/* One piece at a time, so that a long check does not keep others from creating regions. PMS_E_END behind the last. */
static int32_t check_next_piece(pms_stream *stream, uint64_t *offset, pms_check *check, pms_error *error)
{
	pms_piece piece = {0};

	for (int attempt = 1;; attempt++) {
		const pms_check before = *check;
		pms_mutex_lock(&stream->layout_mutex);
		int32_t status = pms_stream_still_open_locked(stream, error);
		if (status == PMS_OK && stream->read_only)
			status = pms_layout_refresh_locked(stream, error);
		if (status == PMS_OK && !take_piece_locked(stream, *offset, &piece, check))
			status = PMS_E_END;
		pms_mutex_unlock(&stream->layout_mutex);
		if (status != PMS_OK)
			return status;
		uint64_t base_word = pms_load64(&stream->medium, piece.offset + PMS_REGION_BASE);
		if (piece.region) {
			check_region(piece.region, check);
			pms_region_unreference(piece.region);
		}
		if (attempt == READER_ATTEMPTS || !has_changed(stream, &piece, base_word))
			break;
		check->summary = before.summary;
		check->count = before.count;
	}
	*offset = piece.offset + piece.bytes;
	return PMS_OK;
}

int32_t pms_check_stream(pms_stream *stream, pms_check **out, pms_error *error)
{
	pms_check *check = calloc(1, sizeof(*check));
	int32_t status = PMS_OK;
	uint64_t offset = 0;

	if (!check)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a check");
	check->summary.struct_bytes = sizeof(check->summary);
	pms_mutex_lock(&stream->layout_mutex);
	check_headers(stream, check);
	check_stream_words(stream, check);
	check_reserved_of_stream(stream, check);
	pms_mutex_unlock(&stream->layout_mutex);
	while (status == PMS_OK)
		status = check_next_piece(stream, &offset, check, error);
	if (status == PMS_E_END)
		status = check->out_of_memory
			     ? pms_fail(error, PMS_E_NO_MEMORY, "out of memory for the findings of a check")
			     : PMS_OK;
	if (status != PMS_OK) {
		pms_check_release(check);
		return status;
	}
	*out = check;
	return PMS_OK;
}
