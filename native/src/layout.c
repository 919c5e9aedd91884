/* SPDX-License-Identifier: MIT */
/*
 * Reading the layout: pieces tile the space behind the fixed pages, each beginning with a region header whose extent word
 * says what it is and where the next one begins.
 *
 * Damage. An extent word that does not validate hides how long its piece is. Reading goes on at the next block that holds
 * a whole region header of this stream (static part, extent word that says "region" and fits); what lies between is one
 * damaged piece. Stale headers inside free space or inside a region never say "region": an extent word turns to "free"
 * before anything else happens to the space, and it is durable by then. Nothing is handed out or merged while any piece is
 * damaged (PMS_STATE_LAYOUT_DAMAGED).
 */
#include <stdlib.h>

#include "engine.h"

/* Reads that a living writer may disturb before a reader makes do with what it found. */
#define READER_ATTEMPTS 16

static int32_t add_piece(pms_stream *stream, uint64_t offset, uint64_t bytes, pms_piece_kind kind, pms_region *region,
			 pms_error *error)
{
	if (stream->piece_count == stream->piece_capacity) {
		uint64_t capacity = stream->piece_capacity ? stream->piece_capacity * 2 : 16;
		pms_piece *pieces = realloc(stream->pieces, capacity * sizeof(*pieces));
		if (!pieces)
			return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for the table of regions");
		stream->pieces = pieces;
		stream->piece_capacity = capacity;
	}
	stream->pieces[stream->piece_count++] = (pms_piece){
	    .offset = offset,
	    .bytes = bytes,
	    .kind = kind,
	    .region = region,
	    .extent_word = pms_load64(&stream->medium, offset + PMS_REGION_EXTENT),
	};
	return PMS_OK;
}

/* The extent word at `offset`, when it is whole and the piece fits into the stream. */
static bool read_extent(const pms_stream *stream, uint64_t offset, pms_extent_state *state, uint64_t *bytes)
{
	uint64_t value;

	if (!pms_word_read(stream, offset + PMS_REGION_EXTENT, PMS_ROLE_EXTENT, &value))
		return false;
	uint64_t blocks = value & PMS_EXTENT_BLOCKS_MAX;
	*state = (pms_extent_state)(value >> 54);
	if ((*state != PMS_EXTENT_FREE && *state != PMS_EXTENT_REGION) || blocks == 0 ||
	    blocks > (atomic_load(&stream->stream_bytes) - offset) / stream->header.block_bytes)
		return false;
	*bytes = blocks * stream->header.block_bytes;
	return true;
}

static bool read_static(const pms_stream *stream, uint64_t offset, pms_stored_region *stored)
{
	const char *why;

	memcpy(stored, pms_at(&stream->medium, offset), sizeof(*stored));
	return pms_region_validate(stored, offset, stream->header.uuid, &why);
}

/* Where the next whole region header begins, from `from` on; the end of the stream when there is none. */
static uint64_t find_region_header(const pms_stream *stream, uint64_t from)
{
	const uint64_t end = atomic_load(&stream->stream_bytes);
	pms_stored_region stored;
	pms_extent_state state;
	uint64_t bytes;

	for (; from < end; from += stream->header.block_bytes) {
		/* The magic alone rules out nearly everything, without a hash. */
		if (pms_load64(&stream->medium, from) == PMS_REGION_MAGIC && read_static(stream, from, &stored) &&
		    read_extent(stream, from, &state, &bytes) && state == PMS_EXTENT_REGION)
			return from;
	}
	return end;
}

/* Reads base and checkpoint into a fresh region object. */
static void read_words(pms_stream *stream, pms_region *region)
{
	uint64_t base, checkpoint;

	if (!pms_word_read(stream, region->offset + PMS_REGION_BASE, PMS_ROLE_BASE, &base) || base == 0) {
		region->damage |= PMS_STATE_HEADER_DAMAGED | PMS_STATE_NO_WRITES;
		region->damage_offset = region->offset + PMS_REGION_BASE;
		base = 0;
	}
	if (!pms_word_read(stream, region->offset + PMS_REGION_CHECKPOINT, PMS_ROLE_CHECKPOINT, &checkpoint)) {
		region->damage |= PMS_STATE_CHECKPOINT_DAMAGED;
		checkpoint = 0;
	}
	pms_order_reset_locked(region, region->data_start, base);
	region->checkpoint = checkpoint;
}

/* A region object for the piece at `offset`. `bytes` is a bound when the extent word is damaged. */
static int32_t make_region(pms_stream *stream, uint64_t offset, uint64_t bytes, bool extent_damaged,
			   pms_region **region, pms_error *error)
{
	pms_stored_region stored;
	bool whole = read_static(stream, offset, &stored);

	*region = NULL;
	if (!whole && extent_damaged)
		return PMS_OK; /* nothing says that this ever was a region */
	*region = pms_region_new(stream, whole ? &stored : NULL, offset, bytes);
	if (!*region)
		return pms_fail(error, PMS_E_NO_MEMORY, "out of memory for a region");
	read_words(stream, *region);
	if (!whole || extent_damaged) {
		(*region)->damage |= PMS_STATE_HEADER_DAMAGED | PMS_STATE_NO_WRITES;
		(void)pms_order_block_locked(*region);
		if (!whole)
			(*region)->damage_offset = offset;
	}
	return PMS_OK;
}

/* Gives up a region object that is no more, or never came to be, in the table. */
static void drop_region(pms_region *region)
{
	pms_mutex_lock(&region->mutex);
	pms_region_retire_locked(region, PMS_E_STALE);
	pms_mutex_unlock(&region->mutex);
	pms_region_unreference(region);
}

static void drop_pieces(pms_stream *stream)
{
	for (uint64_t i = 0; i < stream->piece_count; i++)
		if (stream->pieces[i].region)
			drop_region(stream->pieces[i].region);
	stream->piece_count = 0;
}

static int32_t load_pieces(pms_stream *stream, pms_error *error)
{
	uint64_t offset = stream->header.first_region;
	int32_t status = PMS_OK;

	while (status == PMS_OK && offset < atomic_load(&stream->stream_bytes)) {
		pms_extent_state state = PMS_EXTENT_REGION;
		pms_region *region = NULL;
		uint64_t bytes;

		bool whole = read_extent(stream, offset, &state, &bytes);
		if (!whole) {
			bytes = find_region_header(stream, offset + stream->header.block_bytes) - offset;
			stream->damage |= PMS_STATE_LAYOUT_DAMAGED;
		}
		if (state == PMS_EXTENT_REGION) {
			status = make_region(stream, offset, bytes, !whole, &region, error);
			if (region && (region->damage & PMS_STATE_HEADER_DAMAGED))
				stream->damage |= PMS_STATE_LAYOUT_DAMAGED;
		}
		if (status == PMS_OK)
			status = add_piece(stream, offset, bytes,
					   !whole		      ? PMS_PIECE_DAMAGED
					   : state == PMS_EXTENT_FREE ? PMS_PIECE_FREE
								      : PMS_PIECE_REGION,
					   region, error);
		if (status != PMS_OK && region)
			drop_region(region);
		offset += bytes;
	}
	return status;
}

int32_t pms_layout_load(pms_stream *stream, pms_error *error)
{
	int32_t status;
	uint64_t epoch;

	/* Beside a living writer pieces may be split, merged and written over while we read: then the epoch has changed. */
	for (int attempt = 1;; attempt++) {
		stream->damage &= ~(uint32_t)PMS_STATE_LAYOUT_DAMAGED;
		epoch = pms_load64(&stream->medium, PMS_LAYOUT_EPOCH);
		/* With the size first: a piece that was merged with what a grown stream has more reaches beyond the old end. */
		status = stream->read_only ? pms_grow_follow_locked(stream, error) : PMS_OK;
		if (status == PMS_OK)
			status = load_pieces(stream, error);
		if (status == PMS_OK && (!stream->read_only || attempt == READER_ATTEMPTS ||
					 epoch == pms_load64(&stream->medium, PMS_LAYOUT_EPOCH)))
			return PMS_OK;
		drop_pieces(stream);
		if (status != PMS_OK)
			return status;
	}
}

/* What a reader knows of the pieces is what the medium says. */
static bool is_unchanged(const pms_stream *stream)
{
	const pms_medium *medium = &stream->medium;
	uint64_t bytes;

	if (pms_word_read(stream, PMS_STREAM_SIZE, PMS_ROLE_STREAM_SIZE, &bytes) &&
	    bytes > atomic_load(&stream->stream_bytes))
		return false;
	for (uint64_t i = 0; i < stream->piece_count; i++) {
		const pms_piece *piece = &stream->pieces[i];
		if (pms_load64(medium, piece->offset + PMS_REGION_EXTENT) != piece->extent_word)
			return false;
		if (piece->region && pms_load64(medium, piece->offset + offsetof(pms_stored_region, identity)) !=
					 piece->region->identity)
			return false;
	}
	return stream->piece_count > 0;
}

bool pms_layout_is_current(const pms_region *region)
{
	const pms_medium *medium = &region->stream->medium;
	pms_extent_state state;
	uint64_t bytes;

	bool same_extent = read_extent(region->stream, region->offset, &state, &bytes)
			       ? state == PMS_EXTENT_REGION && bytes == region->end - region->offset
			       : (region->damage & PMS_STATE_HEADER_DAMAGED) != 0; /* it was damaged when we came */
	return same_extent &&
	       pms_load64(medium, region->offset + offsetof(pms_stored_region, identity)) == region->identity;
}

/*
 * The same life of the same region? Then readers keep their object, its handles and what they know of it. Damage to its
 * entries does not count: the new object was not walked, and knows of damage to the header alone.
 */
static bool is_same_region(const pms_region *old, const pms_region *new)
{
	if (!old || old->offset != new->offset || old->end != new->end || old->identity != new->identity)
		return false;
	uint64_t header_damage = old->damage & PMS_STATE_ENTRIES_DAMAGED ? 0 : old->damage_offset;
	return header_damage == new->damage_offset &&
	       (old->damage & PMS_STATE_HEADER_DAMAGED) == (new->damage &PMS_STATE_HEADER_DAMAGED);
}

int32_t pms_layout_refresh_locked(pms_stream *stream, pms_error *error)
{
	if (is_unchanged(stream))
		return PMS_OK;
	pms_piece *old = stream->pieces;
	uint64_t old_count = stream->piece_count, old_capacity = stream->piece_capacity;

	stream->pieces = NULL;
	stream->piece_count = stream->piece_capacity = 0;
	int32_t status = pms_layout_load(stream, error);
	if (status != PMS_OK) { /* out of memory: keep what we had */
		free(stream->pieces);
		stream->pieces = old;
		stream->piece_count = old_count;
		stream->piece_capacity = old_capacity;
		return status;
	}
	for (uint64_t i = 0, j = 0; i < old_count; i++) {
		pms_region *region = old[i].region;
		if (!region)
			continue;
		while (j < stream->piece_count && stream->pieces[j].offset < old[i].offset)
			j++;
		pms_region *fresh = j < stream->piece_count ? stream->pieces[j].region : NULL;
		if (fresh && is_same_region(region, fresh)) {
			stream->pieces[j].region = region;
			region = fresh; /* the twin goes */
		}
		drop_region(region);
	}
	free(old);
	return PMS_OK;
}

/* A region object that was freed here is not met; one that another process freed is retired by the refresh. */
static int32_t begin_lookup(pms_stream *stream, pms_error *error)
{
	pms_mutex_lock(&stream->layout_mutex);
	int32_t status = pms_stream_still_open_locked(stream, error);
	return status == PMS_OK && stream->read_only ? pms_layout_refresh_locked(stream, error) : status;
}

int32_t pms_layout_find(pms_stream *stream, const char *name, uint64_t name_bytes, pms_region **region,
			pms_error *error)
{
	int32_t status = begin_lookup(stream, error);

	for (uint64_t i = 0; status == PMS_OK && i < stream->piece_count && !*region; i++) {
		pms_region *found = stream->pieces[i].region;
		if (found && found->name_bytes == name_bytes && memcmp(found->name, name, name_bytes) == 0)
			*region = found;
	}
	if (*region)
		pms_region_reference(*region);
	else if (status == PMS_OK && (stream->damage & PMS_STATE_LAYOUT_DAMAGED))
		status = pms_fail_at(error, PMS_E_CORRUPT, stream->recovery.first_damage, 0, 0,
				     "no region '%.*s' was found, but a region header is damaged, which may be its own",
				     (int)name_bytes, name);
	else if (status == PMS_OK)
		status = pms_fail(error, PMS_E_NOT_FOUND, "there is no region '%.*s'", (int)name_bytes, name);
	pms_mutex_unlock(&stream->layout_mutex);
	return status;
}

int32_t pms_layout_next(pms_stream *stream, uint64_t offset, pms_region **region, pms_error *error)
{
	int32_t status = begin_lookup(stream, error);

	for (uint64_t i = 0; status == PMS_OK && i < stream->piece_count && !*region; i++)
		if (stream->pieces[i].region && stream->pieces[i].offset >= offset)
			*region = stream->pieces[i].region;
	if (*region)
		pms_region_reference(*region);
	else if (status == PMS_OK)
		status = pms_fail(error, PMS_E_END, "no more regions");
	pms_mutex_unlock(&stream->layout_mutex);
	return status;
}

uint64_t pms_layout_free_bytes_locked(const pms_stream *stream, uint64_t *largest_usable)
{
	uint64_t sum = 0, largest = 0;

	for (uint64_t i = 0; i < stream->piece_count; i++) {
		const pms_piece *piece = &stream->pieces[i];
		if (piece->kind != PMS_PIECE_FREE)
			continue;
		sum += piece->bytes;
		if (piece->bytes > largest)
			largest = piece->bytes;
	}
	if (stream->damage & PMS_STATE_LAYOUT_DAMAGED)
		largest = 0;
	*largest_usable = largest ? largest - PMS_REGION_HEADER_BYTES : 0;
	return sum;
}
