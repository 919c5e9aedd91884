/* SPDX-License-Identifier: MIT */
/*
 * Append: take space, write, flush, one drain, hand over in order. native/DESIGN.md, section 2. The deferred kind leaves
 * flush and drain to a persist or a durable append that comes later. A group is one place with several entries.
 */
#include "append.h"
#include "order.h"
#include "write_entry.h"

/*
 * Each append fetches the lines that an append soon after it will store to: an atomic operation waits for the stores before it,
 * and stores to lines that are not in the cache take as long as memory does. Larger ones bypass the cache.
 */
#define AHEAD_BYTES 1024u
#define AHEAD_EXTENT_MAX 2048u

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
static inline bool follows_at_turn(const pms_region *region, const pms_place *place)
{
	return pms_order_has_turn(region, place) &&
	       atomic_load_explicit(&region->persisted, memory_order_acquire) < place->start;
}

static PMS_NEVER_INLINE void follow_at_turn(pms_region *region, const pms_place *place, bool follows)
{
	pms_mutex_lock(&region->mutex);
	pms_checkpoint_locked(region, false);
	if (follows)
		pms_follow_locked(region, place->start);
	pms_mutex_unlock(&region->mutex);
}

static PMS_NEVER_INLINE int32_t followed_at_turn(pms_region *region, const pms_place *place, pms_error *error)
{
	pms_mutex_lock(&region->mutex);
	int32_t status = pms_followed_locked(region, place->start, atomic_load(&region->last_start), error);
	pms_mutex_unlock(&region->mutex);
	return status;
}

/* 6. Deferred entries or open reservations turned up before it after our drain began: they need one of their own. */
static PMS_NEVER_INLINE int32_t persist_before(pms_region *region, uint64_t start, uint64_t end, pms_error *error)
{
	int32_t status = pms_persist_registered(region, end, start, error);

	pms_writer_leave(region);
	return status;
}

/* The entries of the place are stored, and their flushes have begun. */
static inline int32_t make_durable(pms_region *region, pms_place *place, pms_error *error)
{
	int32_t status = PMS_OK;

	/* 3. What lies before it and is not durable goes under the same drain; so does a due checkpoint. */
	bool follows = follows_at_turn(region, place);
	if (follows || pms_checkpoint_is_due(region))
		follow_at_turn(region, place, follows);

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
	status = pms_order_hand_over_now(region, place, error);
	if (status == PMS_OK && late)
		status = pms_stream_drain(region->stream, error);
	if (status != PMS_OK || !place->must_persist)
		return status;
	return persist_before(region, start, end, error);
}

static inline int32_t finish(pms_region *region, pms_place *place, pms_error *error)
{
	return place->kind == PMS_PLACE_DURABLE ? make_durable(region, place, error)
						: pms_order_hand_over_now(region, place, error);
}

static inline pms_place_kind kind_of(uint32_t flags)
{
	return flags & PMS_APPEND_DEFERRED ? PMS_PLACE_DEFERRED : PMS_PLACE_DURABLE;
}

static inline int32_t take_one(pms_region *region, uint64_t bytes, uint64_t extent, pms_place *place,
			       pms_new_entry *entry, pms_error *error)
{
	int32_t status = pms_order_take_now(region, extent, 1, place, error);

	if (status != PMS_OK)
		return status;
	if (extent <= AHEAD_EXTENT_MAX)
		pms_expect_stores(&region->stream->medium, place->end + AHEAD_BYTES, extent);
	*entry = (pms_new_entry){
	    .start = place->start,
	    .bytes = bytes,
	    .size_word = pms_size_word(bytes, extent, false, pms_lag_encode(place->start - place->persisted)),
	    .timestamp = place->timestamp,
	    .base = region->life.base,
	    .deferred = place->kind == PMS_PLACE_DEFERRED,
	};
	return PMS_OK;
}

static inline int32_t finish_one(pms_region *region, pms_place *place, const pms_new_entry *entry,
				 pms_position *position, pms_error *error)
{
	int32_t status = finish(region, place, error);

	if (status == PMS_OK && position)
		*position = (pms_position){.offset = entry->start, .timestamp = entry->timestamp};
	return status;
}

/* What the entry will be if nobody else takes space first. */
static inline void expect_entry(const pms_region *region, uint64_t bytes, uint64_t extent, pms_new_entry *entry)
{
	uint64_t start = pms_tail_of(region, atomic_load_explicit(&region->tail, memory_order_relaxed));
	uint64_t persisted = atomic_load_explicit(&region->persisted, memory_order_relaxed);

	entry->start = start;
	entry->size_word = pms_size_word(bytes, extent, false, pms_lag_encode(start - persisted));
	entry->timestamp = atomic_load_explicit(&region->stream->next_timestamp, memory_order_relaxed);
	entry->base = pms_region_base(region);
}

/*
 * What does not depend on the place is done before it is taken: nobody waits for it, and the processor does it while the
 * fence of the append before is still under way, past which it executes, but not past the atomic operations that take the
 * place. The header is made in advance, too, for the place that is next; when another was got, it is made again.
 */
static inline int32_t append_small(pms_region *region, pms_payload *payload, uint64_t bytes, uint32_t flags,
				   pms_position *position, pms_error *error)
{
	_Alignas(PMS_CACHE_LINE) uint8_t stage[PMS_STAGE_BYTES];
	uint64_t extent = pms_entry_extent(bytes, region->alignment);
	pms_new_entry expected, entry;
	uint64_t header[3];
	pms_place place;

	uint64_t hash = pms_stage_payload(stage, payload, bytes);
	if (pms_order_is_busy(region))
		pms_order_give_way(region);
	expect_entry(region, bytes, extent, &expected);
	pms_entry_header(header, region, &expected, hash);

	/* 1. Space and a timestamp. Nothing is stored. */
	place.kind = kind_of(flags);
	int32_t status = take_one(region, bytes, extent, &place, &entry, error);
	if (status != PMS_OK)
		return status;
	if (entry.start != expected.start || entry.timestamp != expected.timestamp ||
	    entry.size_word != expected.size_word || entry.base != expected.base)
		pms_entry_header(header, region, &entry, hash);

	/* 2. The entry, its lines on their way. After a crash here: any subset of its words; not valid unless whole. */
	pms_write_staged(region, &entry, stage, header);
	return finish_one(region, &place, &entry, position, error);
}

static PMS_NEVER_INLINE int32_t append_large(pms_region *region, pms_payload *payload, uint64_t bytes, uint32_t flags,
					     pms_position *position, pms_error *error)
{
	pms_place place = {.kind = kind_of(flags)};
	pms_new_entry entry;

	int32_t status = take_one(region, bytes, pms_entry_extent(bytes, region->alignment), &place, &entry, error);
	if (status != PMS_OK)
		return status;
	pms_write_entry(region, &entry, payload);
	return finish_one(region, &place, &entry, position, error);
}

int32_t pms_append(pms_region *region, const pms_part *parts, uint64_t bytes, uint32_t flags, pms_position *position,
		   pms_error *error)
{
	pms_payload payload = {.part = parts};

	if (PMS_ENTRY_HEADER_BYTES + bytes <= PMS_STAGE_BYTES)
		return append_small(region, &payload, bytes, flags, position, error);
	return append_large(region, &payload, bytes, flags, position, error);
}

int32_t pms_append_group(pms_region *region, const pms_part *entries, uint64_t count, uint32_t flags,
			 pms_position *positions, pms_error *error)
{
	uint64_t step = PMS_FAULT(GROUP_TIMESTAMPS_WITH_GAPS) ? 2 : 1;
	uint64_t extent = 0;
	pms_place place;

	place.kind = kind_of(flags);
	for (uint64_t i = 0; i < count; i++)
		extent += pms_entry_extent(entries[i].bytes, region->alignment);
	if (extent <= PMS_STAGE_BYTES && pms_order_is_busy(region))
		pms_order_give_way(region);
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
		    .base = region->life.base,
		    .deferred = place.kind == PMS_PLACE_DEFERRED,
		};
		pms_write_entry(region, &entry, &payload);
		if (positions)
			positions[i] = (pms_position){.offset = at, .timestamp = entry.timestamp};
		at += member;
	}
	return finish(region, &place, error);
}
