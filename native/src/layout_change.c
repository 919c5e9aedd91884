/* SPDX-License-Identifier: MIT */
/*
 * Changing the layout: create, free and clear a region, grow the stream. Each takes effect by one 8-byte store, behind a
 * drain of all that it depends on. The layout epoch changes before each, so that readers in other processes notice.
 */
#include <stdlib.h>

#include "engine.h"

static uint64_t extent_place(uint64_t offset) { return offset + PMS_REGION_EXTENT; }

/* The caller drains, with its own first step. After a crash here: an epoch that changed for nothing. */
static void change_epoch(pms_stream *stream)
{
	stream->layout_epoch = (stream->layout_epoch + 1) & PMS_VALUE_MAX;
	pms_word_write_flush(stream, PMS_LAYOUT_EPOCH, PMS_ROLE_LAYOUT_EPOCH, stream->layout_epoch);
}

static void write_extent(pms_stream *stream, uint64_t offset, pms_extent_state state, uint64_t bytes)
{
	pms_word_write_flush(stream, extent_place(offset), PMS_ROLE_EXTENT,
			     pms_extent_value(state, bytes / stream->header.block_bytes));
}

int32_t pms_layout_check_changeable_locked(pms_stream *stream, pms_error *error)
{
	int32_t status = pms_stream_still_open_locked(stream, error);
	if (status == PMS_OK)
		status = pms_stream_may_write(stream, error);
	if (status == PMS_OK && (stream->damage & PMS_STATE_LAYOUT_DAMAGED))
		status = pms_fail_at(
		    error, PMS_E_CORRUPT, stream->recovery.first_damage, 0, 0,
		    "a region header or extent is damaged: regions can be neither created nor freed; a check "
		    "says where");
	return status;
}

static bool has_name(const pms_region *region, const char *name, uint32_t name_bytes)
{
	return region && region->name_bytes == name_bytes && memcmp(region->name, name, name_bytes) == 0;
}

/* First fit in address order. */
static int32_t find_free(const pms_stream *stream, const pms_region_options *options, uint64_t bytes, uint64_t *index,
			 pms_error *error)
{
	uint64_t largest;

	for (uint64_t i = 0; i < stream->piece_count && options->name_bytes; i++)
		if (has_name(stream->pieces[i].region, options->name, options->name_bytes))
			return pms_fail_at(error, PMS_E_EXISTS, stream->pieces[i].offset, 0, 0,
					   "a region '%.*s' exists", (int)options->name_bytes, options->name);
	for (*index = 0; *index < stream->piece_count; ++*index)
		if (stream->pieces[*index].kind == PMS_PIECE_FREE && stream->pieces[*index].bytes >= bytes)
			return PMS_OK;
	(void)pms_layout_free_bytes_locked(stream, &largest);
	return pms_fail_at(error, PMS_E_STREAM_FULL, 0, options->usable_bytes, largest,
			   "no free extent holds a region of %llu usable bytes; the largest holds %llu",
			   (unsigned long long)options->usable_bytes, (unsigned long long)largest);
}

/* Header of the new region, all but its extent word; the space still is free. */
static void write_header(pms_stream *stream, uint64_t offset, const pms_stored_region *stored)
{
	static const uint8_t zeros[PMS_REGION_HEADER_BYTES - PMS_REGION_EXTENT - sizeof(uint64_t)];
	const uint8_t *uuid = stream->header.uuid;
	pms_medium *medium = &stream->medium;
	uint64_t words_at = offset + PMS_REGION_EXTENT + sizeof(uint64_t);
	const struct {
		uint64_t place;
		pms_word_role role;
		uint64_t value;
	} words[] = {
	    {PMS_REGION_BASE, PMS_ROLE_BASE, stored->identity},
	    {PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT, 0},
	    {PMS_REGION_SPARE_0, PMS_ROLE_REGION_SPARE, 0},
	    {PMS_REGION_SPARE_1, PMS_ROLE_REGION_SPARE, 0},
	};

	pms_copy(medium, offset, stored, sizeof(*stored));
	pms_copy(medium, words_at, zeros, sizeof(zeros));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		pms_store64(medium, offset + words[i].place,
			    pms_seal(words[i].value, words[i].role, offset + words[i].place, uuid));
	pms_flush(medium, offset, sizeof(*stored));
	pms_flush(medium, words_at, sizeof(zeros));
}

/* The steps on the medium. `piece` is free and large enough. */
static int32_t take_extent(pms_stream *stream, const pms_piece *piece, uint64_t bytes, const pms_stored_region *stored,
			   pms_error *error)
{
	/* 1. Header of the region, and of the rest behind it. After a crash here: the space is free as before; a static
	 *    part in free space, and whatever stands inside it, is ignored. */
	change_epoch(stream);
	write_header(stream, piece->offset, stored);
	if (piece->bytes > bytes)
		write_extent(stream, piece->offset + bytes, PMS_EXTENT_FREE, piece->bytes - bytes);
	int32_t status = PMS_FAULT(EXTENT_BEFORE_REMAINDER) ? PMS_OK : pms_stream_drain(stream, error);
	if (status != PMS_OK)
		return status;

	/* 2. One 8-byte store splits the extent. After a crash here: the old extent, or region and rest. */
	write_extent(stream, piece->offset, PMS_EXTENT_REGION, bytes);
	return pms_stream_drain(stream, error);
}

/* Turns piece `index` into a region piece of `bytes` and a free one with the rest. Room for it was made before. */
static void split_piece(pms_stream *stream, uint64_t index, uint64_t bytes, pms_region *region)
{
	pms_piece *piece = &stream->pieces[index];

	if (piece->bytes > bytes) {
		memmove(piece + 2, piece + 1, (stream->piece_count - index - 1) * sizeof(*piece));
		piece[1] =
		    (pms_piece){.offset = piece->offset + bytes, .bytes = piece->bytes - bytes, .kind = PMS_PIECE_FREE};
		stream->piece_count++;
	}
	piece->bytes = bytes;
	piece->kind = PMS_PIECE_REGION;
	piece->region = region;
}

static int32_t make_room(pms_stream *stream, pms_error *error)
{
	if (stream->piece_count < stream->piece_capacity)
		return PMS_OK;
	uint64_t capacity = stream->piece_capacity * 2 + 2;
	pms_piece *pieces = realloc(stream->pieces, capacity * sizeof(*pieces));
	if (!pieces)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for the table of regions");
	stream->pieces = pieces;
	stream->piece_capacity = capacity;
	return PMS_OK;
}

static int32_t allocate_locked(pms_stream *stream, const pms_region_options *options, pms_region **region,
			       pms_error *error)
{
	uint64_t bytes = pms_round_up(options->usable_bytes + PMS_REGION_HEADER_BYTES, stream->header.block_bytes);
	pms_stored_region stored = {
	    .entry_alignment = options->entry_alignment ? options->entry_alignment : PMS_ENTRY_ALIGNMENT_DEFAULT,
	    .name_bytes = options->name_bytes,
	};
	uint64_t index = 0;

	int32_t status = pms_layout_check_changeable_locked(stream, error);
	if (status == PMS_OK)
		status = find_free(stream, options, bytes, &index, error);
	if (status == PMS_OK)
		status = make_room(stream, error);
	if (status == PMS_OK)
		status = pms_clock_take_one(stream, &stored.identity, error);
	if (status != PMS_OK)
		return status;
	stored.offset = stream->pieces[index].offset;
	memcpy(stored.uuid, stream->header.uuid, sizeof(stored.uuid));
	if (stored.name_bytes)
		memcpy(stored.name, options->name, stored.name_bytes);
	pms_region_seal(&stored);
	pms_region *made = pms_region_new(stream, &stored, stored.offset, bytes);
	if (!made)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a region");
	pms_order_reset_locked(made, made->data_start, stored.identity);
	status = take_extent(stream, &stream->pieces[index], bytes, &stored, error);
	if (status != PMS_OK) {
		pms_region_retire_locked(made, PMS_E_STALE);
		pms_region_unreference(made);
		return status;
	}
	split_piece(stream, index, bytes, made);
	pms_coordination_add(made);
	pms_region_reference(made);
	*region = made;
	return PMS_OK;
}

int32_t pms_layout_allocate(pms_stream *stream, const pms_region_options *options, pms_region **region,
			    pms_error *error)
{
	pms_mutex_lock(&stream->layout_mutex);
	int32_t status = allocate_locked(stream, options, region, error);
	pms_mutex_unlock(&stream->layout_mutex);
	return status;
}

/* After a clear or free that did not come about: the region goes on as before. */
static int32_t give_up_locked(pms_region *region, int32_t status)
{
	pms_coordination_publish_locked(region);
	if (!region->retired && !(region->damage & PMS_STATE_NO_WRITES) && !region->stream->read_only)
		pms_order_unblock_locked(region);
	return status;
}

/*
 * Why the region cannot be cleared or freed, or PMS_OK. Under its mutex, which is held until it is done. Whoever only has a
 * look at it is waited for: nobody shall fail because somebody else listed the regions.
 */
static int32_t check_idle_locked(pms_region *region, pms_error *error)
{
	pms_region_await_lookers_locked(region);
	if (region->retired)
		return pms_region_fail_retired(region, error);
	bool is_idle = (!region->writers || PMS_FAULT(CLEAR_BESIDE_WRITERS)) && !region->readers;
	if (is_idle && pms_order_block_locked(region)) {
		int32_t status = pms_coordination_claim_locked(region, error);
		return status == PMS_OK ? PMS_OK : give_up_locked(region, status);
	}
	return pms_fail_at(
	    error, PMS_E_BUSY, region->offset, 0, region->writers + region->readers,
	    "the region '%s' is in use: %u open reservations, %u cursors or checks%s", region->name,
	    region->record_count, region->readers,
	    pms_region_in_flight_locked(region) || region->writers > region->record_count ? ", appends in flight" : "");
}

/* The region is idle, and stays so: it gives out no space. */
static int32_t clear_idle_locked(pms_region *region, pms_error *error)
{
	pms_stream *stream = region->stream;
	uint64_t base;

	int32_t status = pms_stream_may_write(stream, error);
	if (status == PMS_OK && (region->damage & PMS_STATE_NO_WRITES))
		status = pms_fail_at(error, PMS_E_CORRUPT, region->offset, 0, 0,
				     "the region at offset %llu is damaged: it is not cleared",
				     (unsigned long long)region->offset);
	if (status == PMS_OK) /* before anything is changed: they may be used up */
		status = pms_clock_take_one(stream, &base, error);
	if (status != PMS_OK)
		return status;

	/* 1. No checkpoint. After a crash here: all entries are there, found from the start. */
	change_epoch(stream);
	if (!PMS_FAULT(BASE_BEFORE_CHECKPOINT))
		pms_word_write_flush(stream, region->offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT, 0);
	status = pms_stream_drain(stream, error);
	if (status != PMS_OK)
		return status;
	region->checkpoint = 0;

	/* 2. A base above every timestamp in the region. After a crash here: all entries, or none. */
	if (PMS_FAULT(BASE_NOT_RAISED))
		base = region->life.base;
	pms_word_write_flush(stream, region->offset + PMS_REGION_BASE, PMS_ROLE_BASE, base);
	status = pms_stream_drain(stream, error);
	if (PMS_FAULT(BASE_BEFORE_CHECKPOINT))
		pms_word_write_flush(stream, region->offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT, 0);

	/* 3. Only now the space is used again. */
	if (status == PMS_OK) {
		pms_seek_index_forget(&region->seek); /* before: from the next line on others append, and seek */
		pms_order_reset_locked(region, region->data_start, base);
	}
	return status;
}

static int32_t clear_locked(pms_region *region, pms_error *error)
{
	int32_t status = check_idle_locked(region, error);

	if (status != PMS_OK)
		return status;
	status = clear_idle_locked(region, error);
	return status == PMS_OK ? PMS_OK : give_up_locked(region, status);
}

int32_t pms_layout_clear(pms_region *region, pms_error *error)
{
	pms_mutex_lock(&region->stream->layout_mutex);
	pms_mutex_lock(&region->mutex);
	int32_t status = clear_locked(region, error);
	pms_coordination_wake(region);
	pms_mutex_unlock(&region->mutex);
	pms_mutex_unlock(&region->stream->layout_mutex);
	return status;
}

/* Joins piece `index` with the one behind it, both free: one 8-byte store. After a crash here: two pieces, or one. */
static int32_t merge_with_next(pms_stream *stream, uint64_t index, pms_error *error)
{
	pms_piece *piece = &stream->pieces[index];

	if (index + 1 >= stream->piece_count || piece->kind != PMS_PIECE_FREE || piece[1].kind != PMS_PIECE_FREE)
		return PMS_OK;
	change_epoch(stream);
	write_extent(stream, piece->offset, PMS_EXTENT_FREE, piece->bytes + piece[1].bytes);
	int32_t status = pms_stream_drain(stream, error);
	if (status != PMS_OK)
		return status;
	piece->bytes += piece[1].bytes;
	memmove(piece + 1, piece + 2, (stream->piece_count - index - 2) * sizeof(*piece));
	stream->piece_count--;
	return PMS_OK;
}

/* The region's own step: one 8-byte store says "free". After a crash here: the region with all entries, or free space. */
static int32_t release_extent(pms_region *region, pms_piece *piece, pms_error *error)
{
	pms_stream *stream = region->stream;

	pms_mutex_lock(&region->mutex);
	int32_t status = check_idle_locked(region, error);
	if (status == PMS_OK) {
		status = pms_layout_check_changeable_locked(stream, error);
		if (status == PMS_OK) {
			change_epoch(stream);
			write_extent(stream, piece->offset, PMS_EXTENT_FREE, piece->bytes);
			status = pms_stream_drain(stream, error);
		}
		if (status == PMS_OK) {
			pms_count_retired_locked(region);
			pms_coordination_remove_locked(region);
			pms_region_retire_locked(region, PMS_E_STALE);
			pms_coordination_wake(region);
		} else {
			(void)give_up_locked(region, status);
		}
	}
	pms_mutex_unlock(&region->mutex);
	return status;
}

static int32_t free_locked(pms_region *region, pms_error *error)
{
	pms_stream *stream = region->stream;
	uint64_t index = 0;

	while (index < stream->piece_count && stream->pieces[index].region != region)
		index++;
	if (index == stream->piece_count) {
		/* Not in the table: it was freed, or the stream was closed. */
		pms_mutex_lock(&region->mutex);
		int32_t gone = pms_region_fail_retired(region, error);
		pms_mutex_unlock(&region->mutex);
		return gone;
	}
	pms_piece *piece = &stream->pieces[index];
	int32_t status = release_extent(region, piece, error);
	if (status != PMS_OK)
		return status;
	piece->kind = PMS_PIECE_FREE;
	piece->region = NULL;
	pms_region_unreference(region);
	status = merge_with_next(stream, index, error);
	if (status == PMS_OK && index > 0)
		status = merge_with_next(stream, index - 1, error);
	return status;
}

int32_t pms_layout_free(pms_region *region, pms_error *error)
{
	pms_stream *stream = region->stream;

	pms_mutex_lock(&stream->layout_mutex);
	int32_t status = free_locked(region, error);
	pms_mutex_unlock(&stream->layout_mutex);
	return status;
}

/* The steps on the medium. Those before them, on the file, are in grow.c. */
static int32_t move_end(pms_stream *stream, uint64_t bytes, pms_error *error)
{
	const uint64_t end = atomic_load(&stream->stream_bytes);

	/* 2. Header of the new piece, at the end. After a crash here: the stream as before; what stands behind its end is
	 *    ignored, and written once more when it is grown again. */
	change_epoch(stream);
	write_extent(stream, end, PMS_EXTENT_FREE, bytes - end);
	int32_t status = PMS_FAULT(SIZE_BEFORE_NEW_PIECE) ? PMS_OK : pms_stream_drain(stream, error);
	if (status != PMS_OK)
		return status;

	/* 3. One 8-byte store moves the end. After a crash here: the stream as before, or with a free piece at its end. */
	pms_word_write_flush(stream, PMS_STREAM_SIZE, PMS_ROLE_STREAM_SIZE, bytes);
	return pms_stream_drain(stream, error);
}

int32_t pms_layout_extend_locked(pms_stream *stream, uint64_t bytes, pms_error *error)
{
	const uint64_t end = atomic_load(&stream->stream_bytes);

	int32_t status = make_room(stream, error);
	if (status == PMS_OK)
		status = move_end(stream, bytes, error);
	if (status != PMS_OK)
		return status;
	uint64_t last = stream->piece_count - 1;
	stream->pieces[stream->piece_count++] =
	    (pms_piece){.offset = end, .bytes = bytes - end, .kind = PMS_PIECE_FREE};
	atomic_store(&stream->stream_bytes, bytes);
	/* 4. One piece with the free one before it. After a crash here: two, or one; the next writer merges. */
	return merge_with_next(stream, last, error);
}

int32_t pms_layout_coalesce(pms_stream *stream, pms_error *error)
{
	uint64_t kept = 0;
	bool merged = false;

	if (stream->damage & PMS_STATE_LAYOUT_DAMAGED)
		return PMS_OK;
	for (uint64_t i = 0; i < stream->piece_count; kept++) {
		pms_piece piece = stream->pieces[i++];
		uint64_t alone = piece.bytes;
		while (piece.kind == PMS_PIECE_FREE && i < stream->piece_count &&
		       stream->pieces[i].kind == PMS_PIECE_FREE)
			piece.bytes += stream->pieces[i++].bytes;
		if (piece.bytes != alone) { /* after a crash here: as many pieces as before, or one */
			if (!merged)
				change_epoch(stream);
			write_extent(stream, piece.offset, PMS_EXTENT_FREE, piece.bytes);
			merged = true;
		}
		stream->pieces[kept] = piece;
	}
	stream->piece_count = kept;
	return merged ? pms_stream_drain(stream, error) : PMS_OK;
}
