/* SPDX-License-Identifier: MIT */
/*
 * Append: take space, write, flush, one drain, hand over in order. native/DESIGN.md, section 2. The deferred kind leaves
 * flush and drain to a persist or a durable append that comes later. A group is one place with several entries.
 */
#include "append.h"
#include "write_entry.h"

/*
 * Each append fetches the lines that an append soon after it will store to: an atomic operation waits for the stores before it,
 * and stores to lines that are not in the cache take as long as memory does. Larger ones bypass the cache.
 */
#define AHEAD_BYTES 512u
#define AHEAD_EXTENT_MAX 1024u

/* For a crash test: somebody else is in flight, whose fence this append takes for its own. */
static bool relies_on_another(const pms_region *region, const pms_place *place)
{
	return PMS_FAULT(FENCE_OF_ANOTHER_THREAD) &&
	       (pms_region_tail(region) != place->end || atomic_load(&region->ordered) != place->start);
}

/*
 * When it is our turn already and something before is not durable, that goes under our own drain. We hold the turn
 * meanwhile; whoever comes later waits for it, as he would for our drain.
 */
static bool follow_at_turn(pms_region *region, const pms_place *place)
{
	bool is_turn = atomic_load_explicit(&region->ordered, memory_order_acquire) == place->start;
	bool follows = is_turn && atomic_load_explicit(&region->persisted, memory_order_acquire) < place->start;

	if (!follows && !pms_checkpoint_is_due(region))
		return false;
	pms_mutex_lock(&region->mutex);
	pms_checkpoint_locked(region, false);
	if (follows)
		pms_follow_locked(region, place->start);
	pms_mutex_unlock(&region->mutex);
	return follows;
}

static int32_t followed_at_turn(pms_region *region, const pms_place *place, pms_error *error)
{
	pms_mutex_lock(&region->mutex);
	int32_t status = pms_followed_locked(region, place->start, atomic_load(&region->last_start), error);
	pms_mutex_unlock(&region->mutex);
	return status;
}

/* The entries of the place are stored, and their flushes have begun. */
static int32_t make_durable(pms_region *region, pms_place *place, pms_error *error)
{
	int32_t status = PMS_OK;

	/* 3. What lies before it and is not durable goes under the same drain; so does a due checkpoint. */
	bool follows = follow_at_turn(region, place);

	/* 4. The one drain. After a crash behind it: the entry is there whole, as soon as all before it is. */
	bool late = PMS_FAULT(HAND_OVER_BEFORE_DRAIN);
	if (!PMS_FAULT(FENCE_DROPPED) && !relies_on_another(region, place) && !late)
		status = pms_stream_drain(region->stream, error);
	if (status == PMS_OK && follows)
		status = followed_at_turn(region, place, error);
	if (status != PMS_OK) {
		pms_order_fail(region, place);
		return status;
	}

	/* 5. Commit and persist in order. */
	uint64_t start = place->start, end = place->end;
	status = pms_order_hand_over(region, place, error);
	if (status == PMS_OK && late)
		status = pms_stream_drain(region->stream, error);
	if (status != PMS_OK || !place->must_persist)
		return status;

	/* 6. Deferred entries or open reservations turned up before it after our drain began: they need one of their own. */
	status = pms_persist_registered(region, end, start, error);
	pms_writer_leave(region);
	return status;
}

static int32_t finish(pms_region *region, pms_place *place, pms_error *error)
{
	return place->kind == PMS_PLACE_DURABLE ? make_durable(region, place, error)
						: pms_order_hand_over(region, place, error);
}

static int32_t take_one(pms_region *region, uint64_t bytes, uint32_t flags, pms_place *place, pms_new_entry *entry,
			pms_error *error)
{
	uint64_t extent = pms_entry_extent(bytes, region->alignment);

	place->kind = flags & PMS_APPEND_DEFERRED ? PMS_PLACE_DEFERRED : PMS_PLACE_DURABLE;
	int32_t status = pms_order_take(region, extent, 1, place, error);
	if (status != PMS_OK)
		return status;
	if (extent <= AHEAD_EXTENT_MAX)
		pms_expect_stores(&region->stream->medium, place->end + AHEAD_BYTES, extent);
	entry->start = place->start;
	entry->bytes = bytes;
	entry->size_word = pms_size_word(bytes, extent, false, pms_lag_encode(place->start - place->persisted));
	entry->timestamp = place->timestamp;
	entry->deferred = place->kind == PMS_PLACE_DEFERRED;
	return PMS_OK;
}

static int32_t finish_one(pms_region *region, pms_place *place, pms_position *position, pms_error *error)
{
	pms_position at = {.offset = place->start, .timestamp = place->timestamp};

	int32_t status = finish(region, place, error);
	if (status == PMS_OK && position)
		*position = at;
	return status;
}

/* What does not depend on the place is done before it is taken: nobody waits for it. */
static int32_t append_small(pms_region *region, pms_payload *payload, uint64_t bytes, uint32_t flags,
			    pms_position *position, pms_error *error)
{
	_Alignas(PMS_CACHE_LINE) uint8_t stage[PMS_STAGE_BYTES];
	uint64_t hash = pms_stage_payload(stage, payload, bytes);
	pms_new_entry entry;
	pms_place place;

	/* 1. Space and a timestamp. Nothing is stored. */
	int32_t status = take_one(region, bytes, flags, &place, &entry, error);
	if (status != PMS_OK)
		return status;

	/* 2. The entry, its lines on their way. After a crash here: any subset of its words; not valid unless whole. */
	pms_write_staged(region, &entry, stage, hash);
	return finish_one(region, &place, position, error);
}

int32_t pms_append(pms_region *region, const pms_part *parts, uint64_t bytes, uint32_t flags, pms_position *position,
		   pms_error *error)
{
	pms_payload payload = {.part = parts};
	pms_new_entry entry;
	pms_place place;

	if (PMS_ENTRY_HEADER_BYTES + bytes <= PMS_STAGE_BYTES)
		return append_small(region, &payload, bytes, flags, position, error);
	int32_t status = take_one(region, bytes, flags, &place, &entry, error);
	if (status != PMS_OK)
		return status;
	pms_write_entry(region, &entry, &payload);
	return finish_one(region, &place, position, error);
}

int32_t pms_append_group(pms_region *region, const pms_part *entries, uint64_t count, uint32_t flags,
			 pms_position *positions, pms_error *error)
{
	uint64_t step = PMS_FAULT(GROUP_TIMESTAMPS_WITH_GAPS) ? 2 : 1;
	uint64_t extent = 0;
	pms_place place;

	place.kind = flags & PMS_APPEND_DEFERRED ? PMS_PLACE_DEFERRED : PMS_PLACE_DURABLE;
	for (uint64_t i = 0; i < count; i++)
		extent += pms_entry_extent(entries[i].bytes, region->alignment);
	int32_t status = pms_order_take(region, extent, count * step, &place, error);
	if (status != PMS_OK)
		return status;
	/* As one append. After a crash: any subset of the words of all of them; none counts unless all are whole (R11). */
	uint64_t at = place.start;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t member = pms_entry_extent(entries[i].bytes, region->alignment);
		uint64_t distance = (PMS_FAULT(GROUP_LAG_FROM_ITS_START) ? place.start : at) - place.persisted;
		pms_payload payload = {.part = &entries[i]};
		pms_new_entry entry = {
		    .start = at,
		    .bytes = entries[i].bytes,
		    .size_word = pms_size_word(entries[i].bytes, member, i + 1 < count, pms_lag_encode(distance)),
		    .timestamp = place.timestamp + i * step,
		    .deferred = place.kind == PMS_PLACE_DEFERRED,
		};
		pms_write_entry(region, &entry, &payload);
		if (positions)
			positions[i] = (pms_position){.offset = at, .timestamp = entry.timestamp};
		at += member;
	}
	return finish(region, &place, error);
}
